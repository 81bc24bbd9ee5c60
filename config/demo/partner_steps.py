"""Steps about partners, what they ship, and what is known to be wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings

from catalog.actions import sharing
from config.demo.setting import Setting, place
from governance import boundary
from governance.actions import people
from governance.models import Role
from partners.actions import feeding, receiving, registering, sweeping
from partners.models import Partner
from partners.sbom import lock, writer

HERE = Path(__file__).parent
ADVISORIES = HERE / "advisories"
SOURCE = "osv"
ADVISORIES_DAYS_AGO = 21


@dataclass(frozen=True, slots=True)
class Supplier:
    """A partner of the demonstration and its one product."""

    slug: str
    name: str
    tier: str
    why: str
    product: str
    site: str
    file: str
    days_ago: int
    contact: str
    shares: str = ""


SUPPLIERS: Sequence[Supplier] = (
    Supplier(
        slug="lindqvist",
        name="Lindqvist Controls",
        tier="critical",
        why="stops a line within a day",
        product="Line gateway",
        site="monterrey",
        file="lindqvist-line-gateway",
        days_ago=20,
        contact="mika@lindqvist.example",
        shares="line states and alarms",
    ),
    Supplier(
        slug="sengkang",
        name="Sengkang Robotics",
        tier="critical",
        why="runs the press cells of Tuas",
        product="Cell controller",
        site="singapore",
        file="sengkang-cell-controller",
        days_ago=12,
        contact="siti@sengkang.example",
    ),
    Supplier(
        slug="harzlog",
        name="Harz Logistics",
        tier="normal",
        why="yard bookings, no personal data",
        product="Yard portal",
        site="leipzig",
        file="harzlog-yard-portal",
        days_ago=8,
        contact="ute@harzlog.example",
    ),
    Supplier(
        slug="regio",
        name="Regio Edge",
        tier="high",
        why="collects machine data of two sites",
        product="Edge collector",
        site="monterrey",
        file="regio-edge-collector",
        days_ago=3,
        contact="paco@regio.example",
        shares="machine measurements",
    ),
)


def partners(scene: Setting) -> None:
    """Register suppliers with a contact each; some have agreed sharing rules."""
    for one in SUPPLIERS:
        row = registering.partner(
            slug=one.slug,
            name=one.name,
            tier=one.tier,
            tier_reason=one.why,
            contact=one.contact,
            by=scene.by,
            at=scene.at,
        )
        scene.remember(row)
        _contact(row, one, scene)
        if one.shares:
            sharing.agree(
                party_ref=row.party,
                what=one.shares,
                purpose="maintenance",
                valid_from=scene.at - timedelta(days=30),
                valid_to=scene.at + timedelta(days=335),
                by=scene.by,
                at=scene.at,
            )


def _contact(partner: Partner, one: Supplier, scene: Setting) -> None:
    name = one.contact.partition("@")[0].title()
    user = people.invite(
        email=one.contact, name=name, party=partner.party, by=scene.by, at=scene.at
    )
    scene.remember(user)
    people.give_role(
        user,
        Role.objects.get(slug="partner_contact"),
        party=partner.party,
        by=scene.by,
        at=scene.at,
        reason="demonstration",
    )


def advisories(scene: Setting) -> None:
    """Import advisories three weeks ago, then take each supplier's SBOM when it came."""
    began = scene.at - timedelta(days=ADVISORIES_DAYS_AGO)
    with boundary.acting(scene.by, at=began):
        scene.remember(feeding.take(ADVISORIES, source=SOURCE, by=scene.by, at=began).run)
    for one in SUPPLIERS:
        came = scene.at - timedelta(days=one.days_ago)
        _ship(one.slug, one.product, one.site, HERE / "sboms" / f"{one.file}.cdx.json", scene, came)
    sweeping.sweep(by=scene.by, at=scene.at)
    # The feed was looked at today too, and brought nothing new.
    scene.remember(feeding.take(ADVISORIES, source=SOURCE, by=scene.by, at=scene.at).run)


def own_components(scene: Setting) -> None:
    """Take the SBOM of Wardroom's own locked dependencies: a partner like any other."""
    row = registering.partner(
        slug="wardroom",
        name="Wardroom",
        tier="high",
        tier_reason="holds access, evidence and incidents",
        by=scene.by,
        at=scene.at,
    )
    scene.remember(row)
    components = lock.from_lock((settings.BASE_DIR / "requirements.lock").read_text())
    document = writer.to_cyclonedx(
        components,
        subject="wardroom",
        subject_version=settings.VERSION,
        serial=uuid5(NAMESPACE_URL, f"urn:wardroom:{settings.VERSION}"),
        at=scene.at,
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "wardroom.cdx.json"
        file.write_bytes(document)
        _ship("wardroom", "Wardroom", "", file, scene, scene.at)


def _ship(
    partner: str, product: str, site: str, file: Path, scene: Setting, came: datetime
) -> None:
    row = registering.product(
        partner=Partner.objects.get(slug=partner),
        slug=product.lower().replace(" ", "-"),
        name=product,
        site=place(site),
        by=scene.by,
        at=scene.at,
    )
    with boundary.acting(scene.by, at=came):
        receiving.take_in(file, product=row, by=scene.by, at=came)
