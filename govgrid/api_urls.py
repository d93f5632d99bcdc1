"""The API's addresses under /api/v1/: each app's own, and the description of all of them."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from govgrid.api import NoSuchAddress

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    path("", include("grids.api.urls")),
    path("", include("cases.api.urls")),
    path("", include("notifications.api.urls")),
    path("", include("insights.api.urls")),
    re_path("", NoSuchAddress.as_view(), name="no-such-address"),
]
