"""The demonstration in order: each step uses the same actions that people use."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from config.demo import access_steps, coverage_steps, incident_steps, partner_steps, zone_steps
from config.demo.setting import Setting
from governance import boundary
from governance.actions import measuring
from governance.domain.actor import Actor
from governance.models import Seed

NAME = "demo"
LOCK = 0x44454D4F  # "DEMO"


def measures(scene: Setting) -> None:
    """Keep a first reading of each measure."""
    measuring.sample(by=scene.by, at=scene.at)


STEPS: tuple[tuple[str, Callable[[Setting], None]], ...] = (
    ("people and places", access_steps.people_and_places),
    ("Wardroom's own database", access_steps.wardroom_itself),
    ("a plant's database", access_steps.plant_database),
    ("grants and drift", access_steps.grants_and_drift),
    ("access requests", access_steps.requests),
    ("partners and what they ship", partner_steps.partners),
    ("advisories", partner_steps.advisories),
    ("Wardroom's own components", partner_steps.own_components),
    ("a plant's zones and conduits", zone_steps.network),
    ("owners, retention, exemptions", coverage_steps.baseline),
    ("an incident of last week", incident_steps.past_incident),
    ("an incident that runs", incident_steps.running_incident),
    ("measures", measures),
)


def is_seeded() -> bool:
    """Say whether the demonstration was seeded before, even if it was changed since."""
    return Seed.objects.filter(name=NAME).exists()


def seed(*, by: Actor, at: datetime, tell: Callable[[str], None]) -> bool:
    """Seed everything in one transaction, once; return whether this call did.

    Only the plant's database stands outside it: it is made anew by the next try.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if is_seeded():
            return False
        scene = Setting(by=by, at=at)
        for title, step in STEPS:
            tell(title)
            with boundary.acting(by, at=at):
                step(scene)
        Seed.objects.create(name=NAME, seeded_at=at, roots=scene.roots)
    return True
