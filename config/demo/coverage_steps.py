"""Steps about the baseline: who runs what, how long it is kept, and what is exempt for a time."""

from datetime import timedelta

from catalog.actions import assigning, exempting, retaining, zoning
from catalog.models import Asset
from config.demo import cast
from config.demo.setting import Setting, person, place

OPERATED_BY = {"wardroom": "rosa", "mes-monterrey": "joel", "network-monterrey": "ana"}
RULES = (
    # slug, name, days, basis, system
    ("governance-records", "Governance records", 3650, "audit obligations", "wardroom"),
    ("production-records", "Production records", 730, "product liability", "mes-monterrey"),
)
EXEMPT = "RTR-DOCK-2"


def baseline(scene: Setting) -> None:
    """Name technical owners, state retention, place Wardroom, exempt one router."""
    for slug, first_name in OPERATED_BY.items():
        (email,) = [one.email for one in cast.PEOPLE if one.email.startswith(f"{first_name}.")]
        roots = Asset.objects.filter(system__slug=slug, parent=None)
        assigning.run(roots, owner=person(email), by=scene.by, at=scene.at)
    for slug, name, days, basis, system in RULES:
        rule = retaining.define(
            slug=slug, name=name, days=days, basis=basis, by=scene.by, at=scene.at
        )
        scene.remember(rule)
        roots = Asset.objects.filter(system__slug=system, parent=None)
        assigning.retain(roots, rule=rule, reason=basis, by=scene.by, at=scene.at)
    zone = zoning.create(
        site=place(cast.ROOT),
        name="Head office services",
        slug="head-office",
        purdue_level="4",
        is_untrusted=False,
        is_safety=False,
        sl_target=(2,) * 7,
        sl_achieved=(2,) * 7,
        by=scene.by,
        at=scene.at,
    )
    scene.remember(zone)
    own = Asset.objects.filter(system__slug="wardroom", parent=None)
    assigning.place(own, zone=zone, reason="runs at head office", by=scene.by, at=scene.at)
    exempting.exempt(
        Asset.objects.get(system__slug="network-monterrey", name=EXEMPT),
        reason="is replaced in the spring shutdown",
        expires_at=scene.at + timedelta(days=120),
        by=scene.by,
        at=scene.at,
    )
