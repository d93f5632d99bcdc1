"""The addresses of territory, sign-in and oneself."""

from django.urls import path, re_path

from . import sessions, views

urlpatterns = [
    path("auth/token/", sessions.NewTokenView.as_view(), name="auth-token"),
    path("auth/tokens/", sessions.TokensView.as_view(), name="auth-tokens"),
    re_path(r"^auth/tokens/(?P<token_id>[0-9a-f]{16})/$", sessions.TokenView.as_view(), name="auth-token-one"),
    path("auth/logout/", sessions.LogoutView.as_view(), name="auth-logout"),
    path("me/", sessions.MeView.as_view(), name="me"),
    path("grids/", views.GridsView.as_view(), name="grids"),
    path("grids/locate/", views.LocateView.as_view(), name="grids-locate"),
    re_path(r"^grids/(?P<code>[0-9]{12,18})/$", views.GridView.as_view(), name="grid"),
    path("units/", views.UnitsView.as_view(), name="units"),
    re_path(r"^units/(?P<pk>[0-9]{1,18})/$", views.UnitView.as_view(), name="unit"),
    path("intake-points/", views.IntakePointsView.as_view(), name="intake-points"),
    re_path(r"^intake-points/(?P<pk>[0-9]{1,18})/$", views.IntakePointView.as_view(), name="intake-point"),
    re_path(r"^intake-points/(?P<pk>[0-9]{1,18})/qr\.svg$", views.QrCodeView.as_view(), name="intake-point-qr"),
]
