"""What the catalog gets of events: assets in their places, lineage with kind, transform, mask."""

import copy
import json
from typing import Any

import pytest

from catalog.domain.assets import AssetKind, may_stand_in
from catalog.harvest import keys
from catalog.harvest.rows import LineageRow
from catalog.harvest.statements import AliasStatement, Observed, OwnerStatement, TagStatement
from catalog.openlineage.events import judged, read
from catalog.openlineage.naming import place_of
from catalog.openlineage.register import Register
from catalog.openlineage.rows import to_rows
from tests.builders.lineage import a_dataset, a_facet, an_event, columns, from_columns
from tests.catalog.contracts.test_reader import paths
from tests.catalog.openlineage.test_events import manifest
from tests.catalog.openlineage.test_register import register
from tests.shared import shared

PG = "postgres://plant:5432"


def observed(*contents: dict[str, Any], namespace: str = PG) -> Observed:
    return to_rows(register(*contents))[namespace]


def lineage(*contents: dict[str, Any]) -> set[LineageRow]:
    return set(observed(*contents).harvested.lineage)


def col(name: str, field: str, namespace: str = PG) -> str:
    return keys.key(namespace, name, field)


def tab(name: str, namespace: str = PG) -> str:
    return keys.key(namespace, name)


def test_all_real_events_make_a_sound_tree() -> None:
    found = [one for _, path in manifest() for one in read(path.read_bytes())]
    systems = to_rows(Register().absorb(one.event for one in found if one.event))
    every = {row.source_key for one in systems.values() for row in one.harvested.rows}
    for one in systems.values():
        held = one.harvested
        kinds = {row.source_key: row.kind for row in held.rows}
        assert len(kinds) == len(held.rows)
        assert len({row.fqn for row in held.rows}) == len(held.rows)
        seen: set[str | None] = {None}
        for row in held.rows:
            assert row.parent_key in seen  # parents stand before their children
            # At the root of the harvest stands the system.
            parent = kinds[row.parent_key] if row.parent_key else AssetKind.SYSTEM
            assert may_stand_in(row.kind, parent), row
            seen.add(row.source_key)
        for edge in held.lineage:
            assert edge.source_key in every
            assert edge.target_key in kinds
            assert edge.source_key != edge.target_key
        assert not held.complete
    hive = systems["hive://localhost:9083"]
    assert len(hive.aliases) == 15
    assert {"direct", "indirect", "opaque"} == {edge.kind for edge in hive.harvested.lineage}


def test_direct_and_indirect_ways_keep_transform_and_mask() -> None:
    how = [
        {
            "type": "DIRECT",
            "subtype": "TRANSFORMATION",
            "masking": True,
            "description": "sha256(x)",
        },
    ]
    facet = a_facet(
        fields={
            "name": {
                "inputFields": [part("people", "name", {"type": "DIRECT", "subtype": "IDENTITY"})]
            },
            "token": {"inputFields": [part("people", "badge", *how)]},
            "old": {"inputFields": [part("people", "x")], "transformationType": "MASKED"},
            "case": {
                "inputFields": [part("people", "y", {"type": "INDIRECT", "subtype": "CONDITIONAL"})]
            },
        },
        dataset=[
            part(
                "people",
                "site",
                {"type": "INDIRECT", "subtype": "SORT"},
                {"type": "INDIRECT", "subtype": "FILTER"},
            )
        ],
    )
    event = an_event(
        inputs=(a_dataset("people"),), outputs=(a_dataset("s.copy", columnLineage=facet),)
    )
    assert lineage(event) == {
        LineageRow(col("people", "name"), col("s.copy", "name"), "direct", "identity"),
        LineageRow(
            col("people", "badge"), col("s.copy", "token"), "direct", "transformation", "hash"
        ),
        LineageRow(
            col("people", "x"), col("s.copy", "old"), "direct", "transformation", "declared"
        ),
        LineageRow(col("people", "y"), col("s.copy", "case"), "indirect", "conditional"),
        LineageRow(col("people", "site"), tab("s.copy"), "indirect", "filter"),
        LineageRow(col("people", "site"), tab("s.copy"), "indirect", "sort"),
    }


