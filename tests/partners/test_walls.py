"""Two walls between partners: whoever asks whatever, and even where a query forgets to filter."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from governance import access, boundary
from governance.api import callers
from governance.models import AuditEvent, User
from governance.postgresql import walls
from incidents.models import PartnerEntry, PartnerSlice
from partners.api.keys import RECORDED
from partners.domain import portal as tokens
from partners.models import (
    AnswerDocument,
    Contact,
    Finding,
    FindingEvent,
    Intake,
    Partner,
    PortalKey,
    SbomComponent,
    SbomRequest,
    SubSupplier,
    VexStatement,
    Webhook,
    WebhookMessage,
)
from tests.builders.governance import NOW
from tests.builders.partners import (
    a_component,
    a_contact,
    a_document,
    a_finding,
    a_partner,
    a_product,
    a_vulnerability,
    an_intake,
    an_sbom,
    sign_in,
)
from tests.builders.sharing import a_sharing_rule
from tests.builders.vex import an_openvex

pytestmark = pytest.mark.django_db
CANARY, MINE = "canary", "mine"
PRINCIPALS = ("contact", "key", "read_key", "wrong_scope", "expired", "revoked", "anonymous")
FIELDS = {"sboms": "sbom", "vex": "vex"}


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the route and name of every portal address."""
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        elif isinstance(one, URLPattern) and route.startswith("portal/"):
            yield route, str(one.name)


ROUTES = sorted(set(routes(get_resolver().url_patterns)))


class Tenant:
    """A partner with at least one record of every kind, each text of which holds its word."""

    def __init__(self, word: str) -> None:
        at = timezone.now()
        self.word = word
        self.partner = a_partner(name=f"{word} company", slug=word, tier_reason=word)
        self.user = a_contact(self.partner, name=f"{word} person")
        self.product = a_product(partner=self.partner, name=f"{word} gateway", slug=f"{word}-gate")
        self.sbom = an_sbom(product=self.product, is_current=True, received=1, stored=1)
        component = a_component(f"pkg:pypi/{word}@1")
        SbomComponent.objects.create(
            sbom=self.sbom, component=component, pointer="/components/0", name=word
        )
        self.finding = a_finding(
            product=self.product,
            vulnerability=a_vulnerability(name=f"CVE-{word}", summary=word),
            component=component,
            why=word,
        )
        FindingEvent.objects.create(finding=self.finding, kind="opened", at=NOW, text=word)
        self.intake = an_intake(product=self.product, file=f"{word}.json")
        a_sharing_rule(party_ref=self.partner.party, what=word, valid_from=at)
        self.vex = AnswerDocument.objects.create(
            product=self.product, sha256=f"{word:0>64}", file=f"{word}.json", author=word,
            received_at=at, received_by="x", outcome="taken", finished_at=at,
        )  # fmt: skip
        VexStatement.objects.create(
            document=self.vex, place="/statements/0", name=word, subject=word,
            became="unresolved", reason=word,
        )  # fmt: skip
        self.request = SbomRequest.objects.create(
            product=self.product, reason=word, asked_at=at, asked_by="service:builder",
            due_at=at + timedelta(days=9),
        )  # fmt: skip
        self.hook = Webhook.objects.create(
            partner=self.partner, url=f"https://{word}.example/", secret="sealed",
            kinds=["sbom.accepted"], created_at=at, created_by=self.user.as_actor().ref,
        )  # fmt: skip
        WebhookMessage.objects.create(
            webhook=self.hook, key=word, kind="sbom.accepted", body=word, created_at=at
        )
        Contact.objects.create(
            partner=self.partner, role="security", name=word, email=f"{word}@example.org",
            created_at=at,
        )  # fmt: skip
        SubSupplier.objects.create(
            partner=self.partner, name=word, supplies=word, stated_at=at, stated_by="x"
        )
        self.slice = PartnerSlice.objects.create(
            party=self.partner.party, incident="INC-2026-0001", title=word, phase="active",
            opened_by="x", opened_at=at,
        )  # fmt: skip
        PartnerEntry.objects.create(
            party=self.partner.party, slice=self.slice, cursor=uuid4(), starts_at=at, text=word,
            tlp="amber", shared_by="x", shared_at=at,
        )  # fmt: skip
        self.texts = {
            "key": self.key(["read", "upload", "statements"]),
            "read_key": self.key(["read"]),
            "wrong_scope": self.key(["statements"]),
            "expired": self.key(["read", "upload", "statements"], days=-1),
            "revoked": self.key(["read", "upload", "statements"], is_revoked=True),
        }

    def key(self, scopes: list[str], *, days: int = 30, is_revoked: bool = False) -> str:
        text = tokens.new_token(tokens.KEY_PREFIX)
        at = timezone.now()
        self.row = PortalKey.objects.create(
            partner=self.partner, user=self.user, name=f"{self.word} key", hint=text[-4:],
            digest=tokens.digest(text), scopes=scopes, created_at=at - timedelta(days=90),
            valid_to=at + timedelta(days=days), revoked_at=at if is_revoked else None,
            revoked_by="x" if is_revoked else "",
        )  # fmt: skip
        return text

    def named(self, name: str) -> str:
        """Return the key of the record that an address of this name is about."""
        for part, row in (
            ("incident", self.slice),
            ("finding", self.finding), ("answer", self.finding), ("waiver", self.finding),
            ("intake", self.intake), ("sbom", self.sbom), ("vex", self.vex),
            ("diff", self.sbom), ("request", self.request), ("decline", self.request),
            ("link", self.request), ("hook", self.hook), ("key", self.row),
        ):  # fmt: skip
            if part in name:
                return str(row.pk)
        raise AssertionError(f"which record is {name} about? say it here")


