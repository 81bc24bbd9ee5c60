"""http-api: where it may go, what it may say, and what an answer means."""

import base64
from typing import Any

import pytest

from incidents.executors import http_api
from incidents.executors.http_api import Hosts
from incidents.executors.outcomes import Outcome, digest, key
from incidents.executors.rendering import Unrendered
from tests.builders.engine import Book
from tests.builders.target import a_target

KEY = "k" * 64


def rendered(line: str, values: dict[str, str], *, url: str = "https://a.example/v1", **more: Any):
    book = Book()
    target = book.target(url)
    command = {"type": "http-api", "command": line, **more}
    first = book.http("Do", book.end(), commands=[command])
    document = book.document(first)
    return http_api.render(document, book.steps[first], 0, target, values.get)


def test_a_value_never_becomes_syntax() -> None:
    evil = '"/../admin?x=1&y\r\nHost: b.example'
    found = rendered(
        "PUT /users/__name__:value/lock", {"__name__": evil}, content='{"a": "__name__:value"}'
    )
    assert found["url"] == (
        "https://a.example/v1/users/%22%2F..%2Fadmin%3Fx%3D1%26y%0D%0AHost%3A%20b.example/lock"
    )
    assert base64.b64decode(found["content"]) == (
        b'{"a": "\\"/../admin?x=1&y\\r\\nHost: b.example"}'
    )
    assert found["headers"] == {"Content-Type": ["application/json"]}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"headers": {"X-Name": ["__name__:value"]}}, "line break"),
        ({"headers": {"X-__name__:value": ["a"]}}, "line break|name of a header"),
        ({"content": '{"a": __name__:value}'}, "no JSON"),
        ({"content": "__other__:value"}, "has no value"),
        ({"content_b64": "%%%"}, "no Base64"),
    ],
)
def test_what_cannot_be_filled_in_safely_is_not_sent(more: Any, says: str) -> None:
    with pytest.raises(Unrendered, match=says):
        rendered("POST /x", {"__name__": "a\r\nb"}, **more)


@pytest.mark.parametrize("value", [".", ".."])
def test_a_value_does_not_climb_in_the_path(value: str) -> None:
    with pytest.raises(Unrendered, match="leads elsewhere"):
        rendered("PUT /hosts/__name__:value/isolate", {"__name__": value})
    found = rendered("GET /hosts?name=__name__:value", {"__name__": value})
    assert found["url"].endswith(f"/hosts?name={value}")


@pytest.mark.parametrize(
    "line", ["GET http://__host__:value/x", "GET https://__host__/x", "GET file:///etc/passwd"]
)
def test_no_variable_stands_in_scheme_or_host(line: str) -> None:
    book = Book()
    first = book.http("Do", book.end(), commands=[{"type": "http-api", "command": line}])
    assert http_api.effect(book.document(first), book.steps[first], 0, "").value == "human"


def test_headers_that_are_ours_are_left_out() -> None:
    found = rendered("POST /x", {}, headers={"Host": ["b"], "idempotency-key": ["1"], "X-A": ["2"]})
    assert found["headers"] == {"X-A": ["2"]}


@pytest.mark.parametrize(
    ("origins", "private", "says"),
    [
        ([], [], "not on the list"),
        (["{0}"], [], "private"),
    ],
)
def test_an_address_that_may_not_be_called_is_not(
    origins: list[str], private: list[str], says: str
) -> None:
    with a_target() as target:
        hosts = Hosts([one.format(target.origin) for one in origins], private)
        request = rendered("POST /x", {}, url=target.origin)
        found = http_api.send(request, key=KEY, hosts=hosts)
        assert (found.outcome, target.heard) == (Outcome.FAILED, [])
        assert says in found.said.lower()


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/x", Outcome.DONE),
        ("/fail/500", Outcome.FAILED),
        ("/move", Outcome.FAILED),
        ("/drop", Outcome.UNKNOWN),
    ],
)
def test_what_an_answer_means(path: str, outcome: Outcome) -> None:
    with a_target() as target:
        hosts = Hosts([target.origin], [target.origin], {target.origin: "Bearer x"})
        request = rendered(f"POST {path}", {}, url=target.origin)
        assert http_api.send(request, key=KEY, hosts=hosts).outcome is outcome
        assert len(target.heard) == 1, "a redirect is an answer like any other"
        assert target.heard[0][2]["authorization"] == "Bearer x"
        assert "Bearer" not in str(request)


def test_nobody_listening_is_a_failure_that_never_left_us() -> None:
    hosts = Hosts(["http://127.0.0.1:9"], ["http://127.0.0.1:9"])
    request = rendered("POST /x", {}, url="http://127.0.0.1:9")
    assert http_api.send(request, key=KEY, hosts=hosts).outcome is Outcome.FAILED


def test_an_answer_fills_the_variables_that_were_asked_for() -> None:
    said = '{"state": "open", "count": 3, "ok": true, "deep": {"a": 1}}'
    wanted = ["__state__", "__count__", "__ok__", "__deep__", "__none__"]
    assert http_api.values(said, wanted) == {
        "__state__": "open", "__count__": "3", "__ok__": "true",
    }  # fmt: skip
    assert http_api.values("no JSON", wanted) == http_api.values("[1]", wanted) == {}


def test_the_key_is_the_same_over_retries_and_another_for_anything_else() -> None:
    first = key(1, "0", "s", 1, 0, "t")
    assert first == key(1, "0", "s", 1, 0, "t")
    others = [(2, "0", "s", 1, 0, "t"), (1, "0/1", "s", 1, 0, "t"), (1, "0", "s", 2, 0, "t"),
              (1, "0", "s", 1, 1, "t"), (1, "0", "s", 1, 0, "u")]  # fmt: skip
    assert len({first, *(key(*one) for one in others)}) == 6


def test_a_digest_changes_with_any_part_of_the_request() -> None:
    one = rendered("POST /x", {}, content="a")
    assert digest(one) == digest(dict(reversed(one.items())))
    assert digest(one) != digest({**one, "method": "PUT"})
