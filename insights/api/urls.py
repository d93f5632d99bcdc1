"""Addresses of figures, below /api/v1/."""

from django.urls import path, re_path

from . import views

urlpatterns = [
    path("measures/", views.MeasuresView.as_view(), name="measures"),
    path("measures/figures/", views.FiguresView.as_view(), name="measures-figures"),
    path("measures/series/", views.SeriesView.as_view(), name="measures-series"),
    path("measures/ranking/", views.RankingView.as_view(), name="measures-ranking"),
    path("measures/stock/", views.StockView.as_view(), name="measures-stock"),
    path("measures/left-out/", views.LeftOutView.as_view(), name="measures-left-out"),
    re_path(r"^measures/(?P<name>[a-z_]{1,40})/cases/$", views.BehindView.as_view(), name="measures-cases"),
]
