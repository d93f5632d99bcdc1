"""The first page of the administration: what needs an administrator, in their own territory. Each figure leads to its
list, and none is counted further than anybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Case, Deadline, Policy
from cases.policies import book
from cases.services.policy_checks import Finding, check_policy
from cases.services.sweep import SET_ASIDE
from grids.admin.words import told
from grids.models import ChangeRecord
from grids.territory import territory_of
from notifications.admin.webhooks import failing
from notifications.models import Delivery, WebhookEndpoint

MOST_COUNTED = 10_000
NEWEST_DELIVERIES = 100_000
"""Deliveries given up are looked for among so many of the newest."""
CHECK_SECONDS = 600
"""How long what is wrong with a policy is remembered; it changes with the policy or with the units of its territory."""
NEWEST_CHANGES = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that leads to its list. `mark` is a class of the page's chips."""

    title: str
    count: int
    link: str
    icon: str
    mark: str
    hint: str

    @property
    def shown(self) -> str:
        return f"{MOST_COUNTED}+" if self.count >= MOST_COUNTED else str(self.count)


def with_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What django-unfold shows on the first page."""
    context["figures"] = list(figures(request))
    if _may_see(request, Policy):
        context["policies"] = [(policy, findings) for policy, findings in _findings(request) if findings]
    if _may_see(request, ChangeRecord):
        site = admin.site._registry[ChangeRecord]
        context["changes"] = told(site.get_queryset(request)[:NEWEST_CHANGES], request.user)
    return context


def figures(request: HttpRequest) -> Iterator[Figure]:
    """Those of the rows that this administrator may look at."""
    if _may_see(request, Case):
        cases = Case.objects.visible_to(request.user)
        listed = f"{_list_of(Case)}?open=1"
        waiting, late = _("cases that wait for somebody"), _("past their moment")
        yield Figure(_("open"), _count(cases.open()), listed, "assignment", "action", waiting)
        yield Figure(_("overdue"), _count(cases.overdue()), f"{listed}&overdue=1", "alarm", "late", late)
    if _may_see(request, Deadline):
        rows = admin.site._registry[Deadline].get_queryset(request).filter(SET_ASIDE)
        failed = _("a step failed: look, then try again")
        yield Figure(_("clocks set aside"), _count(rows), _list_of(Deadline), "alarm_off", "late", failed)
    if _may_see(request, Delivery):
        listed, lost = f"{_list_of(Delivery)}?state=failed", _("nobody got them")
        yield Figure(_("messages given up"), _given_up(request), listed, "mail_off", "soon", lost)
    if _may_see(request, WebhookEndpoint):
        rows = failing(admin.site._registry[WebhookEndpoint].get_queryset(request))
        listed, unheard = f"{_list_of(WebhookEndpoint)}?failing=1", _("other systems do not hear of what happens")
        yield Figure(_("webhooks that fail"), _count(rows), listed, "webhook", "late", unheard)
    if _may_see(request, Policy):
        holes = sum(finding.hole for _policy, found in _findings(request) for finding in found)
        endless = _("somebody is waited for without a clock")
        yield Figure(_("holes in policies"), holes, _list_of(Policy), "timer_off", "late", endless)


def _list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _may_see(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site._registry[model].has_view_or_change_permission(request)


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:MOST_COUNTED].count()


def _given_up(request: HttpRequest) -> int:
    newest = Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = admin.site._registry[Delivery].get_queryset(request)
    return _count(rows.filter(pk__gt=newest - NEWEST_DELIVERIES, state=Delivery.State.FAILED))


def _findings(request: HttpRequest) -> list[tuple[Policy, list[Finding]]]:
    """What is wrong with the policies in force in one's territory."""
    kept: list[tuple[Policy, list[Finding]]] | None = getattr(request, "_policy_findings", None)
    if kept is None:
        rows = Policy.objects.filter(pk__in=_in_force(request)).select_related("grid").defer("grid__boundary")
        kept = [(policy, _checked(policy)) for policy in rows]
        request._policy_findings = kept  # type: ignore[attr-defined]  # figures and page ask for the same
    return kept


def _in_force(request: HttpRequest) -> set[int]:
    """The newest published policies of the grids in one's territory, and of every city for who sees everything."""
    territory = territory_of(request.user)
    newest: dict[str, tuple[Any, int]] = {}
    for row in book().policies:
        seen = territory.everything or any(row.grid_path.startswith(path) for path in territory.paths)
        if seen and row.published_at <= timezone.now():
            newest[row.grid_path] = max(newest.get(row.grid_path, (row.published_at, 0)), (row.published_at, row.id))
    return {pk for _published, pk in newest.values()}


def _checked(policy: Policy) -> list[Finding]:
    key = f"policy-check:{policy.pk}:{translation.get_language()}"
    found: list[Finding] | None = cache.get(key)
    if found is None:
        found = check_policy(policy)
        cache.set(key, found, CHECK_SECONDS)
    return found
