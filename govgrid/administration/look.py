"""How the administration looks: what django-unfold reads from the settings."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "govgrid",
    "SITE_HEADER": "govgrid",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("govgrid/mark.svg")}],
    "SITE_URL": reverse_lazy("case-list"),
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "LANGUAGES": {"action": lambda request: reverse("admin:language")},
    "DASHBOARD_CALLBACK": "govgrid.administration.dashboard.with_figures",
    "STYLES": [lambda request: static("govgrid/administration.css")],
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "#eef4fd",
            "100": "#dbe7fb",
            "200": "#bcd3f7",
            "300": "#8db7f1",
            "400": "#5a92e6",
            "500": "#2f6ed8",
            "600": "#1257c9",
            "700": "#1148a5",
            "800": "#123e87",
            "900": "#14366f",
            "950": "#0e2348",
        }
    },
    "ACCOUNT": {"navigation": "govgrid.administration.navigation.account"},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "govgrid.administration.navigation.groups",
    },
}

FROM_UNFOLD = (
    _("Add new item"), _("Add row"), _("After you"), _("All applications"), _("Apply Filters"), _("Cancel"),
    _("Changes"), _("Choose file to upload"), _("Collapse"), _("Current file"), _("Dark"), _("Date"), _("Date from"),
    _("Date to"), _("Default"), _("Edit"), _("Expand row"), _("False"), _("From"), _("General"), _("Go back"),
    _("Light"), _("Loading more results..."), _("More actions"), _("Name"), _("Next"), _("No data"),
    _("No recent searches"), _("No results found"), _("No results matching your query"), _("Previous"),
    _("Recent searches"), _("Record picture"), _("Reset filters"), _("Return to site"), _("Run"),
    _("Search apps and models..."), _("Select action"), _("Select action to run"), _("Select all rows"),
    _("Select format"), _("Select record"), _("Select value"), _("System"),
    _("This exporter will export the following fields"), _("This importer will import the following fields"),
    _("This item will be deleted."),
    _("This page yielded into no results. Create a new item or reset your filters."), _("To"),
    _("Toggle password visibility"), _("True"), _("Type to search"), _("Value"), _("Welcome"),
    _("Welcome back to"), _("You have been successfully logged out from the administration"),
)  # fmt: skip
"""Words that the package shows and brings no Chinese for; named here so that our catalogue holds them."""
