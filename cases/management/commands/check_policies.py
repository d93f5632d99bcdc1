"""Holes and contradictions of policies, before a case falls into one: for whoever publishes, and for a nightly run."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Policy
from cases.policies import book
from cases.services.policy_checks import check_policy, policies_at_work
from grids import tree


class Command(BaseCommand):
    help = "Find holes and contradictions in the policies in force and in drafts. Exits with 1 where there is a hole."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--grid", metavar="CODE", help="only the policy in force in this grid")

    def handle(self, *args: Any, **options: Any) -> None:
        holes = 0
        for policy in self._policies(options["grid"]):
            findings = check_policy(policy)
            state = _("in force") if policy.published_at else _("draft")
            where = policy.grid or _("every city without a policy of its own")
            self.stdout.write(f"{policy} ({where}, {state}): " + (_("nothing found") if not findings else ""))
            for finding in findings:
                self.stdout.write(f"  {_('hole') if finding.hole else _('contradiction')}: {finding.words}")
            holes += sum(finding.hole for finding in findings)
        if holes:
            sys.exit(1)

    def _policies(self, code: str | None) -> list[Policy]:
        """The newest published of every grid, and the drafts; or what is in force in one grid."""
        if code is not None:
            slot = tree.by_code(code.ljust(12, "0"))
            if slot is None:
                raise CommandError(_("no grid has the code %(code)s") % {"code": code})
            return [Policy.objects.get(pk=book().in_force(slot.path, timezone.now()).id)]
        return policies_at_work(drafts=True)
