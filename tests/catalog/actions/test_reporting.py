"""Taking OpenLineage events in: one state whatever the order, bound to what is known."""

import json
import random
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from catalog.actions import harvesting, registering, reporting
from catalog.models import Asset, Edge, LabelAssertion, LineageFacet, LineageReport
from governance.domain.actor import Actor
from governance.errors import BadInput, NotAllowed
from governance.models import AuditEvent, GovernedSystem, Job, Site
from tests.builders.catalog import an_asset, harvested
from tests.builders.governance import a_member, a_site, a_system, the_enterprise
from tests.builders.lineage import a_dataset, a_facet, an_event, columns, from_columns

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(db: None) -> Site:
    return the_enterprise()


def body(*events: dict[str, Any]) -> bytes:
    return "\n".join(map(json.dumps, [*events, events[-1]])).encode()


def edges() -> set[tuple[str, ...]]:
    live = Edge.objects.live().values_list("src__fqn", "dst__fqn", "kind", "transform", "source")
    return {tuple(one) for one in live}


def written() -> int:
    """Return how many rows this transaction has written so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


def loading(at: str = "2026-01-01T00:00:00Z", **over: Any) -> dict[str, Any]:
    facet = from_columns("name", ("db.s.people", "name"), type="DIRECT", subtype="IDENTITY")
    return (
        an_event(
            at=at,
            inputs=(a_dataset("db.s.people", schema=columns("id", "name")),),
            outputs=(a_dataset("db.s.badge", schema=columns("name", "no"), columnLineage=facet),),
        )
        | over
    )


def test_events_become_assets_and_edges(operator: Actor, at: datetime, site: Site) -> None:
    told = reporting.take(body(loading()), site=site, by=operator, at=at)
    assert (told["taken"], told["refused"], told["edges"]) == (2, 0, 1)
    system = GovernedSystem.objects.get(kind="openlineage")
    assert (system.name, system.site, system.is_scheduled) == ("postgres://plant:5432", site, False)
    kinds = list(Asset.objects.filter(system=system).values_list("kind", flat=True))
    assert {one: kinds.count(one) for one in kinds} == {
        "system": 1, "database": 1, "schema": 1, "table": 2, "column": 4
    }  # fmt: skip
    assert edges() == {
        ("db.s.people.name", "db.s.badge.name", "direct", "identity", "openlineage:etl.load")
    }
    assert set(Asset.objects.values_list("site", flat=True)) == {site.pk}


def test_a_replay_writes_nothing(operator: Actor, at: datetime, site: Site) -> None:
    sent = body(loading(), loading("2026-01-02T00:00:00Z"))
    reporting.take(sent, site=site, by=operator, at=at)
    events, before = AuditEvent.objects.count(), written()
    told = reporting.take(sent, site=site, by=operator, at=at)
    assert (told["facets"], told["assets"], told["edges"], told["ended"]) == (0, 0, 0, 0)
    assert written() == before
    assert AuditEvent.objects.count() == events
    # A later run that says the same moves instants and nothing else.
    later = reporting.take(body(loading("2026-02-01T00:00:00Z")), site=site, by=operator, at=at)
    assert later["facets"] > 0
    assert AuditEvent.objects.count() == events


def some_events() -> list[dict[str, Any]]:
    """Return events of two jobs that overrule, delete and reshape what others said."""
    nested = a_facet(fields=[{"name": "who", "fields": [{"name": "name", "type": "text"}]}])
    by_dots = from_columns("out", ("db.s.people", "who.name"))
    void = a_dataset("db.s.badge", columnLineage=a_facet(_deleted=True))
    mart = a_dataset("db.s.mart", columnLineage=by_dots)
    made = [
        loading(),
        loading("2026-01-03T00:00:00Z", outputs=[void]),
        loading("2026-01-02T00:00:00Z", outputs=[a_dataset("db.s.other")]),
        an_event(at="2026-01-02T00:00:00Z", job="mart", outputs=(mart,)),
        an_event(at="2026-01-05T00:00:00Z", job="mart", inputs=(a_dataset("db.s.people"),)),
    ]
    dataset = {key: made[0][key] for key in ("eventTime", "producer", "schemaURL")}
    dataset |= {
        "eventTime": "2026-01-04T00:00:00Z",
        "dataset": a_dataset("db.s.people", schema=nested),
    }
    return [*made, dataset]


def test_order_and_repetition_change_no_edge(operator: Actor, at: datetime, site: Site) -> None:
    given = some_events()
    reporting.take(body(*given), site=site, by=operator, at=at)
    whole = edges()
    assert {one[2] for one in whole} == {"direct", "opaque"}
    assert ("db.s.people.who.name", "db.s.mart.out") in {one[:2] for one in whole}
    chance = random.Random(7)
    for _ in range(6):
        Edge.objects.all().delete()
        LineageFacet.objects.all().delete()
        shuffled = [*given, *chance.choices(given, k=3)]
        chance.shuffle(shuffled)
        for one in shuffled:
            reporting.take(body(one), site=site, by=operator, at=at)
        assert edges() == whole


def test_a_dataset_of_a_known_system_is_its_asset(
    operator: Actor, at: datetime, site: Site
) -> None:
    known = a_system(slug="mes", name="MES", site=site)
    GovernedSystem.objects.filter(pk=known.pk).update(address="plant/plant")
    harvesting.take_in(known, harvested("people", columns=("id", "name")), by=operator, at=at)
    facet = from_columns("name", ("plant.mes.people", "name"), ("plant.mes.people", "unknown"))
    sent = an_event(
        inputs=(a_dataset("plant.mes.people", schema=columns("id", "name", "unknown")),),
        outputs=(a_dataset("plant.mes.badge", schema=columns("name"), columnLineage=facet),),
    )
    reporting.take(body(sent), site=site, by=operator, at=at)
    assert not Asset.objects.filter(name="unknown").exists(), "its own source describes it"
    assert Asset.objects.filter(fqn="plant.mes.people").count() == 1
    found = Edge.objects.live().filter(dst__fqn="plant.mes.badge.name")
    assert {(one.src.system_id, one.src.kind, one.kind) for one in found} == {
        (known.pk, "column", "direct"),
        (known.pk, "table", "opaque"),
    }


def test_labels_flow_as_soon_as_the_edge_is_there(
    operator: Actor, at: datetime, site: Site
) -> None:
    reporting.take(body(loading()), site=site, by=operator, at=at)
    source = Asset.objects.get(fqn="db.s.people.name")
    target = Asset.objects.get(fqn="db.s.badge.name")
    assert source.level is not None
    assert target.level is not None
    assert target.level >= source.level
    tags = a_facet(tags=[{"key": "classification", "value": "restricted", "field": "name"}])
    sent = {"eventTime": "2026-01-09T00:00:00Z", "dataset": a_dataset("db.s.people", tags=tags)}
    reporting.take(_dataset(sent), site=site, by=operator, at=at)
    label = LabelAssertion.objects.get(asset=source, source="import")
    assert (label.level, label.status, label.evidence) == (3, "proposed", ["classification"])
    target.refresh_from_db()
    assert target.level == 3


def _dataset(sent: dict[str, Any]) -> bytes:
    whole = {key: loading()[key] for key in ("producer", "schemaURL")} | sent
    return json.dumps(whole).encode()


def test_events_that_cannot_be_read_are_told(operator: Actor, at: datetime, site: Site) -> None:
    told = reporting.take(body(loading(), {"eventTime": 5}), site=site, by=operator, at=at)
    assert (told["taken"], told["refused"]) == (1, 2)
    assert told["faults"][0]["line"] == 2
    with pytest.raises(BadInput) as refused:
        reporting.take(b'[{"eventTime": 5}]', site=site, by=operator, at=at)
    assert refused.value.pointer.startswith("/0")
    assert LineageReport.objects.count() == 0


def test_nobody_speaks_of_another_sites_assets(operator: Actor, at: datetime) -> None:
    there = a_site()
    known = a_system(slug="mes", name="postgres://plant:5432", site=there)
    an_asset(system=known, name="people", fqn="db.s.people")
    home = a_site()
    steward = a_member("steward", site=home).as_actor()
    with pytest.raises(NotAllowed):
        reporting.take(
            body(an_event(outputs=(a_dataset("db.s.people"),))), site=home, by=steward, at=at
        )
    assert LineageFacet.objects.count() == 0


def _told_before_it_was_harvested(
    operator: Actor, at: datetime, site: Site
) -> tuple[GovernedSystem, GovernedSystem]:
    """Return the system of the namespace and the one harvested after its events came."""
    facet = from_columns("name", ("plant.mes.people", "name"), type="DIRECT", subtype="IDENTITY")
    event = an_event(
        inputs=(a_dataset("plant.mes.people", schema=columns("name")),),
        outputs=(a_dataset("plant.mes.badge", schema=columns("name"), columnLineage=facet),),
    )
    reporting.take(body(event), site=site, by=operator, at=at)
    listed = GovernedSystem.objects.get(kind="openlineage")
    known = a_system(slug="mes", name="postgres://plant:5432", site=site)
    harvesting.take_in(known, harvested("people", "badge", columns=("name",)), by=operator, at=at)
    return listed, known


def test_what_events_told_of_first_is_bound_to_what_is_harvested(
    operator: Actor, at: datetime, site: Site
) -> None:
    listed, known = _told_before_it_was_harvested(operator, at, site)
    assert Job.objects.filter(kind=registering.REBIND).count() == 1
    assert reporting.rebind(known, by=operator, at=at) == 4
    live = Asset.objects.live().filter(kind__in=["table", "column"])
    assert set(live.values_list("system", flat=True)) == {known.pk}
    (edge,) = Edge.objects.live().select_related("src", "dst")
    assert (edge.src.system_id, edge.dst.system_id) == (known.pk, known.pk)
    assert Asset.objects.filter(system=listed, gone_at__isnull=False).count() == 4
    before = AuditEvent.objects.count()
    assert reporting.rebind(known, by=operator, at=at) == 0
    assert AuditEvent.objects.count() == before


def test_what_a_person_stated_of_a_listed_asset_is_not_lost(
    operator: Actor, at: datetime, site: Site
) -> None:
    listed, known = _told_before_it_was_harvested(operator, at, site)
    owner = a_member("data_owner", site=site)
    Asset.objects.filter(system=listed, name="badge").update(stated_owner=owner)
    assert reporting.rebind(known, by=operator, at=at) == 2
    left = Asset.objects.live().filter(system=listed, kind__in=["table", "column"])
    assert set(left.values_list("fqn", flat=True)) == {"plant.mes.badge", "plant.mes.badge.name"}