def as_principal(principal: str, tenant: Tenant) -> Client:
    client = Client(raise_request_exception=False)
    if principal == "contact":
        return sign_in(client, tenant.user)
    if principal in tenant.texts:
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {tenant.texts[principal]}"
    return client


def send(client: Client, method: str, path: str, tenant: Tenant) -> Any:
    """Send a request that would do something if it were one's own."""
    headers = {"HTTP_X_REQUEST_ID": "same"}
    if method == "GET":
        return client.get(path, **headers)
    product = {"product": tenant.product.slug}
    for place, make in (("sboms", lambda: a_document([])), ("vex", an_openvex)):
        if f"{place}/" in path:
            file = SimpleUploadedFile("a.json", make())
            return client.post(path, {**product, FIELDS[place]: file}, **headers)
    if "/api/" in path:
        body = json.dumps({"why": "x", **product})
        return client.generic(method, path, body, "application/json", **headers)
    return client.post(path, {"why": "x", "reason": "x", **product}, **headers)


def address(route: str, keys: str) -> str:
    out = route
    for kind in ("uuid:pk", "uuid:key"):
        out = out.replace(f"<{kind}>", keys)
    assert "<uuid" not in out
    return f"/{out}"


def own_state(tenant: Tenant) -> list[Any]:
    """Return what of the other tenant somebody could have changed."""
    ids = [tenant.finding.pk, tenant.intake.pk, tenant.request.pk, tenant.hook.pk, tenant.vex.pk]
    rows: list[Any] = [
        list(model.objects.filter(pk__in=ids).values())
        for model in (Finding, Intake, SbomRequest, Webhook, AnswerDocument)
    ]
    keys = list(PortalKey.objects.filter(partner=tenant.partner).order_by("pk").values())
    counts = [
        model.objects.filter(product=tenant.product).count() for model in (Intake, AnswerDocument)
    ]
    return [*rows, keys, *counts]


TALKS = [
    (route, name, method)
    for route, name in ROUTES
    if "audit/receipts" not in route and "<str:token>" not in route
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
]


def test_the_table_of_addresses_is_not_empty() -> None:
    assert len(ROUTES) > 10
    assert {"portal/", "portal/api/v1/findings/<uuid:pk>/"} <= {route for route, _ in ROUTES}


