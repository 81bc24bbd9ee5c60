"""The board's pages of the audit log: found, folded, named, in sentences, without counting."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from governance import boundary
from governance.actions import sites
from governance.errors import NotAllowed
from governance.models import AuditEvent, Site, User
from governance.permissions import Act
from tests.builders import signin, witnessed
from tests.builders.governance import a_member, a_site

pytestmark = pytest.mark.django_db
LIST = "/admin/governance/auditevent/"
LIST_QUERIES = 9
"""Of the list itself: the menu asks the policy for each of its entries."""


@pytest.fixture
def auditor() -> Client:
    return signin.proven(a_member("auditor", name="Ana Ruiz"))


@pytest.fixture
def administrator() -> User:
    return a_member("administrator", name="Luis Garza")


def renamed(site: Site, name: str, user: User, at: datetime) -> AuditEvent:
    """Rename ``site`` as ``user`` would; return the entry of the act."""
    by = user.as_actor(has_mfa=True)
    with boundary.acting(by, at=at), transaction.atomic():
        sites.change(site, name=name, time_zone="UTC", by=by, at=at)
    return AuditEvent.objects.filter(act=Act.SITE_CHANGE, object=site.ref).latest("id")


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return " ".join(answer.content.decode().split())


def test_an_act_stands_with_its_row_changes_folded(
    auditor: Client, administrator: User, at: datetime
) -> None:
    site = a_site(name="Monterrey")
    event = renamed(site, "Monterrey North", administrator, at)
    page = text(auditor, f"{LIST}?act=governance:site:change")
    assert "Luis Garza changed site Monterrey North." in page
    assert "1 act, 1 row change<" in page
    assert administrator.as_actor().ref in page
    assert f"entry {event.pk}" in page
    assert "row:governance_site:update" not in page.partition("<table")[2]


def test_every_entry_is_shown_where_it_is_asked_for(
    auditor: Client, administrator: User, at: datetime
) -> None:
    renamed(a_site(), "Monterrey North", administrator, at)
    page = text(auditor, f"{LIST}?show=entries&actor=Garza").partition("<table")[2]
    assert "as part of governance:site:change" in page


def test_a_refusal_is_marked(auditor: Client, at: datetime) -> None:
    site, by = a_site(name="Apodaca"), a_member("auditor", name="Eva Soto").as_actor(has_mfa=True)
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        sites.change(site, name="x", time_zone="UTC", by=by, at=at)
    page = text(auditor, f"{LIST}?outcome=denied")
    assert '<b class="audit-denied">Denied</b> Eva Soto tried to change site Apodaca' in page


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_takes_the_same_queries_for_one_row_and_for_three(
    auditor: Client, at: datetime, rows: int
) -> None:
    for number in range(rows):
        user = a_member("administrator", name=f"Person {number}")
        renamed(a_site(), f"Plant {number}", user, at + timedelta(seconds=number))
    with CaptureQueriesContext(connection) as captured:
        page = text(auditor, f"{LIST}?act=governance:site:change")
    assert page.count("changed site Plant") == rows
    own = [one["sql"] for one in captured if "governance_policyhead" not in one["sql"]]
    assert len(own) == LIST_QUERIES
    assert not [sql for sql in own if "COUNT(" in sql]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("actor=Luis", True),
        ("actor=Nobody", False),
        ("object=governance.site:{pk}", True),
        ("object=governance.site:0", False),
        ("since=2026-01-01", True),
        ("since=2100-01-01T00:00", False),
        ("until=2026-01-01", False),
        ("until=2100-01-01", True),
        ("scope=site:{slug}", True),
        ("scope=site:elsewhere", False),
        ("tenant=own", True),
        ("tenant=partners.partner:1", False),
        ("outcome=ok", True),
        ("act=governance:site:*", True),
        ("act=governance:grant:*", False),
        ("request={request}", True),
        ("request=another", False),
    ],
)
def test_each_filter_finds_and_leaves_out(
    auditor: Client, administrator: User, at: datetime, address: str, found: bool
) -> None:
    site = a_site()
    event = renamed(site, "Monterrey North", administrator, at)
    query = address.format(pk=site.pk, slug=site.slug, request=event.request_id)
    page = text(auditor, f"{LIST}?{query}").partition("<table")[2]
    assert ("changed site Monterrey North" in page) is found


def test_what_cannot_be_read_is_said_and_hides_nothing(auditor: Client) -> None:
    page = text(auditor, f"{LIST}?since=yesterday")
    assert "Write a time as 2026-11-17T09:45, in UTC." in page
    assert "<table" in page


def test_pages_lead_on_by_key(auditor: Client, at: datetime) -> None:
    for number in range(60):
        with transaction.atomic():
            Site.objects.filter(parent=None).update(name=f"Enterprise {number}")
    answer = auditor.get(f"{LIST}?show=entries")
    older = answer.context["older"]
    assert len(answer.context["entries"]) == 50
    assert answer.context["newer"] == ""
    below = auditor.get(LIST + older)
    first, second = answer.context["entries"], below.context["entries"]
    assert second[0].id < first[-1].id
    back = auditor.get(LIST + below.context["newer"])
    assert [one.id for one in back.context["entries"]] == [one.id for one in first]


def test_one_entry_shows_its_change_its_request_and_its_place(
    auditor: Client, administrator: User, at: datetime, settings: Settings
) -> None:
    site = a_site(name="Monterrey")
    event = renamed(site, "Monterrey North", administrator, at)
    row = AuditEvent.objects.get(act="row:governance_site:update", object=site.ref)
    page = text(auditor, f"{LIST}{row.pk}/change/")
    assert '<td class="old"><span class="audit-unseen">was </span>Monterrey</td>' in page
    assert '<td class="new">Monterrey North</td>' in page
    assert "Luis Garza changed site Monterrey North." in page
    assert "No place yet" in page
    assert "No witness is configured" in page
    head = witnessed.sequence(at)
    page = text(auditor, f"{LIST}{event.pk}/change/")
    assert f"{head.size} entries" in page
    assert "Not yet witnessed." in page
    assert auditor.get(f"{LIST}{event.pk}/proof/").status_code == 404
    settings.AUDIT_WITNESSES = [f"{witnessed.WITNESS.vkey}@http://localhost:8181"]
    witnessed.cosign(head, at)
    page = text(auditor, f"{LIST}{event.pk}/change/")
    assert "shares this host: does not protect against its administrator" in page
    assert "Not yet witnessed" not in page
    proof = auditor.get(f"{LIST}{event.pk}/proof/")
    assert proof["Content-Type"].startswith("text/plain")
    assert proof.content.startswith(b"c2sp.org/tlog-proof@v1\nindex ")


def test_a_secret_column_says_only_that_it_changed(auditor: Client, administrator: User) -> None:
    with transaction.atomic():
        administrator.set_password("another long word of many")
        administrator.save(update_fields=["password"])
    page = text(auditor, f"{LIST}history/?object={administrator.ref}")
    assert 'password</th> <td colspan="2">changed; the value is a secret' in page
    assert "pbkdf2" not in page
    assert administrator.password not in page


def test_the_history_of_an_object_reads_backwards(
    auditor: Client, administrator: User, at: datetime
) -> None:
    site = a_site(name="Monterrey")
    renamed(site, "Monterrey North", administrator, at)
    renamed(site, "Monterrey South", administrator, at + timedelta(hours=1))
    page = text(auditor, f"{LIST}history/?object={site.ref}")
    assert page.index("Monterrey South</td>") < page.index("was </span>Monterrey</td>")
    assert "Nothing is recorded of" in text(auditor, f"{LIST}history/?object=governance.site:0")
    assert "is not a reference" in text(auditor, f"{LIST}history/?object=nonsense")


def test_heads_say_who_signed_them_and_when(
    auditor: Client, at: datetime, settings: Settings
) -> None:
    page = text(auditor, f"{LIST}checkpoints/")
    assert "No head of the log is signed yet" in page
    assert "No witness is configured" in page
    head = witnessed.sequence(at)
    witnessed.cosign(head, at + timedelta(seconds=1))
    settings.AUDIT_WITNESSES = [f"{witnessed.WITNESS.vkey}@http://127.0.0.1:8181"]
    page = text(auditor, f"{LIST}checkpoints/")
    assert bytes(head.root).hex() in page
    assert "1.4 s" in page
    assert "shares this host: does not protect against its administrator" in page


@pytest.fixture
def taken(auditor: Client, administrator: User, at: datetime) -> Client:
    renamed(a_site(), "=HYPERLINK(1)", administrator, at)
    return auditor


@pytest.mark.parametrize("form", ["csv", "json", "ocsf"])
def test_what_is_exported_is_what_was_filtered_and_is_recorded(taken: Client, form: str) -> None:
    answer = taken.post(f"{LIST}export/", {"form": form, "act": "governance:site:change"})
    body = b"".join(answer.streaming_content).decode()
    if form == "csv":
        assert body.splitlines()[0].startswith("id,recorded_at,occurred_at,actor,act")
        assert len(body.splitlines()) == 2
    elif form == "json":
        document = json.loads(body)
        assert document["notice"] is None
        assert [one["act"] for one in document["entries"]] == ["governance:site:change"]
    else:
        event = json.loads(body)
        assert (event["class_uid"], event["type_uid"]) == (6003, 600303)
    record = AuditEvent.objects.get(act=Act.AUDIT_EXPORT)
    assert record.facts == {"format": form, "wanted": {"act": "governance:site:change"}}


def test_nobody_else_reads_or_takes_anything(administrator: User) -> None:
    event = AuditEvent.objects.first()
    assert event is not None
    client = signin.proven(administrator)
    for address in ("", f"{event.pk}/change/", f"{event.pk}/proof/", "history/", "checkpoints/"):
        assert client.get(LIST + address).status_code == 403, address
    assert client.post(f"{LIST}export/", {"form": "csv"}).status_code == 403


def test_nothing_can_be_written_here(auditor: Client) -> None:
    event = AuditEvent.objects.first()
    assert event is not None
    for address in ("add/", f"{event.pk}/delete/"):
        assert auditor.post(LIST + address, {}).status_code == 403
    assert auditor.get(f"{LIST}export/").status_code == 405
