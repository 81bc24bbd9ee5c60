"""Which system a namespace of OpenLineage stands for."""

import hashlib
import re
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Q

from governance.actions import systems
from governance.domain.actor import Actor
from governance.models import GovernedSystem, Site, SystemKind

_ODD = re.compile(r"[^a-z0-9]+")
_USERINFO = re.compile(r"//[^/@]*@")


def slug_of(namespace: str) -> str:
    """Return the slug of the system that stands for ``namespace`` alone."""
    readable = _ODD.sub("-", _shown(namespace).lower()).strip("-")[:50].strip("-") or "lineage"
    return f"{readable}-{hashlib.sha256(namespace.encode()).hexdigest()[:8]}"


def own(namespace: str) -> GovernedSystem | None:
    """Return the system that was listed for ``namespace``, if any was."""
    found = GovernedSystem.objects.filter(
        slug=slug_of(namespace), kind=SystemKind.OPENLINEAGE.value
    )
    return found.select_related("site").first()


def register(namespace: str, *, site: Site, by: Actor, at: datetime) -> GovernedSystem:
    """List a system for ``namespace`` at ``site``.

    Raises:
        NotAllowed: ``by`` may not add systems there.
    """
    return systems.register(
        slug=slug_of(namespace),
        name=_shown(namespace)[:120],
        site=site,
        dsn="",
        kind=SystemKind.OPENLINEAGE.value,
        by=by,
        at=at,
    )


def known(namespace: str, databases: Collection[str]) -> list[int]:
    """Return the systems, read by other means, that ``namespace`` may stand for.

    Those of its name, and those whose address is its host and one of ``databases``.
    """
    try:
        host = urlsplit(namespace).hostname
    except ValueError:
        host = None
    addresses = [f"{host}/{one}"[:300] for one in databases] if host else []
    others = GovernedSystem.objects.exclude(kind=SystemKind.OPENLINEAGE.value)
    fitting = others.filter(Q(slug=namespace) | Q(name=namespace) | Q(address__in=addresses))
    return list(fitting.order_by("pk").values_list("pk", flat=True))


def _shown(namespace: str) -> str:
    """Return ``namespace`` without the user and password that some producers leave in it."""
    return _USERINFO.sub("//", namespace)