@pytest.mark.parametrize("filtered", [True, False], ids=["two walls", "the second wall alone"])
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_nothing_of_another_partner_leaks(
    principal: str, filtered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = Tenant(MINE), Tenant(CANARY)
    if not filtered:
        monkeypatch.setattr(access, "visible", lambda rows, **_: rows)
    before = own_state(theirs)
    absent = str(uuid4())
    client = as_principal(principal, mine)
    for route, name, method in TALKS:
        is_about_one = "<uuid" in route
        path = address(route, theirs.named(name) if is_about_one else "")
        answer = send(client, method, path, theirs)
        text = answer.content.decode(errors="replace")
        assert answer.status_code < 500, (method, path, text[:400])
        assert CANARY not in text.replace(path, ""), (method, path)
        if is_about_one:
            none = send(client, method, address(route, absent), theirs)
            assert answer.status_code == none.status_code, (method, path)
            same = text.replace(theirs.named(name), "") == none.content.decode().replace(absent, "")
            assert same or answer.status_code == 302, (method, path)
            if principal == "contact" and method == "GET" and answer.status_code != 405:
                assert answer.status_code == 404, (method, path)
    assert own_state(theirs) == before


@pytest.mark.parametrize(
    ("principal", "status", "reason"),
    [
        ("contact", 404, "deny:no_rule"),
        ("key", 404, "deny:no_rule"),
        ("wrong_scope", 403, "deny:key_scope"),
        ("expired", 401, "deny:key_expired"),
        ("revoked", 401, "deny:key_expired"),
    ],
)
def test_a_denial_is_recorded(principal: str, status: int, reason: str) -> None:
    mine, theirs = Tenant(MINE), Tenant(CANARY)
    path = f"/portal/api/v1/findings/{theirs.finding.pk}/"
    assert as_principal(principal, mine).get(path).status_code == status
    event = AuditEvent.objects.filter(outcome="denied").latest("id")
    assert (event.actor, event.tenant) == (mine.user.as_actor().ref, mine.partner.party)
    assert json.loads(event.body)["reason"] == reason


@pytest.mark.parametrize("sent", ["Bearer wrp_guess", "Bearer other", "Basic wrp_guess"])
def test_unknown_keys_are_recorded_without_the_key_and_not_without_end(sent: str) -> None:
    callers._valkey().delete(*callers._valkey().keys("pep:portal:unknown:*") or ["none"])
    client = Client(headers={"Authorization": sent})
    for _ in range(RECORDED.rate + 5):
        assert client.get("/portal/api/v1/findings/").status_code == 401
    events = AuditEvent.objects.filter(outcome="denied", object="portal:key")
    # The minute may turn while the calls are made.
    assert RECORDED.rate <= events.count() <= RECORDED.rate + 5
    event = events.latest("id")
    assert (event.actor, json.loads(event.body)["reason"]) == ("anonymous", "deny:key_unknown")
    assert not AuditEvent.objects.filter(body__contains="guess").exists()


def test_a_reading_key_reads_and_hands_nothing_over() -> None:
    mine = Tenant(MINE)
    client = as_principal("read_key", mine)
    (row,) = client.get("/portal/api/v1/findings/").json()["results"]
    assert row["id"] == str(mine.finding.pk)
    file = SimpleUploadedFile("a.json", a_document([]))
    form = {"product": mine.product.slug, "sbom": file}
    assert client.post("/portal/api/v1/sboms/", form).status_code == 403
    assert Intake.objects.filter(product=mine.product).count() == 1


def test_a_key_ends_with_its_contact() -> None:
    mine = Tenant(MINE)
    User.objects.filter(pk=mine.user.pk).update(is_active=False)
    assert as_principal("key", mine).get("/portal/api/v1/findings/").status_code == 401


def walled_tables() -> list[str]:
    return [wall.table for wall in walls.walls()]


def test_every_table_of_partners_has_a_wall() -> None:
    with connection.cursor() as cursor:
        assert walls.faults(cursor) == []
    shared = {
        "partners_advisory", "partners_affectedpackage", "partners_componentversion",
        "partners_exposure", "partners_feedrun", "partners_vulnerability",
        "partners_vulnerabilityname", "partners_epssscore", "partners_exploitedcve",
        "partners_patchpolicy", "partners_ssvcassessment",
    }  # fmt: skip
    every = {model._meta.db_table for model in _models() if model._meta.app_label == "partners"}
    assert every - set(walled_tables()) <= shared, "say in which way this is no partner's"


def _models() -> list[Any]:
    return list(apps.get_models(include_auto_created=True))


def test_behind_the_wall_each_table_shows_one_partner_and_without_one_none() -> None:
    mine, theirs = Tenant(MINE), Tenant(CANARY)
    for table in walled_tables():
        with boundary.walled(mine.partner.party), connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege('wardroom_portal', %s, 'SELECT')", [table])
            if not cursor.fetchone()[0]:
                continue
            cursor.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        text = str(rows)
        assert CANARY not in text, table
        assert str(theirs.partner.pk) not in text, table
        with boundary.walled(""), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table


def test_behind_the_wall_nothing_is_written_for_another() -> None:
    mine, theirs = Tenant(MINE), Tenant(CANARY)
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
        boundary.walled(mine.partner.party),
    ):
        an_intake(product=theirs.product)
    with boundary.walled(mine.partner.party):
        assert not Webhook.objects.filter(pk=theirs.hook.pk).update(url="https://evil.example/")


@pytest.mark.parametrize(
    "table", ["governance_accessrequest", "incidents_incident", "mfa_authenticator"]
)
def test_behind_the_wall_what_is_ours_cannot_be_read(table: str) -> None:
    mine = Tenant(MINE)
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        boundary.walled(mine.partner.party),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT * FROM {table}")


def test_the_wall_ends_with_its_transaction() -> None:
    mine, theirs = Tenant(MINE), Tenant(CANARY)
    with boundary.walled(mine.partner.party):
        assert set(Partner.objects.values_list("slug", flat=True)) == {MINE}
    assert set(Partner.objects.values_list("slug", flat=True)) == {MINE, theirs.word}


def test_a_bent_wall_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("ALTER POLICY wall_portal ON partners_finding USING (true)")
        cursor.execute("DROP POLICY wall_own ON partners_intake")
        cursor.execute("ALTER TABLE partners_sbom DISABLE ROW LEVEL SECURITY")
        assert sorted(walls.faults(cursor)) == [
            "policy wall_own on partners_intake is missing",
            "policy wall_portal on partners_finding is another than this release's",
            "row-level security on partners_sbom is off",
        ]
