"""The web application for gunicorn or any other WSGI server.

A request does not wait as long as a task may, hence the defaults here."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from govgrid.checks import why_not_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govgrid.settings")
os.environ.setdefault("DATABASE_LOCK_TIMEOUT", "3")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "30")

application = get_wsgi_application()
if reasons := why_not_start():
    raise ImproperlyConfigured(reasons)  # gunicorn says it and ends, instead of starting workers again and again