def part(name: str, field: str, *transformations: dict[str, Any]) -> dict[str, Any]:
    told = {"transformations": list(transformations)} if transformations else {}
    return {"namespace": PG, "name": name, "field": field, **told}


@pytest.mark.parametrize(
    ("description", "mask"),
    [
        ("sha1(string(a + 1))", "hash"),
        ("SHA_256 of it", "hash"),
        ("HASHED", "hash"),
        ("hmac(key, x)", "hash"),
        ("share of the total", "declared"),
        ("left(x, 2)", "declared"),
        ("", "declared"),
        (None, "declared"),
    ],
)
def test_a_mask_is_named_only_by_a_word_that_names_it(description: object, mask: str) -> None:
    how = {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True}
    facet = a_facet(
        fields={"a": {"inputFields": [part("s.c", "x", how | {"description": description})]}}
    )
    (edge,) = lineage(an_event(outputs=(a_dataset("s.o", columnLineage=facet),)))
    assert edge.mask == mask


def test_of_two_ways_between_two_columns_the_more_telling_counts() -> None:
    masked = {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True, "description": "md5"}
    plain = {"type": "DIRECT", "subtype": "AGGREGATION"}
    facet = a_facet(fields={"a": {"inputFields": [part("s.c", "x", masked, plain)]}})
    (edge,) = lineage(an_event(outputs=(a_dataset("s.o", columnLineage=facet),)))
    assert (edge.transform, edge.mask) == ("transformation", "")
    facet = a_facet(fields={"a": {"inputFields": [part("s.c", "x", masked, masked)]}})
    (edge,) = lineage(an_event(outputs=(a_dataset("s.o", columnLineage=facet),)))
    assert edge.mask == "hash"
    other = masked | {"description": "left(x, 3)"}
    facet = a_facet(fields={"a": {"inputFields": [part("s.c", "x", masked, other)]}})
    (edge,) = lineage(an_event(outputs=(a_dataset("s.o", columnLineage=facet),)))
    assert edge.mask == ""


def test_without_column_lineage_each_input_is_an_opaque_source() -> None:
    event = an_event(inputs=(a_dataset("s.a"), a_dataset("s.b")), outputs=(a_dataset("s.o"),))
    assert lineage(event) == {
        LineageRow(tab("s.a"), tab("s.o"), "opaque"),
        LineageRow(tab("s.b"), tab("s.o"), "opaque"),
    }


def test_an_input_that_column_lineage_leaves_out_stays_opaque() -> None:
    facet = from_columns("x", ("s.a", "x"), subtype="IDENTITY")
    event = an_event(
        inputs=(a_dataset("s.a"), a_dataset("s.b")),
        outputs=(a_dataset("s.o", columnLineage=facet),),
    )
    assert LineageRow(tab("s.b"), tab("s.o"), "opaque") in lineage(event)
    assert LineageRow(tab("s.a"), tab("s.o"), "opaque") not in lineage(event)


def test_an_input_named_by_its_symlink_is_not_left_out() -> None:
    link = a_facet(identifiers=[{"namespace": "file", "name": "/w/a", "type": "LOCATION"}])
    facet = from_columns("x", ("/w/a", "x"), namespace="file", subtype="IDENTITY")
    event = an_event(
        inputs=(a_dataset("s.a", symlinks=link),), outputs=(a_dataset("s.o", columnLineage=facet),)
    )
    assert [edge.kind for edge in lineage(event)] == ["direct"]
    assert observed(event).aliases == (AliasStatement(tab("s.a"), "file", "/w/a", "LOCATION"),)


def test_inputs_of_a_start_and_outputs_of_a_complete_meet() -> None:
    start = an_event(eventType="START", inputs=(a_dataset("s.a"),))
    complete = an_event(at="2026-01-01T00:01:00Z", outputs=(a_dataset("s.o"),))
    assert lineage(start, complete) == {LineageRow(tab("s.a"), tab("s.o"), "opaque")}


