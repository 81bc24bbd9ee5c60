"""The WSGI application that granian serves."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Each process asks a candidate policy what it was asked itself; models are there only now.
import_module("governance.actions.shadowing").Watch().start()
