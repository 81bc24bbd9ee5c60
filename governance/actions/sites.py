"""The site tree."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.actions.policy import restamp
from governance.domain.actor import Actor
from governance.models import Site
from governance.permissions import Act


@transaction.atomic
def create(
    *,
    slug: str,
    name: str,
    kind: str,
    parent: Site | None,
    time_zone: str,
    by: Actor,
    at: datetime,
) -> Site:
    """Add a site below ``parent``; the enterprise alone has none.

    Raises:
        NotAllowed: ``by`` may not change sites there.
    """
    site = Site(slug=slug, name=name, kind=kind, parent=parent, time_zone=time_zone, created_at=at)
    site.path = f"{parent.path}/{slug}" if parent else slug
    site.full_clean()
    require(by, Act.SITE_CHANGE, parent or site, at=at)
    site.save()
    restamp()
    audit.record(by=by, act=Act.SITE_CHANGE, ref=site.ref, at=at, path=site.path, name=name)
    return site


@transaction.atomic
def change(site: Site, *, name: str, time_zone: str, by: Actor, at: datetime) -> Site:
    """Rename a site or set its time zone.

    Raises:
        NotAllowed: ``by`` may not change it.
    """
    require(by, Act.SITE_CHANGE, site, at=at)
    site.name, site.time_zone = name, time_zone
    site.full_clean()
    site.save(update_fields=["name", "time_zone"])
    audit.record(by=by, act=Act.SITE_CHANGE, ref=site.ref, at=at, name=name, time_zone=time_zone)
    return site
