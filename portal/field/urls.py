"""The addresses of the field app."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.app, name="field"),
    path("shell/<slug:language>/", views.shell_page, name="field-shell"),
    path("session/", views.session, name="field-session"),
    path("manifest.webmanifest", views.manifest, name="field-manifest"),
]
