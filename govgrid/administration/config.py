"""Django's administration, on our own site."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "govgrid.administration.site.Site"
