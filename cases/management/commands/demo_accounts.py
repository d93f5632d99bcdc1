"""Says who can sign in to the demo, and with which password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from cases.demo import is_loaded
from cases.demo.people import demo_password, visitors
from grids.models import Post


class Command(BaseCommand):
    help = "Print the accounts of the demo and their password; nothing where there is no demo."

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_loaded():
            return
        posts = list(visitors())
        self.stdout.write(_("Accounts of the demo:"))
        for post in posts:
            self.stdout.write(f"  {post.user.username:<16}{post.get_role_display()} · {self._where(post)}")
        password = demo_password()
        if posts and check_password(password, posts[0].user.password):
            self.stdout.write(_("Password of all: %(password)s") % {"password": password})
        else:
            self.stdout.write(
                _("The password has been changed since: manage.py changepassword %(name)s")
                % {"name": posts[0].user.username if posts else ""}
            )

    def _where(self, post: Post) -> str:
        return f"{post.unit.name} · {post.grid.name}" if post.grid else post.unit.name
