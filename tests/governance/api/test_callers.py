"""Who may ask: keys, tokens of issuers, scopes, limits; and what that costs."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance import boundary, tokens
from governance.actions import enforcement_points
from governance.errors import BadInput, Conflict
from governance.models import AuditEvent, EnforcementPoint
from tests.builders.access import (
    OPERATOR,
    a_caller,
    a_directory,
    a_policy,
    a_resource,
    a_rule,
    a_subject,
    question,
)
from tests.builders.governance import NOW

pytestmark = pytest.mark.django_db
MAY = question(("person", "ana"), "open", ("door", "lab"))
MAY_NOT = question(("person", "ben"), "open", ("door", "lab"))
ISSUER, AUDIENCE = "https://id.example", "https://wardroom.example"


@pytest.fixture(autouse=True)
def _doors() -> None:
    a_policy([a_rule("guard", "door", "open")])
    a_directory(a_subject("person", "ana", "guard"), a_resource("door", "lab"))


def ask(credential: str, path: str = "evaluation", body: object = None, **headers: str) -> Any:
    if credential:
        headers["authorization"] = f"Bearer {credential}"
    return Client().post(
        f"/access/v1/{path}",
        json.dumps(MAY if body is None else body),
        "application/json",
        headers=headers,
    )


def unknown(answer: Any) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, "caller_unknown")
    assert answer["WWW-Authenticate"].startswith("Bearer ")


def test_a_key_is_shown_once_and_only_its_digest_is_kept() -> None:
    point, key = a_caller()
    assert ask(key).json()["decision"] is True
    assert len(key) == 47
    stored = json.dumps(list(EnforcementPoint.objects.values()), default=str)
    events = json.dumps(list(AuditEvent.objects.values_list("body", flat=True)))
    for text in (stored, events):
        assert key not in text
        assert key[4:] not in text
    assert point.digest in stored
    assert point.digest not in events, "not even the digest enters the log"


def test_who_shows_nothing_that_counts_is_asked_to() -> None:
    _, key = a_caller()
    for credential in ("", "wrk_", key[:-1], key + "x", key.upper(), "a.b.c", "é", "x" * 9000):
        unknown(ask(credential))
    unknown(ask("", authorization=f"Basic {key}"))
    assert ask("", authorization=f"bearer {key}").status_code == 200


def test_a_revoked_key_and_one_that_ended_do_not_count() -> None:
    point, key = a_caller()
    with boundary.acting(OPERATOR, at=NOW):
        enforcement_points.revoke(point, by=OPERATOR, at=NOW, reason="lost")
        with pytest.raises(Conflict):
            enforcement_points.revoke(point, by=OPERATOR, at=NOW, reason="again")
    unknown(ask(key))
    unknown(ask(a_caller(valid_to=timezone.now() - timedelta(seconds=1))[1]))
    assert ask(a_caller(valid_to=timezone.now() + timedelta(days=1))[1]).status_code == 200


def test_a_key_reaches_as_far_as_its_scopes_and_types() -> None:
    def missing(answer: Any) -> None:
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert "insufficient_scope" in answer["WWW-Authenticate"]

    search = {**MAY, "resource": {"type": "door"}}
    _, evaluates = a_caller(scopes=["evaluate"])
    missing(ask(evaluates, "search/resource", search))
    _, searches = a_caller(scopes=["search"])
    missing(ask(searches))
    missing(ask(searches, "evaluations"))
    assert ask(searches, "search/resource", search).status_code == 200
    _, routes = a_caller(types=["route"])
    missing(ask(routes))
    missing(ask(routes, "search/resource", search))
    batch = {**MAY, "evaluations": [{}, {"resource": {"type": "route", "id": "/"}}]}
    first, second = ask(routes, "evaluations", batch).json()["evaluations"]
    assert first["context"]["error"]["status"] == 403
    assert second["context"]["reason"] == "deny:no_rule"


def test_a_caller_that_asks_too_often_waits() -> None:
    _, key = a_caller(rate=3)
    _, other = a_caller()
    answers = [ask(key) for _ in range(5)]
    refused = [one for one in answers if one.status_code == 429]
    # The minute may turn while it asks, once.
    assert 1 <= len(refused) <= 2
    assert refused[-1].json()["code"] == "too_many_requests"
    assert 1 <= int(refused[-1]["Retry-After"]) <= 60
    assert ask(other).status_code == 200


def test_an_evaluation_costs_one_query_more_than_finding_out_who_asks() -> None:
    _, key = a_caller()
    for body in (MAY, MAY_NOT):
        ask(key, body=body)
    with CaptureQueriesContext(
        connection,
    ) as empty:
        ask(key, body=[])
    with CaptureQueriesContext(connection) as permit:
        assert ask(key).json()["decision"] is True
    assert len(empty) == 1
    assert len(permit) == 2
    batch = {"evaluations": [MAY, MAY_NOT] * 100}
    counts = []
    for body, path in ((MAY_NOT, "evaluation"), (batch, "evaluations")):
        with CaptureQueriesContext(connection) as refused:
            assert ask(key, path, body).status_code == 200
        counts.append(len(refused))
    assert counts[0] == counts[1], "a batch costs what a single refusal costs"
    # Their log, and its digest into the audit log.
    assert sum("INSERT" in one["sql"] for one in refused.captured_queries) == 2


def test_claims_that_do_not_exist_and_unknown_scopes_are_refused() -> None:
    for over in (
        {"scopes": ["rule"]},
        {"scopes": []},
        {"assertable": ["department"]},
        {"assertable": ["subject.a b"]},
        {"assertable": ["action.name"]},
    ):
        with pytest.raises(BadInput):
            a_caller(**over)
    a_caller(slug="same")
    with pytest.raises(Conflict):
        a_caller(slug="same")


# --- Tokens of issuers --------------------------------------------------------------------------

Sign = Callable[..., str]


@pytest.fixture(scope="module")
def keys() -> dict[str, Any]:
    return {
        "ec": ec.generate_private_key(ec.SECP256R1()),
        "rsa": rsa.generate_private_key(65537, 2048),
        "stranger": ec.generate_private_key(ec.SECP256R1()),
    }


def jwk(key: Any, kid: str) -> dict[str, Any]:
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    kind = jwt.algorithms.RSAAlgorithm if is_rsa else jwt.algorithms.ECAlgorithm
    made = kind.to_jwk(key.public_key(), as_dict=True)
    return {**made, "kid": kid, "alg": "RS256" if is_rsa else "ES256"}


def token(key: Any, kid: str | None, algorithm: str = "ES256", **over: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": now + 60, "iat": now, "sub": "tower", **over}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else {})


@pytest.fixture
def jwks(settings: Any, tmp_path: Path, keys: dict[str, Any]) -> Path:
    settings.JWKS_DIR = tmp_path
    path = tmp_path / "id.json"
    rows = [
        jwk(keys["ec"], "e"),
        jwk(keys["rsa"], "r"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "o"},
    ]
    path.write_text(json.dumps({"keys": rows}))
    tokens._kept.clear()
    return path


def trusted(**over: Any) -> EnforcementPoint:
    fields = {
        "slug": "tower",
        "name": "Tower",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks": "id.json",
        "scopes": ["evaluate", "explain"],
    }
    with boundary.acting(OPERATOR, at=NOW):
        return enforcement_points.trust(**{**fields, **over}, by=OPERATOR, at=NOW)


def test_a_token_of_a_trusted_issuer_counts(jwks: Path, keys: dict[str, Any]) -> None:
    trusted()
    answer = ask(token(keys["ec"], "e"))
    assert answer.json()["decision"] is True
    assert "rule" in answer.json()["context"]
    assert ask(token(keys["rsa"], "r", "RS256")).status_code == 200
    narrow = ask(token(keys["ec"], "e", scope="evaluate search"))
    assert "rule" not in narrow.json()["context"], "the token itself asks for less"
    assert ask(token(keys["ec"], "e", scope="search")).status_code == 403


def test_a_token_that_proves_nothing_does_not_count(jwks: Path, keys: dict[str, Any]) -> None:
    trusted()
    now = int(time.time())
    header, payload, signature = token(keys["ec"], "e").split(".")
    for bad in (
        token(keys["stranger"], "e"),
        token(keys["stranger"], "x"),
        token(keys["ec"], None),
        token(keys["ec"], "r"),
        token(keys["ec"], "e", iss="https://other.example"),
        token(keys["ec"], "e", aud="https://other.example"),
        token(keys["ec"], "e", exp=now - 60),
        token(keys["ec"], "e", nbf=now + 600),
        *(token(keys["ec"], "e", **{name: None}) for name in ("iss", "aud", "exp")),
        token("secret" * 8, "o", "HS256"),
        jwt.encode({"iss": ISSUER, "aud": AUDIENCE, "exp": now + 60}, None, "none"),
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
    ):
        unknown(ask(bad))


def test_a_key_that_an_issuer_took_back_does_not_count(jwks: Path, keys: dict[str, Any]) -> None:
    point = trusted()
    assert ask(token(keys["ec"], "e")).status_code == 200
    jwks.write_text(json.dumps({"keys": [jwk(keys["rsa"], "r2")]}))
    unknown(ask(token(keys["ec"], "e")))
    assert ask(token(keys["rsa"], None, "RS256")).status_code == 200
    with boundary.acting(OPERATOR, at=NOW):
        enforcement_points.revoke(point, by=OPERATOR, at=NOW, reason="moved")
    unknown(ask(token(keys["rsa"], "r2", "RS256")))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys": 5}', None])
def test_without_its_key_set_nobody_is_believed(
    jwks: Path, keys: dict[str, Any], text: str | None
) -> None:
    trusted()
    jwks.unlink() if text is None else jwks.write_text(text)
    answer = ask(token(keys["ec"], "e"))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_a_key_set_is_fetched_from_listed_hosts_only_and_kept(
    settings: Any, keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JWKS_HOSTS = ["id.example"]
    address, fetched = "https://id.example/jwks", []

    def fetch(asked: str) -> bytes:
        fetched.append(asked)
        if len(fetched) > 2:
            raise OSError("no route")
        return json.dumps({"keys": [jwk(keys["ec"], f"e{len(fetched)}")]}).encode()

    tokens._kept.clear()
    monkeypatch.setattr(tokens, "_fetched", fetch)
    trusted(jwks=address)
    for _ in range(3):
        assert ask(token(keys["ec"], "e1")).status_code == 200
    assert fetched == [address]
    unknown(ask(token(keys["ec"], "e2")))
    assert len(fetched) == 1, "an unknown key makes us look again, but not at once"
    monkeypatch.setattr(tokens, "AGAIN_SECONDS", 0)
    assert ask(token(keys["ec"], "e2")).status_code == 200
    monkeypatch.setattr(tokens, "KEPT_SECONDS", 0)
    assert ask(token(keys["ec"], "e2")).status_code == 200, "the last set still counts"
    assert len(fetched) > 2
    settings.JWKS_HOSTS = []
    assert ask(token(keys["ec"], "e2")).status_code == 503


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/jwks",
        "https://id.example@evil.example/",
        "https://x@id.example/",
        "http://id.example/jwks",
        "../id.json",
        "/etc/passwd",
        ".hidden",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_key_set_elsewhere_is_refused(settings: Any, place: str) -> None:
    settings.JWKS_HOSTS = ["id.example"]
    with pytest.raises(BadInput):
        trusted(jwks=place)


def test_an_issuer_is_trusted_once() -> None:
    trusted()
    with pytest.raises(Conflict):
        trusted(slug="other")
