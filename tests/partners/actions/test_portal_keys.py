"""Keys of the portal: issued by a contact, bounded, rotated with an overlap, revoked at once."""

from datetime import timedelta

import pytest

from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import AuditEvent, User
from partners.actions import portal_keys
from partners.domain import portal
from partners.models import Partner, PortalKey
from tests.builders.governance import NOW
from tests.builders.partners import a_contact, a_partner, as_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return a_partner()


@pytest.fixture
def contact(partner: Partner) -> User:
    return a_contact(partner)


def issue(partner: Partner, user: User, **over: object) -> tuple[PortalKey, str]:
    fields = {"name": "ci", "scopes": ["upload", "read"], "days": 90, **over}
    by = as_actor(user)
    return portal_keys.issue(partner=partner, user=user, by=by, at=NOW, **fields)  # type: ignore[arg-type]


def test_a_key_is_kept_as_a_digest_alone(partner: Partner, contact: User) -> None:
    row, key = issue(partner, contact)
    assert key.startswith("wrp_")
    assert (row.digest, row.hint) == (portal.digest(key), key[-4:])
    assert row.scopes == ["read", "upload"]
    assert not AuditEvent.objects.filter(body__contains=key).exists()
    assert not AuditEvent.objects.filter(body__contains=row.digest).exists()


@pytest.mark.parametrize(
    "over", [{"name": " "}, {"scopes": []}, {"scopes": ["admin"]}, {"days": 0}, {"days": 366}]
)
def test_a_key_is_bounded(partner: Partner, contact: User, over: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        issue(partner, contact, **over)


def test_rotating_lets_the_old_key_count_for_seven_days(partner: Partner, contact: User) -> None:
    row, old = issue(partner, contact)
    at = NOW + timedelta(days=30)
    fresh, new = portal_keys.rotate(row, user=contact, by=as_actor(contact), at=at)
    assert (old != new, fresh.scopes, fresh.valid_to) == (True, row.scopes, at + timedelta(days=90))
    row.refresh_from_db()
    assert row.valid_to == at + timedelta(days=7)
    counts = PortalKey.objects.in_force(at + timedelta(days=7))
    assert list(counts) == [fresh]
    with pytest.raises(Conflict):
        portal_keys.rotate(row, user=contact, by=as_actor(contact), at=at + timedelta(days=8))


def test_revoking_ends_a_key_at_once(partner: Partner, contact: User) -> None:
    row, _ = issue(partner, contact)
    stranger = as_actor(a_contact(a_partner()))
    with pytest.raises(NotAllowed):
        portal_keys.revoke(row, by=stranger, at=NOW)
    portal_keys.revoke(row, by=as_actor(contact), at=NOW)
    assert not PortalKey.objects.in_force(NOW).exists()
    with pytest.raises(Conflict):
        portal_keys.revoke(row, by=as_actor(contact), at=NOW)


def test_only_contacts_issue_keys(partner: Partner, contact: User, operator: Actor) -> None:
    with pytest.raises(NotAllowed):
        portal_keys.issue(
            partner=partner, user=contact, name="x", scopes=["read"], days=1, by=operator, at=NOW
        )


def test_the_last_use_is_noted_once_an_hour(partner: Partner, contact: User) -> None:
    row, _ = issue(partner, contact)
    for minutes, noted in ((0, 0), (59, 0), (60, 60)):
        portal_keys.note_use(row, at=NOW + timedelta(minutes=minutes))
        row.refresh_from_db()
        assert row.last_used_at == NOW + timedelta(minutes=noted)
    assert not AuditEvent.objects.filter(body__contains="last_used_at").exists()
