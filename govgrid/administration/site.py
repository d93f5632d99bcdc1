"""The site of the administration."""

from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    """x"""