def test_a_jobs_later_lineage_replaces_its_earlier_and_leaves_other_jobs_alone() -> None:
    def wrote(day: int, job: str, source: str) -> dict[str, Any]:
        facet = from_columns("x", (source, "x"), subtype="IDENTITY")
        return an_event(
            at=f"2026-01-0{day}T00:00:00Z",
            job=job,
            outputs=(a_dataset("s.o", columnLineage=facet),),
        )

    held = lineage(wrote(1, "one", "s.a"), wrote(2, "one", "s.b"), wrote(1, "two", "s.c"))
    assert {edge.source_key for edge in held} == {col("s.b", "x"), col("s.c", "x")}


def test_lineage_may_come_from_another_system() -> None:
    facet = from_columns(
        "x", ("badge.swipes", "no"), namespace="kafka://k:9092", subtype="IDENTITY"
    )
    event = an_event(outputs=(a_dataset("s.o", columnLineage=facet),))
    assert lineage(event) == {
        LineageRow(
            col("badge.swipes", "no", "kafka://k:9092"), col("s.o", "x"), "direct", "identity"
        )
    }
    topic, column = observed(event, namespace="kafka://k:9092").harvested.rows
    assert (topic.kind, topic.path, column.path) == (
        AssetKind.TOPIC,
        ("badge.swipes",),
        ("badge.swipes", "no"),
    )


def test_a_dataset_that_comes_from_itself_is_dropped_and_told() -> None:
    event = an_event(inputs=(a_dataset("s.a"),), outputs=(a_dataset("s.a"),))
    held = observed(event).harvested
    assert (held.lineage, [reason for _, reason in held.unparsed]) == (
        (),
        ["it is said to come from itself"],
    )


def test_nested_fields_stand_in_their_column_and_are_found_by_dots() -> None:
    nested = a_facet(
        fields=[
            {"name": "home", "type": "struct", "fields": [{"name": "street", "type": "text"}]},
            {"name": "a.b", "type": "int"},
        ]
    )
    facet = a_facet(
        fields={
            "street": {"inputFields": [part("s.a", "home.street")]},
            "c": {"inputFields": [part("s.a", "a.b")]},
        }
    )
    event = an_event(
        inputs=(a_dataset("s.a", schema=nested),), outputs=(a_dataset("s.o", columnLineage=facet),)
    )
    assert {edge.source_key for edge in lineage(event)} == {
        keys.key(PG, "s.a", "home", "street"),
        keys.key(PG, "s.a", "a.b"),
    }
    street = next(r for r in observed(event).harvested.rows if r.path[-2:] == ("home", "street"))
    assert (street.parent_key, street.ordinal) == (keys.key(PG, "s.a", "home"), 1)


def test_the_newest_schema_of_any_job_is_the_datasets() -> None:
    old = an_event(outputs=(a_dataset("s.a", schema=columns("x", "y")),))
    new = an_event(
        at="2026-03-01T00:00:00Z", job="other", inputs=(a_dataset("s.a", schema=columns("y")),)
    )
    held = observed(new, old).harvested
    assert [(r.name, r.ordinal) for r in held.rows if r.kind is AssetKind.COLUMN] == [("y", 1)]
    assert held.taken_at.isoformat() == "2026-03-01T00:00:00+00:00"


def test_owners_tags_and_descriptions_are_told() -> None:
    event = an_event(
        outputs=(
            a_dataset(
                "s.a",
                schema=columns("mail"),
                ownership=a_facet(owners=[{"name": "user:ann", "type": "MAINTAINER"}]),
                tags=a_facet(
                    tags=[
                        {"key": "pii", "value": "true", "field": "mail"},
                        {"key": "tier", "value": "1"},
                    ]
                ),
                documentation=a_facet(description="People at the gate."),
            ),
        )
    )
    told = observed(event)
    assert told.owners == (OwnerStatement(tab("s.a"), "user:ann", "MAINTAINER"),)
    assert told.tags == (
        TagStatement(col("s.a", "mail"), "pii", "true"),
        TagStatement(tab("s.a"), "tier", "1"),
    )
    assert "People at the gate." in {row.description for row in told.harvested.rows}


