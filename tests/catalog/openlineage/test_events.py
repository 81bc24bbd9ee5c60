"""Verdicts over all published and derived events; shapes, lines, nulls, instants, hostile bytes."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalog.documents.faults import Bounds, Code
from catalog.openlineage.events import EventReading, Outcome, Shape, instant, judged, read
from tests.builders.lineage import a_dataset, a_facet, an_event, columns
from tests.shared import shared


def manifest() -> list[tuple[dict[str, str], Path]]:
    listed = shared("catalog/MANIFEST.csv")
    with listed.open(encoding="utf-8") as lines:
        return [
            (row, listed.parent / row["file"])
            for row in csv.DictReader(lines)
            if row["file"].startswith("openlineage/filled/")
        ]


def one(body: bytes) -> EventReading:
    (found,) = read(body)
    return found


def test_every_event_gets_the_verdict_of_the_manifest() -> None:
    verdicts: Counter[str] = Counter()
    outcomes: Counter[Outcome] = Counter()
    for row, path in manifest():
        found = one(path.read_bytes())
        told = "valid" if found.outcome is Outcome.VALID else "invalid"
        assert told == row["expected"], (row["file"], found.faults)
        verdicts[told] += 1
        outcomes[found.outcome] += 1
        assert (found.event is None) == (found.outcome is Outcome.INVALID)
        if found.outcome is Outcome.INVALID:
            (fault,) = found.faults
            for missing in ("producer", "job", "eventTime"):
                if f'"{missing}" removed' in row["note"]:
                    assert (fault.pointer, missing in fault.detail) == ("", True)
    assert verdicts == {"valid": 253, "invalid": 23}
    # Five carry ``_deleted: null`` and nothing else that is wrong.
    assert outcomes == {Outcome.VALID: 253, Outcome.TOLERATED: 5, Outcome.INVALID: 18}


def test_the_shape_is_told_by_members_and_not_by_the_event_type() -> None:
    run = an_event()
    job = {name: value for name, value in an_event().items() if name != "run"}
    dataset = {
        "eventTime": run["eventTime"],
        "producer": run["producer"],
        "schemaURL": run["schemaURL"],
        "dataset": a_dataset("plant.hr.people"),
    }
    for content, shape in ((run, Shape.RUN), (job, Shape.JOB), (dataset, Shape.DATASET)):
        found = judged(content)
        assert (found.outcome, found.event and found.event.shape) == (Outcome.VALID, shape)
    del run["eventType"]
    assert judged(run).outcome is Outcome.VALID


def test_a_job_and_a_dataset_at_once_is_no_event() -> None:
    content = an_event(dataset=a_dataset("x"))
    del content["run"]
    found = judged(content)
    assert found.outcome is Outcome.INVALID
    assert "at once" in found.faults[0].detail


def test_faults_point_inside_facets() -> None:
    broken = an_event(outputs=(a_dataset("a.b", schema={"fields": []}),))
    (fault, second) = judged(broken).faults
    assert {fault.pointer, second.pointer} == {"/outputs/0/facets/schema"}
    assert "_producer" in fault.detail + second.detail


def test_null_members_are_taken_as_absent_with_a_warning() -> None:
    content = an_event(
        inputs=(a_dataset("a.b", tags=None, custom=a_facet(_deleted=None, kept=None)),),
    ) | {"outputs": None}
    found = judged(content)
    assert found.outcome is Outcome.TOLERATED
    assert [(warning.code, warning.pointer) for warning in found.warnings] == [
        (Code.NULL_MEMBER, "/outputs"),
        (Code.NULL_MEMBER, "/inputs/0/facets/tags"),
        (Code.NULL_MEMBER, "/inputs/0/facets/custom/_deleted"),
    ]
    assert found.event is not None
    assert found.event.inputs[0].facets["custom"] == a_facet(kept=None)
    assert content["outputs"] is None  # what was given stays as it is


@pytest.mark.parametrize("name", ["job", "producer", "eventTime", "run"])
def test_a_null_that_is_needed_is_a_fault(name: str) -> None:
    assert judged(an_event(**{name: None})).outcome is Outcome.INVALID


def test_unknown_facets_are_kept() -> None:
    facet = a_facet(anything=[1, {"deep": None}])
    found = judged(an_event(outputs=(a_dataset("a.b", plant_special=facet),)))
    assert (found.outcome, found.warnings) == (Outcome.VALID, ())
    assert found.event is not None
    assert found.event.outputs[0].facets["plant_special"] == facet


@pytest.mark.parametrize(
    ("facets", "pointer"),
    [
        ({"schema": a_facet(fields="x")}, "schema/fields"),
        ({"schema": a_facet(fields=[{"type": "int"}])}, "schema/fields/0/name"),
        ({"schema": a_facet(fields=[{"name": "a"}, {"name": "a"}])}, "schema/fields/1"),
        ({"columnLineage": a_facet(fields=[])}, "columnLineage/fields"),
        (
            {"columnLineage": a_facet(fields={"a/b": {"inputFields": [7]}})},
            "columnLineage/fields/a~1b/inputFields/0",
        ),
        (
            {
                "columnLineage": a_facet(
                    fields={"a": {"inputFields": [{"namespace": "n", "name": "x"}]}}
                )
            },
            "columnLineage/fields/a/inputFields/0/field",
        ),
        ({"ownership": a_facet(owners=[{"type": "x"}])}, "ownership/owners/0/name"),
        ({"tags": a_facet(tags=[{"key": "pii", "value": 1}])}, "tags/tags/0/value"),
        ({"documentation": a_facet()}, "documentation/description"),
        ({"symlinks": a_facet(identifiers={})}, "symlinks/identifiers"),
    ],
)
def test_an_ill_shaped_facet_is_a_warning(facets: dict[str, Any], pointer: str) -> None:
    found = judged(an_event(outputs=(a_dataset("a.b", **facets),)))
    assert found.outcome is Outcome.VALID
    assert [(warning.code, warning.pointer) for warning in found.warnings] == [
        (Code.BAD_FACET, f"/outputs/0/facets/{pointer}")
    ]


def test_arrays_and_lines_give_each_event_its_own_verdict() -> None:
    good, bad = an_event(), an_event(producer=7)
    array = list(read(json.dumps([good, bad, 7]).encode()))
    assert [found.outcome for found in array] == [Outcome.VALID, Outcome.INVALID, Outcome.INVALID]
    assert [fault.pointer for found in array for fault in found.faults] == ["/1/producer", "/2"]
    lines = "\r\n".join([json.dumps(good), "", json.dumps(bad), '{"cut": ', json.dumps(good)])
    by_line = list(read(b"\xef\xbb\xbf" + lines.encode()))
    assert [(found.outcome, found.line) for found in by_line] == [
        (Outcome.VALID, 1),
        (Outcome.INVALID, 3),
        (Outcome.INVALID, 4),
        (Outcome.VALID, 5),
    ]
    pretty = json.dumps(good, indent=1).encode()
    assert one(pretty).outcome is Outcome.VALID


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.EMPTY),
        (b"7", Code.WRONG_SHAPE),
        (b'"text"', Code.WRONG_SHAPE),
        (b"{", Code.MALFORMED),
        (b'{"eventTime": 1, "eventTime": 2}', Code.DUPLICATE_KEY),
        (b"[" * 200_000, Code.TOO_DEEP),
        (b"\xff\xfe", Code.NOT_UTF8),
    ],
)
def test_what_is_no_json_is_refused(body: bytes, code: Code) -> None:
    found = one(body)
    assert (found.outcome, [fault.code for fault in found.faults]) == (Outcome.INVALID, [code])


def test_size_is_bounded_before_anything_is_read() -> None:
    (found,) = read(b'{"a":1}\n' * 100, bounds=Bounds(size=100))
    assert found.faults[0].code is Code.TOO_LARGE


def test_an_empty_array_holds_no_event() -> None:
    assert list(read(b"[]")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000000"),
        ("2026-01-01T02:00:00.5+02:00", "2026-01-01T00:00:00.500000000"),
        ("2026-01-01t00:00:00.123456789z", "2026-01-01T00:00:00.123456789"),
        ("2025-12-31T23:59:60Z", "2025-12-31T23:59:59.999999999"),
        ("2026-01-01T00:00:00.1234567891234-01:30", "2026-01-01T01:30:00.123456789"),
    ],
)
def test_instants_sort_as_text(text: str, expected: str) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-01:00"])
def test_an_instant_outside_the_calendar_is_a_fault(text: str) -> None:
    found = judged(an_event(at=text))
    assert (found.outcome, found.faults[0].pointer) == (Outcome.INVALID, "/eventTime")


def test_equal_events_have_equal_order_whatever_the_order_of_members() -> None:
    content = an_event(outputs=(a_dataset("a.b", schema=columns("x")),))
    turned = dict(reversed(content.items()))
    first, second, other = judged(content), judged(turned), judged(an_event())
    orders = [one.event.order for one in (first, second, other) if one.event]
    assert (orders[0] == orders[1], orders[0] == orders[2]) == (True, False)
