"""The demo's people: some thirty whom a visitor can be, and colleagues without a password who do the rest.

All names are made up."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from grids.choices import Level, Role, UnitKind
from grids.models import Grid, Post, Unit, User

from .phrases import person_name
from .territory import CITY, TOWNS, Ground
from .units import DEPARTMENTS, TOWN_OFFICES, Bodies

K, R = UnitKind, Role
COUNTIES = tuple(f"{code[:6]}000000" for code in TOWNS)
SERVES_SINCE_DAYS = 400
LEAVE_DAYS = 7
MAIL_DOMAIN = "@demo.example.org"
"""Reserved for examples: no mail ever arrives there."""
REFERENCE_MODELS = {
    "grids": ("grid", "unit", "post", "user", "intakepoint", "workingcalendar", "workinghours", "calendarday"),
    "cases": ("category", "routingrule", "policy", "ladder", "step", "allowance"),
}
READ_MODELS = {
    "grids": ("gridchange", "changerecord"),
    "cases": ("case", "caseevent", "deadline", "assignment", "rating"),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """A place to serve in: which unit (grid code and kind), in which role, and for a narrower grid or none."""

    username: str
    role: str
    grid_code: str
    kind: str = K.AUTHORITY
    narrower: str = ""


def cell(village: Grid, number: int) -> str:
    """The code of a village's cell."""
    return f"{village.code}{number:03d}"


def accounts(ground: Ground) -> list[Seat]:
    """Those that a visitor can sign in as: every role at every level."""
    first, second = ground.children(TOWNS[0], Level.VILLAGE)[:2]
    heads = [first, second, *(ground.children(code, Level.VILLAGE)[0] for code in TOWNS[1:])]
    home = COUNTIES[0]
    officers = {
        "water": K.WATER_UTILITY, "power": K.POWER_UTILITY, "heating": K.HEATING_UTILITY,
        "urban": K.URBAN_MANAGEMENT, "housing": K.HOUSING, "jobs": K.HUMAN_RESOURCES,
        "traffic": K.TRANSPORT, "schools": K.EDUCATION,
    }  # fmt: skip
    return [
        Seat("admin", R.ADMINISTRATOR, CITY),
        Seat("leader_city", R.LEADER, CITY),
        Seat("supervisor", R.SUPERVISOR, CITY),
        Seat("city1", R.DISPATCHER, CITY),
        Seat("hotline", R.DISPATCHER, CITY),
        Seat("officer_city", R.OFFICER, CITY, K.TRANSPORT),
        Seat("admin_county", R.ADMINISTRATOR, home),
        Seat("leader_county", R.LEADER, home),
        *(Seat(f"county{n}", R.DISPATCHER, code) for n, code in enumerate(COUNTIES, 1)),
        *(Seat(f"officer_{name}", R.OFFICER, home, kind) for name, kind in officers.items()),
        Seat("leader_town", R.LEADER, TOWNS[0]),
        *(Seat(f"town{n}", R.DISPATCHER, code) for n, code in enumerate(TOWNS, 1)),
        Seat("police", R.OFFICER, TOWNS[0], K.POLICE),
        Seat("mediator", R.OFFICER, TOWNS[0], K.MEDIATION),
        *(Seat(f"head{n}", R.VILLAGE_HEAD, village.code) for n, village in enumerate(heads, 1)),
        Seat("worker1", R.GRID_WORKER, first.code, narrower=cell(first, 1)),
        Seat("worker2", R.GRID_WORKER, first.code, narrower=cell(first, 2)),
        Seat("worker3", R.GRID_WORKER, second.code, narrower=cell(second, 1)),
        Seat("worker4", R.GRID_WORKER, heads[2].code, narrower=cell(heads[2], 1)),
    ]


