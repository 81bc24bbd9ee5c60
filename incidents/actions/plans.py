"""The plan of a run: its pinned document as the engine walks it, kept per process."""

from functools import partial
from typing import Any

from django.conf import settings

from incidents.cacao import document, planning
from incidents.domain.engine.plan import Plan
from incidents.executors import classes
from incidents.executors.http_api import Hosts
from incidents.models import Run

Planned = tuple[dict[str, Any], Plan]


def hosts() -> Hosts:
    """Return which addresses commands may reach."""
    return Hosts(
        origins=tuple(settings.RUNBOOK_HOSTS),
        private=tuple(settings.RUNBOOK_PRIVATE_HOSTS),
        credentials=dict(settings.RUNBOOK_AUTHORIZATION),
        authority=settings.WEBHOOK_AUTHORITY,
    )


def of(run: Run) -> Planned:
    """Return document and plan of ``run``; the document is read once per process."""
    key = (run.sha256, tuple(settings.RUNBOOK_HOSTS))
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= _MOST:
            _kept.clear()
        found = _kept[key] = read(bytes(run.document))
    return found


_kept: dict[tuple[str, tuple[str, ...]], Planned] = {}
_MOST = 200


def read(data: bytes) -> Planned:
    """Return document and plan of ``data``, which was judged when it came in."""
    content = document.load(data)
    return content, planning.plan(content, partial(classes.classify, hosts=hosts()))
