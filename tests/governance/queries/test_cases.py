"""One case from the refusal to the grant, found in the audit log by its id."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from governance.errors import BadInput
from governance.models import AccessRequest, AuditEvent, Grant
from governance.queries import audit_search, denials
from governance.queries.audit_search import Wanted
from tests.builders import signin
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member

pytestmark = pytest.mark.django_db


def test_a_binding_names_one_refusal_and_no_other(at: datetime) -> None:
    asset = an_asset()
    told = denials.bind(request_id="r1", subject="user:1", act="catalog:asset:read", ref=asset.ref)
    case, call = denials.read(told, subject="user:1", act="catalog:asset:read", ref=asset.ref)
    assert case == denials.case_of("r1", "catalog:asset:read", asset.ref)
    assert call == "r1"
    for subject, act, ref in [
        ("user:2", "catalog:asset:read", asset.ref),
        ("user:1", "catalog:asset:assign", asset.ref),
        ("user:1", "catalog:asset:read", "catalog.asset:0"),
    ]:
        with pytest.raises(denials.InvalidDenialBinding):
            denials.read(told, subject=subject, act=act, ref=ref)
    with pytest.raises(denials.InvalidDenialBinding):
        denials.read(told[:-1] + "x", subject="user:1", act="catalog:asset:read", ref=asset.ref)


def test_an_old_refusal_is_none_to_ask_from(monkeypatch: pytest.MonkeyPatch) -> None:
    told = denials.bind(request_id="r1", subject="s", act="a", ref="b")
    monkeypatch.setattr(denials, "LASTS", timedelta(seconds=-1))
    with pytest.raises(denials.DenialTooOld):
        denials.read(told, subject="s", act="a", ref="b")


def test_refusal_request_and_grant_are_one_case(at: datetime) -> None:
    asset = an_asset()
    owner = a_member("data_owner", site=asset.site)
    reader = a_member("steward", site=asset.site)
    client = signin.proven(reader)
    binding = denials.bind(
        request_id="call-1", subject=reader.as_actor().ref, act="catalog:asset:read", ref=asset.ref
    )
    answer = client.post(
        "/admin/governance/accessrequest/add/"
        f"?resource={asset.ref}&act=catalog:asset:read&denial={binding}",
        {
            "system": asset.system_id,
            "principal": "ana",
            "entitlement": "read",
            "scope": f"mes.{asset.name}",
            "purpose": "shift report",
            "days": "30",
        },
    )
    assert answer.status_code == 302, answer.content
    row = AccessRequest.objects.get()
    assert (row.resource, row.act, row.denied_in) == (asset.ref, "catalog:asset:read", "call-1")
    assert row.case == denials.case_of("call-1", "catalog:asset:read", asset.ref)
    signin.proven(owner).post(
        f"/admin/governance/accessrequest/{row.pk}/decide/",
        {"decision": "approve", "reason": "agreed"},
    )
    grant = Grant.objects.get()
    assert grant.case == row.case
    found = audit_search.matching(AuditEvent.objects.all(), Wanted.of({"case": str(row.case)}))
    acts = set(found.values_list("act", flat=True))
    assert {
        "governance:request:submit",
        "governance:request:decide",
        "governance:request:fulfil",
    } <= acts
    assert set(found.values_list("object", flat=True)) == {row.ref, grant.ref}
    auditor = signin.proven(a_member("auditor"))
    shown = auditor.get(f"/admin/governance/auditevent/?case={row.case}").content.decode()
    assert grant.ref in shown
    page = auditor.get(f"/admin/governance/grant/{grant.pk}/change/").content.decode()
    assert str(row.case) in page


def test_what_is_no_case_is_refused_and_an_unknown_one_finds_nothing() -> None:
    with pytest.raises(BadInput):
        Wanted.of({"case": "42"})
    found = audit_search.matching(AuditEvent.objects.all(), Wanted.of({"case": str(uuid4())}))
    assert not found.exists()


def test_a_refusal_of_somebody_else_opens_no_case(at: datetime) -> None:
    asset = an_asset()
    reader = a_member("steward", site=asset.site)
    binding = denials.bind(
        request_id="c", subject="user:other", act="catalog:asset:read", ref=asset.ref
    )
    answer = signin.proven(reader).post(
        "/admin/governance/accessrequest/add/"
        f"?resource={asset.ref}&act=catalog:asset:read&denial={binding}",
        {
            "system": asset.system_id,
            "principal": "ana",
            "entitlement": "read",
            "scope": f"mes.{asset.name}",
            "purpose": "shift report",
            "days": "30",
        },
    )
    assert answer.status_code != 302
    assert not AccessRequest.objects.exists()