def _colleagues(ground: Ground) -> Iterator[Seat]:
    """One for each unit that may be given a case and has nobody yet: their names stand in histories."""
    for village in ground.villages:
        yield Seat(f"h{village.code}", R.VILLAGE_HEAD, village.code)
        yield Seat(f"w{village.code}", R.GRID_WORKER, village.code)
    for code in TOWNS:
        yield from (Seat(f"o{code}_{kind}", R.OFFICER, code, kind) for kind in TOWN_OFFICES)
    for code in (CITY, *COUNTIES):
        yield from (Seat(f"o{code}_{kind}", R.OFFICER, code, kind) for kind in DEPARTMENTS)


def hire(ground: Ground, bodies: Bodies, rng: random.Random, on: date) -> dict[int, list[User]]:
    """Creates users and posts in the current transaction; the people of each unit by its id, visitors' first."""
    named = accounts(ground)
    taken = {(seat.grid_code, seat.kind, seat.role) for seat in named}
    others = [s for s in _colleagues(ground) if (s.grid_code, s.kind, s.role) not in taken]
    password = make_password(demo_password())
    users = [_user(seat, password, rng) for seat in named]
    users += [_user(seat, make_password(None), rng) for seat in others]
    User.objects.bulk_create(users)
    posts = [_post(seat, user, ground, bodies, on) for seat, user in zip([*named, *others], users, strict=True)]
    _give_leave(posts, on)
    Post.objects.bulk_create(posts)
    _permit(next(user for user in users if user.username == "admin_county"))
    people: dict[int, list[User]] = {}
    for post in posts:
        people.setdefault(post.unit_id, []).append(post.user)
    return people


def _user(seat: Seat, password: str, rng: random.Random) -> User:
    return User(
        username=seat.username,
        name=person_name(rng),
        email=f"{seat.username}{MAIL_DOMAIN}",
        password=password,
        is_staff=seat.role == R.ADMINISTRATOR,
        is_superuser=seat.username == "admin",
    )


def _post(seat: Seat, user: User, ground: Ground, bodies: Bodies, on: date) -> Post:
    unit: Unit = bodies.of(seat.grid_code, seat.kind)
    narrower = ground.grids[seat.narrower] if seat.narrower else None
    return Post(user=user, unit=unit, role=seat.role, grid=narrower, starts_on=on - timedelta(days=SERVES_SINCE_DAYS))


def _give_leave(posts: list[Post], on: date) -> None:
    """worker2 is away, and worker1 stands in: so that substitutes can be seen at work."""
    by_name = {post.user.username: post for post in posts}
    away, stands_in = by_name["worker2"], by_name["worker1"]
    away.substitute, away.leave_from, away.leave_to = stands_in.user, on, on + timedelta(days=LEAVE_DAYS)


def _permit(administrator: User) -> None:
    """An administrator of a county edits reference data of the county, and reads cases."""
    wanted: list[Permission] = []
    for app, models in REFERENCE_MODELS.items():
        names = [f"{verb}_{model}" for model in models for verb in ("view", "add", "change")]
        wanted += Permission.objects.filter(content_type__app_label=app, codename__in=names)
    for app, models in READ_MODELS.items():
        names = [f"view_{model}" for model in models]
        wanted += Permission.objects.filter(content_type__app_label=app, codename__in=names)
    administrator.user_permissions.set(wanted)


def demo_password() -> str:
    """DEMO_PASSWORD, or else one that is this installation's own, so that no password is the same everywhere."""
    if settings.DEMO_PASSWORD:
        return str(settings.DEMO_PASSWORD)
    digest = salted_hmac("cases.demo", "password", algorithm="sha256").digest()
    return "demo-" + base64.b32encode(digest[:5]).decode().lower()


def visitors() -> QuerySet[Post]:
    """The posts of the accounts that a visitor can sign in as, from the city down; the administrator first."""
    named = Post.objects.filter(user__email__endswith=MAIL_DOMAIN, user__is_active=True)
    usable = named.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return usable.select_related("user", "unit", "grid").order_by("pk")
