"""Governed systems: where they are and how to look into them."""

from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from governance import audit, box, registries
from governance.access import require
from governance.connectors.sources import FILE
from governance.domain.actor import Actor
from governance.errors import BadInput
from governance.models import GovernedSystem, Site
from governance.permissions import Act


def address_of(dsn: str) -> str:
    """Return host and database of a connection string, never its user or password."""
    try:
        parts = urlsplit(dsn)
    except ValueError:
        return ""
    host = parts.hostname or "local"
    return f"{host}{parts.path}" if parts.scheme else ""


@transaction.atomic
def register(
    *,
    slug: str,
    name: str,
    site: Site,
    dsn: str,
    by: Actor,
    at: datetime,
    kind: str = "postgresql",
    connector: str = "",
) -> GovernedSystem:
    """Add a system, or set the connection of a known one; the secret is stored encrypted.

    A new one with an empty ``dsn`` is known from files alone, so nothing looks into it by
    schedule until it gets a connection. ``connector`` is one of ``registries.drift_sources``,
    or ``file`` for snapshots from files only; empty takes that of its kind.

    Raises:
        NotAllowed: ``by`` may not change systems there.
        BadInput: nothing is called ``connector``.
    """
    if connector not in ("", FILE, *registries.drift_sources.names()):
        raise BadInput(f"no connector is called {connector!r}")
    system = GovernedSystem.objects.filter(slug=slug).first() or GovernedSystem(
        slug=slug, created_at=at
    )
    if system.pk is None or (dsn and not dsn_of(system)):
        system.is_scheduled = bool(dsn)
    system.name, system.site, system.kind = name, site, kind
    system.connector = connector or system.connector
    system.address = address_of(dsn)
    system.secret = box.seal(dsn)
    require(by, Act.SYSTEM_CHANGE, system, at=at)
    system.full_clean()
    system.save()
    audit.record(
        by=by, act=Act.SYSTEM_CHANGE, ref=system.ref, at=at, slug=slug, address=system.address
    )
    return system


def dsn_of(system: GovernedSystem) -> str:
    """Return the connection string in clear, for a connector and for nothing else."""
    return box.unseal(system.secret)
