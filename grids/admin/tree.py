"""A tree in the administration: a level at a time, opened by a click; a search looks at the whole of it and says where
each match lies."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.views import ChangeList

from .visible import VisibleAdmin

NO_FILTERS = {SEARCH_VAR, PAGE_VAR, ORDER_VAR, IS_POPUP_VAR, TO_FIELD_VAR, "e", "_changelist_filters"}
BELOW = "_tree_below"


class TreeChangeList(ChangeList):
    """The rows of one level, in the order of the tree."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str]:
        return ["path"]


class TreeAdmin(VisibleAdmin):
    """Nodes of a treebeard tree (materialised path)."""

    change_list_template = "admin/tree.html"
    sortable_by = ()
    list_per_page = 200

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TreeChangeList

    def is_searched(self, request: HttpRequest) -> bool:
        """Whether the list shows matches from anywhere, and not a level of the tree."""
        return bool(request.GET.get(SEARCH_VAR)) or any(name not in NO_FILTERS for name in request.GET)

    def top(self, request: HttpRequest) -> Q:
        """The nodes that the tree begins with."""
        return Q(depth=1)

    def level_of(self, request: HttpRequest) -> Q:
        """Which of the visible nodes the list shows: the children of one, or the top."""
        below = getattr(request, BELOW, None)
        if below is None:
            return self.top(request)
        return Q(path__startswith=below.path, depth=below.depth + 1)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tree = not self.is_searched(request)
        if tree and request.method == "GET":
            request._tree = True  # type: ignore[attr-defined]  # told to get_queryset, which Django calls
        return super().changelist_view(request, (extra_context or {}) | {"tree": tree})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(self.level_of(request)) if getattr(request, "_tree", False) else rows

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/children/", self.admin_site.admin_view(self.children), name="tree_children")
        return [own, *super().get_urls()]

    def children(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The rows below a node, as they stand in the list."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        node = super().get_queryset(request).filter(pk=pk).first()
        if node is None:
            return HttpResponse(status=404)
        request._tree = True  # type: ignore[attr-defined]  # as above
        setattr(request, BELOW, node)
        rows = self.get_changelist_instance(request)
        rows.formset = None
        return TemplateResponse(request, "admin/tree_rows.html", {"cl": rows, "tree": True, "opts": self.opts})
