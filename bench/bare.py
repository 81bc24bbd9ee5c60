"""The same settings without any middleware: the floor of a request."""

import django

django.setup()

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

# Only now: allauth asks for its middleware while the apps are set up.
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "bench.views"
application = WSGIHandler()
