"""Steps about people, systems and access."""

from datetime import timedelta

from catalog.actions import assigning, classifying, harvesting
from catalog.models import Asset, LabelAssertion
from config.demo import cast, plant
from config.demo.setting import Setting, actor, person, place
from governance import boundary
from governance.actions import drifting, granting, people, requesting, sites
from governance.models import GovernedSystem, RequestState, Role

BASELINE_DAYS = 90
DAYS_BEFORE = 60
"""How long ago everybody came: the story begins in the past."""


def people_and_places(scene: Setting) -> None:
    """Name the enterprise, plant its sites, and give everybody a role somewhere."""
    joined = scene.at - timedelta(days=DAYS_BEFORE)
    root = place(cast.ROOT)
    sites.change(root, name=cast.ENTERPRISE, time_zone="UTC", by=scene.by, at=scene.at)
    for spot in cast.PLACES:
        row = sites.create(
            slug=spot.slug,
            name=spot.name,
            kind=spot.kind,
            parent=place(spot.parent),
            time_zone=spot.time_zone,
            by=scene.by,
            at=scene.at,
        )
        scene.remember(row)
    for one in cast.PEOPLE:
        user = people.invite(
            email=one.email, name=one.name, by=scene.by, at=scene.at, is_staff=True
        )
        scene.remember(user)
        for role, slug in one.roles:
            people.give_role(
                user,
                Role.objects.get(slug=role),
                site=place(slug),
                by=scene.by,
                at=joined,
                reason="demonstration",
            )


def wardroom_itself(scene: Setting) -> None:
    """Harvest Wardroom's own database; Wardroom governs itself first."""
    run = harvesting.connect(
        slug="wardroom",
        name="Wardroom",
        site=place(cast.ROOT),
        dsn=plant.dsn(plant.own_database()),
        by=scene.by,
        at=scene.at,
    )
    scene.remember(run.system)
    _own(run.system, cast.WARDROOM_OWNER, scene)
    with boundary.acting(actor("Mary"), at=scene.at):
        labels = LabelAssertion.objects.filter(asset__system=run.system)
        classifying.decide(labels, accept=True, reason="", by=actor("Mary"), at=scene.at)


def plant_database(scene: Setting) -> None:
    """Create a plant's database with real roles, and harvest it."""
    connection = plant.create()
    run = harvesting.connect(
        slug="mes-monterrey",
        name="MES Monterrey",
        site=place(cast.PLANT_SITE),
        dsn=connection,
        by=scene.by,
        at=scene.at,
    )
    scene.remember(run.system)
    _own(run.system, cast.PLANT_OWNER, scene)
    with boundary.acting(actor("Luis"), at=scene.at):
        # The warehouse is left undecided: something must be there to decide on.
        labels = LabelAssertion.objects.filter(asset__system=run.system).exclude(
            asset__fqn__startswith="wardroom_plant.wms"
        )
        classifying.decide(labels, accept=True, reason="", by=actor("Luis"), at=scene.at)


def _own(system: GovernedSystem, email: str, scene: Setting) -> None:
    roots = Asset.objects.filter(system=system, parent=None)
    assigning.own(roots, owner=person(email), by=scene.by, at=scene.at)


def grants_and_drift(scene: Setting) -> None:
    """Adopt what is granted today, then let a real grant appear that nobody approved."""
    for slug in ("wardroom", "mes-monterrey"):
        system = GovernedSystem.objects.get(slug=slug)
        snapshot = drifting.detect(system, by=scene.by, at=scene.at).snapshot
        granting.adopt(
            snapshot,
            valid_to=scene.at + timedelta(days=BASELINE_DAYS),
            reason="as found when the system came under governance",
            by=scene.by,
            at=scene.at,
        )
        if slug == "mes-monterrey":
            plant.add_unapproved_grant()
        drifting.detect(system, by=scene.by, at=scene.at)


REQUESTS = (
    # requester, scope, purpose, days ago, hours to the decision
    ("Jana", "mes.measurement", "scrap analysis for line 3", 12, 1.5),
    ("Joel", "mes.downtime", "shift handover report", 9, 3.2),
    ("Rosa", "mes.operator", "who was signed in on the night of the alert", 6, 0.4),
    ("Jana", "mes.line_load", "capacity plan for January", 3, 5.1),
    ("Joel", "wms.stock", "spare parts count", 1, 2.0),
)


def requests(scene: Setting) -> None:
    """Ask for access now and then, decide in time mostly, and leave one open."""
    system = GovernedSystem.objects.get(slug="mes-monterrey")
    for name, scope, purpose, days, hours in REQUESTS:
        _ask(system, name, scope, purpose, scene, days * 24.0, hours)
    _ask(system, "Rosa", "wms.gate_visit", "license plate seen at the fence", scene, 2.4, None)


def _ask(
    system: GovernedSystem,
    name: str,
    scope: str,
    purpose: str,
    scene: Setting,
    asked_hours_ago: float,
    decided_after: float | None,
) -> None:
    asked = scene.at - timedelta(hours=asked_hours_ago)
    (email,) = [one.email for one in cast.PEOPLE if one.name.startswith(name)]
    with boundary.acting(scene.by, at=asked):
        request = requesting.submit(
            system=system,
            requester=person(email),
            principal=f"plant_{name.lower()}",
            entitlement="select",
            scope=scope,
            purpose=purpose,
            days=30,
            by=scene.by,
            at=asked,
        )
    if decided_after is None or request.state != RequestState.OPEN:
        return  # left open, or approved at once for its low risk
    decided = asked + timedelta(hours=decided_after)
    with boundary.acting(actor("Luis"), at=decided):
        if name == "Rosa":
            reason = "operators' data only through the privacy officer"
            requesting.deny(request, by=actor("Luis"), at=decided, reason=reason)
        else:
            requesting.approve(request, by=actor("Luis"), at=decided, reason=purpose)
