"""``manage.py decide``: the answer of the gate, with its reason, and logged."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from governance.models import DecisionLog, Job, guardian_grants
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member, a_site, a_system, a_user, holds
from tests.builders.policy import A_JOB, ACT, lay_condition

pytestmark = pytest.mark.django_db


def decide(subject: str, act: str, resource: str, *more: str) -> dict[str, Any]:
    out = StringIO()
    words = ("--subject", subject, "--act", act, "--resource", resource, "--json", *more)
    call_command("decide", *words, stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_a_steward_may_read_at_his_site_and_is_told_the_rule() -> None:
    asset = an_asset()
    user = a_member("steward", site=asset.site)
    told = decide(str(user.email).upper(), "catalog:asset:read", asset.ref)
    assert told["decision"] is True
    assert told["rule"] == "steward/catalog:asset:read"
    assert told["sentence"] == "Permitted by rule steward/catalog:asset:read."
    row = DecisionLog.objects.get(subject=f"user:{user.pk}")
    assert (row.allow, row.resource, row.domain) == (True, asset.ref, asset.site.domain)  # type: ignore[union-attr]


def test_beside_his_site_he_may_not_and_it_is_logged_too() -> None:
    asset = an_asset()
    user = a_member("steward", site=a_site())
    told = decide(f"user:{user.pk}", "catalog:asset:read", asset.ref)
    assert (told["decision"], told["reason"]) == (False, "deny:no_rule")
    assert DecisionLog.objects.filter(subject=f"user:{user.pk}", allow=False).count() == 1


def test_a_grant_on_one_record_counts() -> None:
    asset, user = an_asset(), a_user()
    guardian_grants.give(user, "read", asset)
    told = decide(str(user.email), "catalog:asset:read", asset.ref)
    assert told["reason"] == "allow:object_grant"


def test_a_partner_contact_has_no_business_here() -> None:
    user = a_user(party="partners.partner:1")
    holds(user, "partner_contact", party="partners.partner:1")
    assert decide(str(user.email), "catalog:asset:read", an_asset().ref)["decision"] is False


def test_records_of_the_ground_and_service_actors_are_answered_alike() -> None:
    told = decide("service:operator", "governance:system:read", a_system().ref)
    assert told["decision"] is True


def test_people_read_a_sentence() -> None:
    asset = an_asset()
    out = StringIO()
    call_command(
        "decide",
        subject="service:operator",
        act="catalog:asset:read",
        resource=asset.ref,
        stdout=out,
    )
    assert out.getvalue().startswith("Permit: ")
    assert "Permitted by rule operator/catalog:asset:read." in out.getvalue()


BAD = {
    "nobody": ("nobody@example.org", "catalog:asset:read", "", "nobody goes by"),
    "no uuid": ("user:42", "catalog:asset:read", "", "nobody goes by"),
    "no service": ("service:robot", "catalog:asset:read", "", "nobody goes by"),
    "no act": ("", "catalog:asset:eat", "", "no act 'catalog:asset:eat' on catalog.asset"),
    "act of another type": ("", "governance:site:read", "", "no act"),
    "no reference": ("", "catalog:asset:read", "42", "not a reference"),
    "no type": ("", "catalog:asset:read", "catalog.dragon:1", "no governed type"),
    "not governed": ("", "catalog:asset:read", "sessions.session:1", "no governed type"),
    "no record": ("", "catalog:asset:read", "catalog.asset:999999999", "no record"),
    "no number": ("", "catalog:asset:read", "catalog.asset:x", "no record"),
    "a giant": ("", "catalog:asset:read", "catalog.asset:" + "9" * 40, "no record"),
    "garbage": ("\x00\xff", "\x00", "\x00" * 1000, ""),
}


@pytest.mark.parametrize("sort", BAD)
def test_bad_input_is_one_line_and_nothing_is_logged(sort: str) -> None:
    subject, act, resource, expected = BAD[sort]
    with pytest.raises(CommandError) as refused:
        decide(subject or str(a_user().email), act, resource or an_asset().ref)
    text = str(refused.value)
    assert expected in text
    assert "\n" not in text
    assert refused.value.returncode == 1
    assert not DecisionLog.objects.exists()


def test_an_explanation_says_what_it_hangs_on_and_what_would_permit_it() -> None:
    user, system = a_member("steward"), a_system()
    told = decide(str(user.email), "governance:system:change", system.ref, "--explain")
    assert told["roles"] == ["steward at Enterprise"]
    way = f"The role administrator at {system.site.domain} would permit it."
    assert way in told["would_permit"]
    assert told["detail"] == ""


def test_an_explanation_says_what_a_condition_raised() -> None:
    lay_condition("r.sub.party < 3")
    user, job = a_member("auditor"), Job.objects.create(**A_JOB)
    told = decide(str(user.email), ACT, job.ref, "--explain")
    assert told["reason"] == "error:type"
    assert "not supported between" in told["detail"]
    assert told["attributes"] == {"r.sub.party": ""}
    out = StringIO()
    words = ("--subject", str(user.email), "--act", ACT, "--resource", job.ref, "--explain")
    call_command("decide", *words, stdout=out)
    assert f"A condition raised: {told['detail']}" in out.getvalue()
