"""Every address that the platform answers, as the URL conf has it, with arguments that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver
from django.utils.http import urlsafe_base64_encode

from cases.models import Attachment
from tests.secrecy.planting import Planted
from tests.stories import Stories


def named(patterns: Any = None, space: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name, with its namespace, and arguments of every address that can be read. What has no name is the last door of
    admin and API, which answers 404 to everything."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from named(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name not in (None, "no-such-address") and _is_read(pattern):
            yield f"{space}{pattern.name}", tuple(pattern.pattern.regex.groupindex) or _converted(pattern)


def _is_read(pattern: URLPattern) -> bool:
    """Whether it answers GET; of what is no view of the API, only asking tells."""
    view: Any = pattern.callback
    served = getattr(view, "actions", None) or getattr(view, "cls", None)
    return served is None or ("get" in served if isinstance(served, dict) else hasattr(served, "get"))


def _converted(pattern: URLPattern) -> tuple[str, ...]:
    return tuple(getattr(pattern.pattern, "converters", {}))


def all_addresses(stories: Stories, planted: Planted) -> list[tuple[str, str]]:
    """Name and path; an address with arguments as often as there is something planted to lead to.

    Raises KeyError for an argument that nobody has said a value for: say one in `values`.
    """
    values: dict[str, list[Any]] = {
        "number": [case.number for case in planted.cases],
        "action": ["note"],
        "step": ["code"],
        "code": [stories.cast.cell.code],
        "token": [stories.cast.intake_point.token, "x" * 40],
        "token_id": ["0" * 16],
        "position": [1],
        "id": [1],
        "key": ["x" * 40],
        "name": ["reported"],
        "language": ["zh-hans"],
        "uidb64": [urlsafe_base64_encode(str(stories.cast.worker.pk).encode())],
        "app_label": ["cases", "grids", "notifications"],
        "content_type_id": [ContentType.objects.get_for_model(planted.cases[0]).pk],
    }
    found = []
    for name, arguments in dict.fromkeys(named()):
        said = values | {"object_id": _rows_of(name, planted), "pk": _keys_of(name, stories)}
        for chosen in product(*(said[argument] for argument in arguments)):
            try:
                found.append((name, reverse(name, kwargs=dict(zip(arguments, chosen, strict=True)))))
            except Exception:  # noqa: BLE001, S112 - a token of another kind fits another address
                continue
    return found


def _rows_of(name: str, planted: Planted) -> list[Any]:
    for model, _site in admin.site._registry.items():
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            if isinstance(planted.cases[0], model):
                return [planted.secret_case.pk]
            row = model._default_manager.order_by("-pk").first()
            return [row.pk] if row else []
    return [planted.secret_case.pk]


def _keys_of(name: str, stories: Stories) -> list[Any]:
    if name == "attachment":
        return list(Attachment.objects.values_list("pk", flat=True))
    if name.startswith("intake-point"):
        return [stories.cast.intake_point.pk]
    return [stories.cast.urban_management.pk] if name == "unit" else [1]
