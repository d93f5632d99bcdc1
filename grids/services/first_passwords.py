"""A first password for accounts that came without one: a link that its person opens once, and that ends by itself.
Nobody but the person ever knows the password."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

import xlsxwriter
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from grids.models import User

WITHOUT = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) | Q(password="")
WIDTHS = (20, 16, 30, 90, 18)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What its person is handed: `link` works until `ends_at`, and until a password is set by it."""

    account: str
    name: str
    units: str
    link: str
    ends_at: datetime


@transaction.atomic
def invite(users: QuerySet[User], *, at: datetime | None = None) -> list[Invitation]:
    """A link for each of these accounts that is in use and has no password, in the order of their names.

    Links that they were given before end with it. The links are kept nowhere: who loses them asks for others. `at` is
    the moment by which `ends_at` is told (None: now).
    """
    without = User.objects.filter(WITHOUT, pk__in=users.order_by().values("pk"), is_active=True)
    found = list(without.select_for_update(of=("self",)).prefetch_related("posts__unit").order_by("username"))
    for user in found:
        user.set_unusable_password()  # another one: what was made of the last one is void
    User.objects.bulk_update(found, ["password"], batch_size=500)
    ends_at = (at or timezone.now()) + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return [Invitation(user.username, user.name, _units(user), _link(user), ends_at) for user in found]


def _units(user: User) -> str:
    return ", ".join(dict.fromkeys(post.unit.name for post in user.posts.all()))


def _link(user: User) -> str:
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return f"{settings.SITE_URL.rstrip('/')}/password/{key}/{default_token_generator.make_token(user)}/"


def as_workbook(invitations: list[Invitation]) -> bytes:
    """A list to hand out, a person a row, headed in the active language; nothing in it is run as a formula."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet()
        head = (_("account"), _("full name"), _("unit"), _("link, good for one time"), _("good until"))
        for place, (words, width) in enumerate(zip(head, WIDTHS, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, words, book.add_format({"bold": True}))
        for line, one in enumerate(invitations, 1):
            ends = timezone.localtime(one.ends_at).strftime("%Y-%m-%d %H:%M")
            for place, text in enumerate((one.account, one.name, one.units, one.link, ends)):
                sheet.write_string(line, place, text)
    return content.getvalue()
