"""The addresses of the leaders' pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
