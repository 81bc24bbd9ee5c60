"""Events by mapper: every shipped form, real captures, and what is refused with its reason."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.errors import BadInput
from incidents.domain.signals import Environment, Seen, Weight
from incidents.signals import mapping, paths
from incidents.signals.mapping import FORMAT
from incidents.signals.reading import Unfit, read
from incidents.signals.shipped import MAPPERS
from tests.shared import shared

AT = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
WINDOWS = {
    "format": FORMAT,
    "fields": {
        "observed_at": {"from": ["/@timestamp", "/TimeCreated"], "zone": "UTC"},
        "title": {"from": ["/Message", "/SourceName", "/Channel"], "first_line": True},
        "rule": {"join": ["/Channel", "/EventID"]},
        "severity": {
            "from": ["/Level", "/SeverityValue"],
            "map": {"1": "critical", "2": "high", "3": "medium"},
            "default": "low",
        },
        "asset": {"from": ["/Hostname", "/host"]},
        "user": {"from": ["/SubjectUserName", "/User"]},
        "hash": {"from": ["/Hashes"], "between": ["SHA256=", ","]},
    },
}
AUDITD = {
    "format": FORMAT,
    "parse": ["/line"],
    "fields": {
        "observed_at": {"from": ["/line"], "between": ["audit(", ":"], "time": "epoch"},
        "title": {"from": ["/pairs/exe", "/pairs/type"]},
        "rule": {"from": ["/pairs/type"], "prefix": "auditd-"},
        "severity": {"const": "low"},
        "asset": {"from": ["/host"]},
    },
}


def slim(**over: Any) -> Seen:
    event = {"observed_at": "2026-11-17T09:00:00Z", "title": "t", "severity": "low", **over}
    return read(event, MAPPERS["slim"], at=AT)


def test_the_slim_form() -> None:
    found = slim(id=7, rule="r", asset="a", environment="cloud", user="u\x1b[31m", ip="10.0.0.1")
    assert found.event_id == "7"
    assert found.weight is Weight.LOW
    assert found.environment is Environment.CLOUD
    assert found.entities == {"user": "u [31m", "ip": "10.0.0.1"}
    assert slim(observed_at="2026-11-17T10:00:00+01:00").observed_at == found.observed_at
    assert slim().rule == "t"


def test_cloudevents() -> None:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/edr/leipzig",
        "type": "com.example.finding",
        "time": "2026-11-17T09:00:00.5Z",
        "subject": "ws-5",
        "data": {"severity": "high"},
    }
    found = read(event, MAPPERS["cloudevents"], at=AT)
    assert (found.event_id, found.title, found.asset) == (
        "/edr/leipzig 1",
        "com.example.finding",
        "ws-5",
    )
    assert found.weight is Weight.HIGH
    with pytest.raises(Unfit, match=r"/specversion is not 1\.0"):
        read({**event, "specversion": "0.3"}, MAPPERS["cloudevents"], at=AT)


def test_an_ocsf_detection_finding() -> None:
    event = {
        "class_uid": 2004,
        "time": 1_794_906_000_000,
        "severity_id": 5,
        "metadata": {"uid": "f-1", "version": "1.3.0"},
        "finding_info": {"title": "Credential access", "analytic": {"uid": "T1003"}},
        "device": {"hostname": "ws-5", "ip": "10.1.2.3"},
        "cloud": {"provider": "AWS"},
    }
    found = read(event, MAPPERS["ocsf"], at=AT)
    assert found.observed_at == datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
    assert (found.rule, found.weight, found.asset) == ("T1003", Weight.CRITICAL, "ws-5")
    assert found.environment is Environment.CLOUD
    with pytest.raises(Unfit, match="class_uid"):
        read({**event, "class_uid": 1001}, MAPPERS["ocsf"], at=AT)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"observed_at": None}, "no time"),
        ({"observed_at": "yesterday"}, "cannot be read"),
        ({"observed_at": "2026-11-17T09:00:00"}, "names no zone"),
        ({"observed_at": "2027-11-17T09:00:00Z"}, "lies ahead"),
        ({"observed_at": "1969-12-31T00:00:00Z"}, "before 1970"),
        ({"observed_at": "0001-01-01T00:00:00+23:00"}, "cannot be read"),
        ({"title": " \n"}, "no title"),
        ({"severity": "bad"}, "severity is not"),
        ({"environment": "moon"}, "environment is not"),
        ({"title": "a\x00b"}, "NUL"),
    ],
)
def test_what_is_unfit_says_why(over: dict[str, Any], words: str) -> None:
    with pytest.raises(Unfit, match=words):
        slim(**over)


@pytest.mark.parametrize("event", [None, [], "x", 1, [[]]])
def test_an_event_is_an_object(event: object) -> None:
    with pytest.raises(Unfit, match="an object"):
        read(event, MAPPERS["slim"], at=AT)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        ({}, "/format"),
        ({"format": FORMAT, "fields": []}, "/fields"),
        ({"format": FORMAT, "fields": {}, "more": 1}, "/format"),
        ({"format": FORMAT, "fields": {"title": {"from": ["/a"]}}}, "/fields"),
        ({"format": FORMAT, "fields": {"colour": {}}}, "/fields/colour"),
        ({"format": FORMAT, "fields": {"title": {"from": ["a"]}}}, "/fields/title/from/0"),
        ({"format": FORMAT, "fields": {"title": {}}}, "/fields/title"),
        ({"format": FORMAT, "fields": {"title": {"from": ["/a"], "eval": "x"}}}, "/fields/title"),
        ({"format": FORMAT, "fields": {"title": {"from": ["/a"] * 9}}}, "/fields/title/from"),
        (
            {"format": FORMAT, "fields": {"title": {"from": ["/a"], "between": ["x"]}}},
            "/fields/title/between",
        ),
        (
            {"format": FORMAT, "fields": {"observed_at": {"from": ["/a"], "time": "soon"}}},
            "/fields/observed_at/time",
        ),
        (
            {"format": FORMAT, "fields": {"title": {"from": ["/a"], "zone": "Mars/Here"}}},
            "/fields/title/zone",
        ),
        ({"format": FORMAT, "requires": [{"at": "/a"}], "fields": {}}, "/requires/0/is"),
        ({"format": FORMAT, "parse": [1], "fields": {}}, "/parse/0"),
    ],
)
def test_a_mapper_that_is_none_says_where(document: Any, pointer: str) -> None:
    with pytest.raises(BadInput) as refused:
        mapping.parse(document)
    assert refused.value.pointer == pointer


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
keys = ("id", "observed_at", "title", "severity", "asset", "environment", "time", "data", "pairs")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(keys), anything, max_size=5))
def test_whatever_is_sent_is_read_or_unfit(event: dict[str, Any]) -> None:
    for mapper in (*MAPPERS.values(), mapping.parse(AUDITD)):
        try:
            found = read(event, mapper, at=AT)
        except Unfit:
            continue
        assert found.title


def test_pairs_as_auditd_writes_them() -> None:
    found = paths.pairs('type=EXECVE msg=audit(1604994496.155:92733): a0="arp now" a1=-a x')
    assert found["type"] == "EXECVE"
    assert (found["a0"], found["a1"]) == ("arp now", "-a")
    assert paths.pairs("no pair") == paths.pairs(5) == {}


def test_every_real_capture_is_mapped() -> None:
    windows, auditd, counts = mapping.parse(WINDOWS), mapping.parse(AUDITD), {}
    for file in sorted(shared("incidents/events").iterdir()):
        lines = file.read_text(encoding="utf-8").splitlines()
        is_text = file.suffix == ".log"
        for line in lines:
            event = {"line": line, "host": "lab"} if is_text else json.loads(line)
            seen = read(event, auditd if is_text else windows, at=AT)
            assert seen.observed_at.year in (2020, 2021)
            assert seen.asset
            assert seen.rule
        counts[file.name] = len(lines)
    assert (len(counts), sum(counts.values())) == (16, 3_206)
