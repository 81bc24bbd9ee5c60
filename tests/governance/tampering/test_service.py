"""Verifying, its figure, its alarms, its command and erasing, on a log of their own each."""

import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from governance import boundary, measures
from governance.actions import erasing, sites, telling, verifying
from governance.actions.sequencing import Sequencer
from governance.actions.witnessing import Outside, Pusher
from governance.errors import NotFound, Refused
from governance.models import Alarm, AuditEvent, AuditVerification, Site
from governance.postgresql.sessions import open_session
from governance.tlog import submitting
from incidents.models import Incident
from tests.governance.tampering.attacker import Attacker
from tests.governance.tampering.exporting import verified
from tests.governance.tampering.lab import (
    OPERATOR,
    ORIGIN,
    Lab,
    act,
    build,
    copied_database,
    flipped,
    forged_note,
    sequence,
    standing_in,
)

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def here(bootstrap_dsn: str, tmp_path: Path, settings: Settings) -> Iterator[Lab]:
    """A log in a database that Django's connections lead to; its witness answers."""
    with copied_database(bootstrap_dsn) as name, standing_in(name):
        lab = build(bootstrap_dsn, name, tmp_path)
        settings.AUDIT_ORIGIN = ORIGIN
        settings.AUDIT_WITNESSES = [lab.witness.setting]
        with mock.patch.object(submitting, "latest", side_effect=lambda *_: lab.witness.note):
            yield lab


def verify(lab: Lab, *, is_full: bool = True, at: datetime | None = None) -> AuditVerification:
    held, _ = verifying.outside_heads()
    at = at or lab.at
    with boundary.acting(OPERATOR, at=at):
        return verifying.verify(is_full=is_full, by=OPERATOR, at=at, held=held)


def tamper(lab: Lab, **columns: object) -> int:
    """Change columns of a random entry for good; return its number."""
    with psycopg.connect(lab.dsn) as session:
        attacker = Attacker(lab, session, random.Random(7))
        seq = attacker.full()
        attacker.edit(seq, **columns)
        attacker.leave()
    return seq


def test_the_figure_is_unknown_rather_than_old(here: Lab, settings: Settings) -> None:
    assert measures.audit_integrity(None, here.at).note.startswith("No data yet")
    verify(here)
    reading = measures.audit_integrity(None, here.at)
    assert (reading.value, reading.numerator) == (100.0, reading.denominator)
    assert measures.audit_integrity(None, here.at + 5 * MINUTE).value == 100.0
    late = measures.audit_integrity(None, here.at + 5 * MINUTE + timedelta(seconds=1))
    assert (late.value, late.note[:7]) == (None, "Unknown")
    day = timedelta(hours=24)
    verify(here, is_full=False, at=here.at + day)
    assert measures.audit_integrity(None, here.at + day).value is not None
    verify(here, is_full=False, at=here.at + day + MINUTE)
    late = measures.audit_integrity(None, here.at + day + MINUTE)
    assert (late.value, "full check" in late.note) == (None, True)
    settings.AUDIT_WITNESSES = []
    assert "no witness" in measures.audit_integrity(None, here.at).note


def test_a_log_without_entries_has_no_figure(here: Lab) -> None:
    AuditVerification.objects.create(
        at=here.at, is_full=True, full_at=here.at, seconds=0, size=0, root=b"", expected=0,
        verified=0, witnessed_size=0, breakdown={"days": {}},
    )  # fmt: skip
    reading = measures.audit_integrity(None, here.at)
    assert (reading.value, reading.note) == (None, "No data yet: no entry")


def test_entries_that_wait_lower_the_figure_after_a_minute_only(here: Lab) -> None:
    unseen = AuditEvent.objects.exclude(leaf__seq__lt=here.witnessed).order_by("recorded_at")
    times = list(unseen.values_list("recorded_at", flat=True))
    assert verify(here, at=times[0] + MINUTE).classes == {}
    found = verify(here, at=times[-1] + MINUTE + timedelta(seconds=1))
    assert found.classes == {"V5": len(times)}
    assert found.verified == found.expected - len(times)
    # So many of so few: that budget is spent too.
    assert Alarm.objects.filter(kind="tamper", severity=2).count() == 1


