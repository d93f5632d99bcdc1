"""The addresses of the leaders' pages."""

from django.urls import path

from . import outlines, pages, spots, wall

urlpatterns = [
    path("", pages.board, name="leaders"),
    path("cases/", pages.cases, name="leaders-cases"),
    path("needs/", pages.needs, name="leaders-needs"),
    path("outlines/", outlines.outlines, name="leaders-outlines"),
    path("spots/", spots.spots, name="leaders-spots"),
    path("wall/", wall.wall, name="leaders-wall"),
    path("wall/board/", wall.wall_board, name="leaders-wall-board"),
]
