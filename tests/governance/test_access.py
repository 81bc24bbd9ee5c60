"""The door: who may do what, where, and until when."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config import baseline
from governance import access, boundary, context
from governance.actions.policy import lay, restamp
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.domain.decisions import Reason
from governance.errors import NotAllowed
from governance.models import AuditEvent, DecisionLog, PolicyHead, Site, User, guardian_grants
from governance.permissions import Act
from governance.policy.content import of
from tests.builders.governance import a_member, a_site, a_system, a_user, holds

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def test_the_connection_is_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, r.rolsuper, r.rolbypassrls,"
            " (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
            " FROM pg_roles r WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("wardroom_app", False, False, 0)


@pytest.mark.parametrize("statement", ["UPDATE {} SET act = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["audit_event", "governance_decisionlog"])
def test_the_application_cannot_rewrite_a_log(statement: str, table: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


def test_a_role_at_a_site_holds_below_it_and_not_beside_it(at: datetime) -> None:
    region = a_site(kind="region")
    below, beside = a_site(parent=region), a_site()
    by = a_member("steward", site=region).as_actor()
    assert access.allows(by, Act.SYSTEM_READ, a_system(site=below), at=at)
    assert not access.allows(by, Act.SYSTEM_READ, a_system(site=beside), at=at)


def test_a_membership_is_over_at_its_last_instant(at: datetime) -> None:
    user, system = a_user(), a_system()
    end = at + timedelta(hours=1)
    holds(user, "steward", valid_to=end)
    by = user.as_actor()
    assert access.allows(by, Act.SYSTEM_READ, system, at=end - timedelta(microseconds=1))
    assert not access.allows(by, Act.SYSTEM_READ, system, at=end)
    assert not access.allows(by, Act.SYSTEM_READ, system, at=at - timedelta(microseconds=1))


def test_a_disabled_person_holds_nothing(at: datetime) -> None:
    user, system = a_member("steward"), a_system()
    assert access.allows(user.as_actor(), Act.SYSTEM_READ, system, at=at)
    User.objects.filter(pk=user.pk).update(is_active=False)
    restamp()
    assert not access.allows(user.as_actor(), Act.SYSTEM_READ, system, at=at)


def test_a_partner_contact_sees_nothing_of_ours(at: datetime) -> None:
    user = a_user(party="partners.partner:1")
    holds(user, "partner_contact", party="partners.partner:1")
    assert not access.allows(user.as_actor(), Act.SYSTEM_READ, a_system(), at=at)
    assert not access.visible(Site.objects.all(), to=user.as_actor(), act=Act.SITE_READ, at=at)


def test_the_list_agrees_with_each_single_decision(at: datetime) -> None:
    region = a_site(kind="region")
    sites = [region, a_site(parent=region), a_site(parent=region), a_site()]
    for role, scope in (("steward", region), ("steward", sites[3]), ("administrator", None)):
        by = a_member(role, site=scope).as_actor()
        seen = set(access.visible(Site.objects.all(), to=by, act=Act.SITE_READ, at=at))
        assert seen == {
            site for site in Site.objects.all() if access.allows(by, Act.SITE_READ, site, at=at)
        }


def test_a_grant_on_one_record_shows_that_record_only(at: datetime) -> None:
    user, mine, other = a_user(), a_system(), a_system()
    guardian_grants.give(user, "read", mine)
    by = user.as_actor()
    assert access.allows(by, Act.SYSTEM_READ, mine, at=at)
    assert not access.allows(by, Act.SYSTEM_READ, other, at=at)
    rows = access.visible(type(mine).objects.all(), to=by, act=Act.SYSTEM_READ, at=at)
    assert list(rows) == [mine]


def test_a_refusal_outlives_the_transaction_that_it_ended(at: datetime) -> None:
    by, system = a_user().as_actor(), a_system()
    with pytest.raises(NotAllowed) as refused, boundary.acting(by, at=at), transaction.atomic():
        access.require(by, Act.SYSTEM_CHANGE, system, at=at)
    assert refused.value.decision.reason is Reason.DENY_NO_RULE
    event = AuditEvent.objects.get(actor=by.ref)
    assert (event.outcome, event.act, event.object) == ("denied", Act.SYSTEM_CHANGE, system.ref)
    row = DecisionLog.objects.get(subject=by.ref)
    assert (row.allow, row.domain, row.request_id) == (False, system.site.domain, event.request_id)


def test_a_permit_of_a_write_is_logged_with_its_rule_and_policy(at: datetime) -> None:
    by, system = a_member("administrator").as_actor(), a_system()
    with boundary.acting(by, at=at):
        decision = access.require(by, Act.SYSTEM_CHANGE, system, at=at)
    row = DecisionLog.objects.get(subject=by.ref)
    assert (row.allow, row.rule) == (True, "administrator/governance:system:change")
    assert row.policy_sha256 == decision.policy_sha256 != ""


def test_nobody_acts_without_a_context(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    by, system = a_member("administrator").as_actor(), a_system()
    monkeypatch.setattr(context, "current", lambda: None)
    with pytest.raises(RuntimeError, match="nobody is acting"):
        access.require(by, Act.SYSTEM_CHANGE, system, at=at)


def test_the_transaction_is_told_who_acts(at: datetime) -> None:
    before = context.current()

    def told() -> tuple[str, ...]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('app.actor', true), current_setting('app.request_id', true)"
            )
            row: tuple[str, ...] = cursor.fetchone()
            return row

    with boundary.acting(Actor(ref="user:someone"), at=at, request_id="r-1"):
        assert told() == ("user:someone", "r-1")
        with boundary.acting(Actor(ref="user:other"), at=at, request_id="r-2"):
            assert told() == ("user:other", "r-2")
        assert told() == ("user:someone", "r-1")
    assert context.current() is before


def test_nobody_is_above_the_policy() -> None:
    user = a_user()
    with pytest.raises(IntegrityError, match="user_is_never_above_the_policy"):
        User.objects.filter(pk=user.pk).update(is_superuser=True)


def test_what_is_foreseen_is_refused_but_a_permit_writes_nothing(at: datetime) -> None:
    """A transaction that has written anything would hold up the audit log until it ends."""
    system = a_system()
    stranger, administrator = a_user().as_actor(), a_member("administrator").as_actor()
    before = DecisionLog.objects.count()
    with boundary.acting(administrator, at=at):
        access.foresee(administrator, Act.SYSTEM_CHANGE, system, at=at)
    assert DecisionLog.objects.count() == before
    with pytest.raises(NotAllowed), boundary.acting(stranger, at=at):
        access.foresee(stranger, Act.SYSTEM_CHANGE, system, at=at)
    assert AuditEvent.objects.get(actor=stranger.ref).outcome == "denied"


def heads(queries: CaptureQueriesContext) -> int:
    return len([one for one in queries if "governance_policyhead" in one["sql"]])


def test_a_request_looks_once_which_policy_its_menus_go_by(at: datetime) -> None:
    by, system = a_member("administrator").as_actor(), a_system()
    with boundary.acting(by, at=at, is_request=True), CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            assert access.allows(by, Act.SYSTEM_READ, system, at=at)
            assert access.allows_somewhere(by, Act.SITE_READ, "governance.site", at=at)
            assert access.visible(Site.objects.all(), to=by, act=Act.SITE_READ, at=at)
    assert heads(queries) == 1
    with boundary.acting(by, at=at), CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            assert access.allows(by, Act.SYSTEM_READ, system, at=at)
    assert heads(queries) == 3


def test_what_is_done_goes_by_the_policy_of_that_moment(at: datetime) -> None:
    """Another process takes the role away while the page is made: the act is refused."""
    user, system = a_member("administrator"), a_system()
    by = user.as_actor()
    with boundary.acting(by, at=at, is_request=True):
        assert access.allows(by, Act.SYSTEM_CHANGE, system, at=at)
        User.objects.filter(pk=user.pk).update(is_active=False)
        PolicyHead.objects.update(stamp=uuid4())
        assert access.allows(by, Act.SYSTEM_CHANGE, system, at=at), "as the page began"
        with pytest.raises(NotAllowed), transaction.atomic():
            access.require(by, Act.SYSTEM_CHANGE, system, at=at)
        assert not access.allows(by, Act.SYSTEM_CHANGE, system, at=at)


def test_a_request_that_changes_roles_goes_by_what_it_changed(at: datetime) -> None:
    user, system = a_member("administrator"), a_system()
    by = user.as_actor()
    with boundary.acting(by, at=at, is_request=True):
        assert access.allows(by, Act.SYSTEM_READ, system, at=at)
        try:
            with transaction.atomic():
                User.objects.filter(pk=user.pk).update(is_active=False)
                restamp()
                assert not access.allows(by, Act.SYSTEM_READ, system, at=at)
                raise ZeroDivisionError
        except ZeroDivisionError:
            assert access.allows(by, Act.SYSTEM_READ, system, at=at), "rolled back"


def test_a_permit_that_obliges_is_none_where_nobody_keeps_it(at: datetime) -> None:
    by, system = a_member("steward").as_actor(), a_system()
    duty = '[{"kind": "watermark"}]'
    rules = [
        replace(rule, obligations=duty) if rule.act == str(Act.SYSTEM_READ) else rule
        for rule in baseline.rules()
    ]
    assert access.allows(by, Act.SYSTEM_READ, system, at=at)
    with boundary.acting(actors.service("operator"), at=at):
        lay(of(baseline.model_conf(), rules), by=actors.service("operator"), at=at, note="duty")
    with boundary.acting(by, at=at), pytest.raises(NotAllowed) as refused:
        access.require(by, Act.SYSTEM_READ, system, at=at)
    assert refused.value.decision.reason is Reason.DENY_OBLIGATION