def test_faults_in_two_of_a_thousand_entries_read_as_that(here: Lab) -> None:
    before = verify(here)
    bad = round(before.expected * 0.002)
    assert bad
    with psycopg.connect(here.dsn) as session:
        attacker = Attacker(here, session, random.Random(1))
        numbers = attacker.dice.sample(range(here.witnessed), bad)
        for seq in numbers:
            attacker.edit(seq, leaf_data=flipped(attacker.event(seq)["leaf_data"], attacker.dice))
        attacker.leave()
    found = verify(here)
    assert found.classes["V1"] >= bad
    assert "V2" not in found.classes
    value = measures.audit_integrity(None, here.at).value
    assert value == pytest.approx(100 * (1 - bad / found.expected), abs=0.01)
    assert {one["seq"] for one in found.failures} == set(numbers)


def test_incremental_checks_give_the_totals_of_a_full_one(here: Lab) -> None:
    verify(here)
    for number in (20, 21):
        act(number)
        with (
            open_session("sequencer") as session,
            mock.patch.object(submitting, "submit", here.witness.submit),
        ):
            sequencer = Sequencer(session, here.stolen, origin=ORIGIN)
            sequencer.begin()
            sequence(sequencer)
            assert Pusher(session, Outside.parse(here.witness.setting)).step()
        at = datetime.now(UTC)
        part, whole = verify(here, is_full=False, at=at), verify(here, at=at)
        assert (part.is_full, whole.is_full) == (False, True)
        for name in ("size", "expected", "verified", "classes", "failures", "witnessed_size"):
            assert getattr(part, name) == getattr(whole, name), name
        assert bytes(part.root) == bytes(whole.root)
        for name in ("days", "tenants"):
            assert part.breakdown[name] == whole.breakdown[name]


def test_tampering_becomes_one_incident_however_often_it_is_found(here: Lab) -> None:
    tamper(here, actor="user:ghost")
    for _ in range(3):
        verify(here)
        with boundary.acting(OPERATOR, at=here.at):
            telling.hand_up(by=OPERATOR, at=here.at)
    assert Alarm.objects.filter(kind="tamper").count() == 1
    assert [one.severity for one in Incident.objects.all()] == ["SEV1"]


