"""The WSGI application that granian serves."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Each process asks a candidate policy what it was asked itself; models are there only now.
import_module("governance.actions.shadowing").Watch().start()
# What has been loaded stays: a collection that walked through it all in the middle of a
# request would hold it up for longer than a thousand decisions take.
import_module("config.urls")
gc.collect()
gc.freeze()
