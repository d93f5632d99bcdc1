"""Publishes the promises of a file as a new version of a territory's policy, unless just these are in force."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.utils.translation import gettext as _

from cases.errors import BadInput
from cases.models import Policy
from cases.services.policy_checks import check_policy
from cases.services.publishing import publish, read_promises, sped_up
from grids.models import Grid

DEFAULT = Path(__file__).resolve().parents[2] / "data" / "policy.toml"


def tell_holes(out: OutputWrapper, policies: Iterable[Policy]) -> None:
    """Names what is published and leaves somebody without a clock of the policy's own: cases come in all the same."""
    for policy in policies:
        for finding in check_policy(policy):
            if finding.hole:
                out.write(f"{policy}: {_('hole')}: {finding.words}")


class Command(BaseCommand):
    help = "Publish a policy from a file such as cases/data/policy.toml; it applies to cases from now on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=DEFAULT, metavar="FILE", help="the project's own")
        parser.add_argument("--grid", metavar="CODE", help="of this grid and below; every city otherwise")
        parser.add_argument(
            "--speed", type=float, help="calendar minutes, so many times as fast, for a demo (DEMO_SPEED otherwise)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        speed = settings.DEMO_SPEED if options["speed"] is None else options["speed"]
        if speed < 0:
            raise CommandError(_("--speed: a number above 0, or 0 for the promises as they are"))
        grid = self._grid(options["grid"])
        try:
            promises = read_promises(options["file"].read_text(encoding="utf-8-sig"))
            policy, published = publish(sped_up(promises, speed) if speed else promises, grid=grid)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']}: {error}") from None
        except BadInput as error:
            raise CommandError(f"{options['file'].name}: {error.detail}") from None
        where = grid.name if grid else _("every city without a policy of its own")
        words = (
            _("published: %(policy)s, for %(where)s") if published else _("in force already: %(policy)s, for %(where)s")
        )
        self.stdout.write(words % {"policy": policy, "where": where})
        tell_holes(self.stderr, [policy])

    @staticmethod
    def _grid(code: str | None) -> Grid | None:
        if code is None:
            return None
        grid = Grid.objects.standing().filter(code=code.ljust(12, "0")).first()
        if grid is None:
            raise CommandError(_("no grid has the code %(code)s") % {"code": code})
        return grid
