"""Lets somebody enrol a telephone anew whose telephone and codes are both gone; for whoever has the server."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from grids.models import User
from grids.services.second_factor import forget_second_factor


class Command(BaseCommand):
    help = "Forget the second factor of one account; its password stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        users = User.objects.filter(username=username)
        if not users.exists():
            raise CommandError(f"no account is called {username!r}")
        count = forget_second_factor(users)
        self.stdout.write(f"{username}: {count} telephone(s) forgotten")
