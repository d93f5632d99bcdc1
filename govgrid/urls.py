"""Which address leads where. Each app keeps its own addresses; here they only get their prefix."""

from django.contrib import admin
from django.urls import include, path

from govgrid.health import healthz, readyz
from govgrid.views import front

urlpatterns = [
    path("", front, name="front"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("govgrid.api_urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("portal.urls")),
]

handler500 = "govgrid.api.server_error"