def run(*words: str) -> tuple[int, str]:
    """Return the exit code of ``manage.py audit_verify`` and what it printed."""
    out = io.StringIO()
    try:
        call_command("audit_verify", *words, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_the_command_tells_by_its_exit_code(here: Lab, tmp_path: Path) -> None:
    good, other, garbage = (tmp_path / name for name in ("good", "other", "garbage"))
    good.write_text(here.witness.note)
    other.write_text(forged_note(here.stolen, 5, bytes(32)))
    garbage.write_text("?")
    assert run("--prior", str(good))[0] == 0
    code, said = run("--json", "--prior", str(other))
    found = json.loads(said)
    assert (code, found["exit_code"], found["failures"][0]["seq"]) == (1, 1, 0)
    assert found["classes"]["V2"] == 5
    code, said = run("--prior", str(garbage))
    assert (code, "no signed head" in said) == (3, True)
    code, said = run("--prior", str(tmp_path / "nothing"))
    assert (code, "No such file" in said) == (3, True)

    silent = submitting.Unreachable("timed out")
    with mock.patch.object(submitting, "latest", side_effect=silent):
        code, said = run()
    assert (code, "timed out" in said) == (2, True)
    seq = tamper(here, object="governance.site:1")
    code, said = run()
    assert (code, f"entry {seq} " in said) == (1, True)


def erase(lab: Lab, ids: list[int], **over: Any) -> int:
    wanted = {"ground": "GDPR art. 17(1)(b)", "by": OPERATOR, "at": lab.at, "request_id": "r"}
    with boundary.acting(OPERATOR, at=lab.at):
        return erasing.erase(ids, **{**wanted, **over})


def test_after_an_erasure_all_verifies_here_and_offline(here: Lab, tmp_path: Path) -> None:
    events = AuditEvent.objects.filter(leaf__seq__lt=here.witnessed, act__startswith="row:")
    ids = list(events.exclude(body=None).order_by("-id").values_list("pk", flat=True)[:20])
    root = bytes(verify(here).root)
    assert erase(here, ids) == 20
    assert not AuditEvent.objects.filter(pk__in=ids).exclude(body=None, salt=None).exists()
    assert erase(here, ids) == 0  # nothing is left to erase
    with (
        open_session("sequencer") as session,
        mock.patch.object(submitting, "submit", here.witness.submit),
    ):
        sequencer = Sequencer(session, here.stolen, origin=ORIGIN)
        sequencer.begin()
        sequence(sequencer)
        assert Pusher(session, Outside.parse(here.witness.setting)).step()
    found = verify(here, at=datetime.now(UTC))
    assert (found.failures, found.verified) == ([], found.expected)
    assert bytes(found.root) != root
    with here.session() as session:
        assert verified(here, session, tmp_path) == 0


def test_an_erasure_needs_a_ground_events_that_are_there_and_two_people(here: Lab) -> None:
    ids = list(AuditEvent.objects.exclude(body=None).values_list("pk", flat=True)[:101])
    count = AuditEvent.objects.filter(body=None).count()
    with pytest.raises(Refused, match="legal ground"):
        erase(here, ids[:1], ground=" ")
    with pytest.raises(NotFound, match="no audit event"):
        erase(here, [*ids[:3], 10**12])
    for second in (None, OPERATOR):
        with pytest.raises(Refused, match="two people"):
            erase(here, ids, second=second)
    assert AuditEvent.objects.filter(body=None).count() == count  # nothing was half done
    assert erase(here, ids[:100]) == 100


def behind_the_log(lab: Lab, statement: str) -> None:
    """Change a site with its trigger off."""
    with psycopg.connect(lab.dsn, autocommit=True) as session:
        session.execute("ALTER TABLE governance_site DISABLE TRIGGER USER")
        session.execute(statement.encode())
        for trigger in ("audit_row", "audit_row_update", "audit_truncate"):
            session.execute(f"ALTER TABLE governance_site ENABLE ALWAYS TRIGGER {trigger}".encode())


@pytest.mark.parametrize("is_covered", [False, True])
def test_what_shows_a_change_without_an_entry_is_not_erased(here: Lab, is_covered: bool) -> None:
    site = Site.objects.exclude(parent=None).order_by("pk").last()
    assert site is not None
    name = f"governance.site:{site.pk}"
    behind_the_log(here, f"UPDATE governance_site SET name = 'Taken' WHERE id = {site.pk}")
    site.refresh_from_db()
    if is_covered:
        with boundary.acting(OPERATOR, at=here.at):
            sites.change(site, name="Covered", time_zone="UTC", by=OPERATOR, at=here.at)
    rows = AuditEvent.objects.filter(object=name, act__startswith="row:").order_by("-id")
    keys = list(rows.values_list("pk", flat=True))
    assert len(keys) > 1 + is_covered
    other = AuditEvent.objects.filter(act="row:governance_user:insert").last()
    assert other is not None
    for key in keys[: 1 + is_covered]:
        with pytest.raises(Refused, match=f"entry {key} is kept, and nothing was erased.*{name}"):
            erase(here, [other.pk, key])
    assert not rows.filter(body=None).exists()
    assert AuditEvent.objects.exclude(body=None).filter(pk=other.pk).exists()
    assert "V8" in verify(here).classes
    assert erase(here, [other.pk]) == 1


def test_a_row_that_vanished_without_an_entry_keeps_its_last(here: Lab) -> None:
    with boundary.acting(OPERATOR, at=here.at):
        site = sites.create(
            slug="gone", name="Gone", kind="site", parent=Site.objects.get(parent=None),
            time_zone="UTC", by=OPERATOR, at=here.at,
        )  # fmt: skip
    behind_the_log(here, f"DELETE FROM governance_site WHERE id = {site.pk}")
    entry = AuditEvent.objects.get(object=site.ref, act__startswith="row:")
    with pytest.raises(Refused, match="gone without an entry"):
        erase(here, [entry.pk])
