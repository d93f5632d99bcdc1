"""The addresses of the field app."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
