"""Long work on pages: the ledger, one action over a selection, and how far both are."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.actors import Actor
from cases.api.export import short_workbook
from cases.api.inputs import SERIALIZERS
from cases.api.jobs import chosen_cases, file_address
from cases.errors import BadInput, CaseError
from cases.lists import cases_of
from cases.models import Case, Job, JobItem
from cases.refusals import REFUSALS, Refusal, refusal_of
from cases.services.idempotency import Reply, fingerprint_of, once
from cases.services.jobs import BULK_ACTIONS, MOST_CASES, ask_bulk, ask_export, do_at_once, is_short, progress_of
from cases.workflow import TABLE

from .console.panes import PANE, pane_of
from .forms import ActionPost, Forms, said_in
from .language import with_language
from .lists import query_in

SHOWN_JOBS = 50


@never_cache
@require_POST
@login_required
def ledger(request: HttpRequest) -> HttpResponseBase:
    """The list as a workbook: at once where it is short, else as a job."""
    try:
        query = query_in(request)
        cases = cases_of(request.user, query)
        if is_short(cases):
            return short_workbook(cases)
        return redirect("job-page", ask_export(request.user, query).pk)
    except CaseError as error:
        return _shown(request, "refused", {"problem": error.detail}, status=error.status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_language
@login_required
def selection(request: HttpRequest) -> HttpResponse:
    """One action over the selected cases: its form, and then its job."""
    said = request.POST if request.method == "POST" else request.GET
    action, numbers = said.get("action", ""), said.getlist("case")[: MOST_CASES + 1]
    posted, refusal = None, Refusal(400)
    try:
        if action not in BULK_ACTIONS or not numbers:
            raise BadInput(cases="")
        cases = chosen_cases(request.user, numbers)
    except BadInput as error:
        problem = error.detail if action in BULK_ACTIONS and numbers else ""
        return _shown(request, "refused", {"problem": problem, "selection": True}, status=400)
    if request.method == "POST":
        try:
            pk = _asked_once(request, action, cases)
            do_at_once(pk)
            return redirect("job-page", pk)
        except REFUSALS as error:
            refusal = refusal_of(error)
            posted = ActionPost(action, request.POST, refusal.sentence, refusal.fields)
    return _shown(request, "selection", _selected(request, action, cases, posted), status=400 if posted else 200)


def _shown(request: HttpRequest, name: str, said: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of its own, or its middle in the pane of the desk."""
    in_pane = pane_of(request) == PANE
    frame = "portal/console/in_pane.html" if in_pane else "portal/desk_base.html"
    answer = render(request, f"portal/{name}.html", said | {"frame": frame, "in_pane": in_pane}, status=status)
    patch_vary_headers(answer, ["HX-Request", "HX-Target"])
    return answer


def _selected(request: HttpRequest, action: str, cases: list[Case], posted: ActionPost | None) -> dict[str, Any]:
    nowhere: Any = SimpleNamespace(routing=None, orders=())
    forms = Forms(Case(grid_path=""), nowhere, request.user)
    rows = Case.objects.filter(pk__in=[case.pk for case in cases]).only("number", "title").order_by("pk")
    return {
        "form": forms.form(TABLE[action], posted),
        "cases": rows,
        "action": TABLE[action].label,
        "key": uuid.uuid4(),
    }


def _asked_once(request: HttpRequest, action: str, cases: list[Case]) -> int:
    """The job's key; the form sent again leads to the same job."""

    def ask() -> Reply:
        body = SERIALIZERS[action](data=said_in(TABLE[action], request.POST), context={"request": request})
        body.is_valid(raise_exception=True)
        return Reply(202, {"job": ask_bulk(Actor.person(request.user), action, cases, body.validated_data).pk})

    key = request.POST.get("key", "")[:70]
    parts = [action, *sorted(request.POST.getlist("case")), repr(sorted(said_in(TABLE[action], request.POST).items()))]
    marked = fingerprint_of([part.encode() for part in parts])
    return int(once(f"user:{request.user.pk}", f"selection:{key}" if key else "", marked, ask).body["job"])


@never_cache
@require_safe
@with_language
@login_required
def job_list(request: HttpRequest) -> HttpResponse:
    """One's newest jobs."""
    jobs = list(Job.objects.visible_to(request.user)[:SHOWN_JOBS])
    return render(request, "portal/job_list.html", {"jobs": jobs})


@never_cache
@require_safe
@with_language
@login_required
def job_page(request: HttpRequest, pk: str) -> HttpResponse:
    """How far a job is, what became of each case, and the file where there is one. It reads itself again until done."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    done, total = progress_of(job)
    items = JobItem.objects.visible_to(request.user).filter(job=job).select_related("case")[:MOST_CASES]
    said = {
        "job": job,
        "done": done,
        "total": total,
        "running": job.state in (Job.State.QUEUED, Job.State.RUNNING),
        "items": items,
        "action": TABLE[job.said["action"]].label if job.kind == Job.Kind.BULK else "",
        "address": file_address(job, request),
    }
    return _shown(request, "job", said)
