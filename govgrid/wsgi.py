"""The web application for gunicorn or any other WSGI server.

A request does not wait as long as a task may, hence the defaults here."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govgrid.settings")
os.environ.setdefault("DATABASE_LOCK_TIMEOUT", "3")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "30")

application = get_wsgi_application()