def test_names_that_cannot_stand_are_left_out_and_told() -> None:
    event = an_event(
        inputs=(a_dataset("s." + "x" * 301), a_dataset("s")),
        outputs=(a_dataset("s.o", schema=columns("y" * 301, "z")),),
    )
    held = observed(event).harvested
    assert [row.name for row in held.rows] == ["s", "o", "z"]  # the schema s takes the feed's name
    assert sorted(reason for _, reason in held.unparsed) == [
        "a name is longer than 300 characters",
        "a name is longer than 300 characters",
        "an end of its lineage is left out",
        "its full name is taken",
    ]
    assert held.lineage == ()


def test_a_name_that_is_schema_and_database_at_once_is_a_database() -> None:
    event = an_event(outputs=(a_dataset("plant.people"), a_dataset("plant.hr.people")))
    held = {row.path: row.kind for row in observed(event).harvested.rows}
    assert held == {
        ("plant",): AssetKind.DATABASE,
        ("plant", "hr"): AssetKind.SCHEMA,
        ("plant", "people"): AssetKind.TABLE,
        ("plant", "hr", "people"): AssetKind.TABLE,
    }


@pytest.mark.parametrize(
    ("namespace", "name", "stated", "kind", "path"),
    [
        (PG, "db.hr.people", "", AssetKind.TABLE, ("db", "hr", "people")),
        (PG, "db.hr.people", "VIEW", AssetKind.VIEW, ("db", "hr", "people")),
        (PG, "a.b.c.d", "", AssetKind.TABLE, ("a", "b.c", "d")),
        ("hive://h", "test.t1", "", AssetKind.TABLE, ("test", "t1")),
        (PG, "people", "", AssetKind.FEED, ("people",)),
        (PG, "a..b", "", AssetKind.FEED, ("a..b",)),
        ("kafka://k:9092", "badge.swipes", "", AssetKind.TOPIC, ("badge.swipes",)),
        ("s3://bucket", "in/2026/x.csv", "", AssetKind.FILE, ("in/2026/x.csv",)),
        ("file", "/tmp/x.csv", "TABLE", AssetKind.TABLE, ("/tmp/x", "csv")),
        ("bigquery", "project.raw.stores", "", AssetKind.TABLE, ("project", "raw", "stores")),
    ],
)
def test_where_a_dataset_stands(
    namespace: str, name: str, stated: str, kind: AssetKind, path: tuple[str, ...]
) -> None:
    place = place_of(namespace, name, stated=stated)
    assert (place.kind, place.path) == (kind, path)


def test_long_keys_become_hashes_and_stay_apart() -> None:
    long = [keys.key(PG, "x" * 300, str(n)) for n in range(2)]
    assert len(set(long)) == 2
    assert all(len(one) <= keys.MAX_KEY for one in long)


STRANGE: tuple[Any, ...] = (7, "text", [], {}, None, [[]], [7], {"a": 7}, True)


@pytest.mark.parametrize("turn", range(3))
def test_a_value_of_another_type_anywhere_never_breaks_the_way_to_rows(turn: int) -> None:
    folder = shared("catalog/openlineage/filled")
    stem = "hive_hive-openlineage-hook_integrations_container_cllComplexQueryCTEJoinsComplete_0"
    sound = json.loads((folder / f"{stem}.json").read_bytes())
    taken = 0
    for number, path in enumerate(paths(sound)):
        content = copy.deepcopy(sound)
        node = content
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = STRANGE[(number + 3 * turn) % len(STRANGE)]
        event = judged(content).event
        if event is not None:
            taken += 1
            assert to_rows(Register().absorb([event]))
    assert taken > 100
