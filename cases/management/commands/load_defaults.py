"""What a new installation needs before the first case: categories, a policy, and holidays for the cities that are
there. To be run again after an update, and when a city was added."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from cases.services.policy_checks import policies_at_work
from grids.models import Grid

from .load_policy import tell_holes


class Command(BaseCommand):
    help = "Load the project's own categories and policy, and the holidays of all cities. Does no harm when run again."

    def handle(self, *args: Any, **options: Any) -> None:
        said = {"stdout": self.stdout, "stderr": self.stderr, "verbosity": options["verbosity"]}
        self.stdout.write(_("categories:"))
        call_command("load_categories", **said)
        self.stdout.write(_("policy:"))
        call_command("load_policy", **said)
        # After an update, those of cities may lack a kind of promise that is new
        tell_holes(self.stderr, [policy for policy in policies_at_work() if policy.grid is not None])
        if Grid.objects.standing().filter(depth=1).exists():
            self.stdout.write(_("holidays:"))
            call_command("load_holidays", **said)
        else:
            self.stdout.write(_("holidays: no city yet; run this again after load_divisions"))
