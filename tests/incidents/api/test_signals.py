"""``/api/v1/signals/batch``: within bounds, answered by item, and never a fault of ours."""

import gzip
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance import boundary
from governance.actions import enforcement_points
from governance.domain import actor as actors
from governance.domain.callers import Scope
from incidents.models import Alert, Signal, SignalMapper
from tests.builders.incidents import NOW
from tests.builders.signals import a_signal
from tests.incidents.signals.test_reading import WINDOWS
from tests.shared import shared

pytestmark = pytest.mark.django_db
OPERATOR = actors.service("operator")
URL = "/api/v1/signals/batch"
Post = Callable[..., Any]


def a_key(*scopes: Scope) -> str:
    with boundary.acting(OPERATOR, at=timezone.now()):
        _, key = enforcement_points.admit(
            slug=f"edr-{len(scopes)}",
            name="EDR",
            scopes=scopes,
            by=OPERATOR,
            at=timezone.now(),
        )
    return key


@pytest.fixture
def post(client: Client) -> Post:
    key = a_key(Scope.SIGNAL)

    def send(body: Any, type_: str = "application/json", query: str = "", **headers: str) -> Any:
        sent = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}", **headers}
        return client.post(URL + query, sent, content_type=type_, headers=headers)

    return send


def test_each_event_is_answered_in_its_place(post: Post) -> None:
    event = a_signal()
    answer = post([event, {"title": "x"}, event])
    assert answer.status_code == 200
    said = answer.json()
    assert (said["accepted"], said["duplicate"], said["rejected"]) == (1, 1, 1)
    assert [one["status"] for one in said["items"]] == ["accepted", "rejected", "duplicate"]
    assert said["items"][1]["field"] == "observed_at"
    assert said["items"][0]["alert"] == Alert.objects.get().pk
    assert Signal.objects.get().source == "edr-1"


def test_gzip_lines_and_cloudevents(post: Post) -> None:
    packed = gzip.compress(json.dumps([a_signal()]).encode())
    assert post(packed, **{"Content-Encoding": "gzip"}).json()["accepted"] == 1
    lines = b"\n".join(json.dumps(a_signal()).encode() for _ in range(3))
    assert post(lines, "application/x-ndjson").json()["accepted"] == 3
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "t",
        "time": NOW.isoformat(),
    }
    batch = "application/cloudevents-batch+json"
    assert post([event, event], batch).json()["duplicate"] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "No JSON"),
        (b"{", "No JSON"),
        (b"[]", "no event"),
        (b"7", "array of events"),
        (b"[" * 100_000, "No JSON|deeply"),
        (b'["\xff"]', "No JSON"),
        (b'[{"title": "\\ud800"}]', "No JSON"),
        (b"[" + b",".join([b"{}"] * 1_001) + b"]", "1,000 at most"),
        (b" " * (2**20 + 1), "1 MiB"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(post: Post, body: bytes, words: str) -> None:
    answer = post(body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert any(word in answer.json()["detail"] for word in words.split("|"))


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (gzip.compress(b"0" * 9 * 2**20, mtime=0), "gzip", "8 MiB"),
        (gzip.compress(b"[]", mtime=0)[:-4], "gzip", "cut short"),
        (gzip.compress(b"[]", mtime=0) + b"x", "gzip", "cut short"),
        (b"[]", "gzip", "no gzip"),
        (b"[]", "br", "send gzip"),
    ],
)
def test_a_packed_body_stays_within_bounds(
    post: Post, body: bytes, encoding: str, words: str
) -> None:
    answer = post(body, **{"Content-Encoding": encoding})
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_other_types_keys_and_mappers_are_refused(post: Post, client: Client) -> None:
    assert post(b"<a/>", "application/xml").status_code == 415
    assert post([a_signal()], query="?mapper=none").json()["pointer"] == "/mapper"
    assert post([a_signal()], query="?mapper=%00").status_code == 400
    assert client.post(URL, "[]", content_type="application/json").status_code == 401
    other = a_key(Scope.EVALUATE, Scope.SEARCH)
    answer = client.post(
        URL, "[]", content_type="application/json", headers={"Authorization": f"Bearer {other}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_whatever_is_sent_there_is_no_fault_of_ours(post: Post) -> None:
    """Two hundred broken batches, mutated bytes of a sound one."""
    source = random.Random(3)
    sound = json.dumps([a_signal(), a_signal(extra={"a": [1, "ä"]})]).encode()
    for _ in range(200):
        broken = bytearray(sound)
        for _ in range(source.randrange(1, 6)):
            broken[source.randrange(len(broken))] = source.randrange(256)
        assert post(bytes(broken)).status_code in (200, 400)


def test_a_real_capture_becomes_alerts(post: Post) -> None:
    SignalMapper.objects.create(
        slug="windows", number=1, document=WINDOWS, written_by="user:1", written_at=NOW
    )
    file = next(shared("incidents/events").glob("psh_lsass*.jsonl"))
    lines = file.read_bytes()
    said = post(lines, "application/x-ndjson", "?mapper=windows").json()
    count = len(lines.splitlines())
    assert said["accepted"] + said["duplicate"] == count
    again = post(lines, "application/x-ndjson", "?mapper=windows").json()
    assert (again["accepted"], again["duplicate"]) == (0, count)
    assert sum(Alert.objects.values_list("count", flat=True)) == Signal.objects.count()
    assert Signal.objects.filter(mapper="windows/1").exists()
