"""Acts of ours: what they do, that doing them again does nothing, and who passes them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from governance import boundary
from governance.domain.actor import Actor
from governance.models import DriftFinding, Notice
from incidents.actions import linking, voting, working
from incidents.executors import extension
from incidents.models import Approval, Card, CommandRun, Incident, LinkRole, Run, TimelineEntry
from partners.models import PortalKey
from tests.builders.engine import GROUP, Book, a_run
from tests.builders.governance import a_system, a_user
from tests.builders.incidents import a_responder, an_incident
from tests.builders.partners import a_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    """Now: approvals run out by the clock of the database."""
    return timezone.now()


def an_act(name: str, book: Book, *, arguments: dict[str, str] | None = None, **more: Any) -> str:
    said = {"commands": {"0": {"act": name, "arguments": arguments or {}}}}
    return book.add(
        "action", name, agent=GROUP, on_completion=book.end(),
        commands=[{"type": "manual", "command": f"Do {name} by hand."}],
        step_extensions={extension.ID: said}, **more,
    )  # fmt: skip


def run_act(incident: Incident, by: Actor, at: datetime, name: str, **more: Any) -> Run:
    seed = more.pop("seed", "")
    book = Book(seed=seed)
    book.variables = {"__is_major__": {"type": "bool"}, "__has_partners__": {"type": "bool"}}
    first = an_act(name, book, **more)
    return a_run(book, first, by=by, at=at, incident=incident, name=f"Test {seed}".strip())


def test_facts_of_the_room_fill_variables(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV1")
    run = run_act(incident, commander, at, "gather-facts", out_args=["__is_major__"])
    working.look(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.values[""]["__is_major__"]) == ("done", "true")


def test_the_holders_of_a_role_are_told_once(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    a_responder("soc_analyst", site=incident.site)
    before = Notice.objects.count()
    given = {"role": "SOC", "text": "Look at line 3"}
    run = run_act(incident, commander, at, "notify", arguments=given)
    working.look(str(run.pk))
    told = Notice.objects.count() - before
    assert CommandRun.objects.get(run=run).answer == f"{told} told"
    assert told == 2, "the analyst of the site, and the one of the enterprise"


def test_a_role_that_nobody_holds_is_a_failure(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    run = run_act(incident, commander, at, "notify", arguments={"role": "The cat"})
    working.look(str(run.pk))
    assert Card.objects.get(run=run).question == "failure"


def test_partners_are_kept_out_once_a_second_person_has_passed_it(
    commander: Actor, at: datetime
) -> None:
    incident, partner = an_incident(by=commander, at=at), a_partner()
    user = a_user(party=partner.party)
    PortalKey.objects.create(
        partner=partner, user=user, name="x", digest=uuid4().hex, hint="abcd", scopes=["sbom"],
        created_at=at, valid_to=at.replace(year=2030),
    )  # fmt: skip
    linking.link(incident, partner.party, role=LinkRole.INVOLVED, by=commander, at=at, label="them")
    run = run_act(incident, commander, at, "isolate-partners")
    working.look(str(run.pk))
    user.refresh_from_db()
    assert user.is_active
    asked, other = Approval.objects.get(run=run), a_responder("administrator")
    with boundary.acting(other, at=at):
        voting.vote(asked, digest=asked.request_sha256, is_for=True, by=other, at=at)
    working.look(str(run.pk))
    user.refresh_from_db()
    assert not user.is_active
    assert not PortalKey.objects.filter(revoked_at=None).exists()
    assert "1 keys ended, 1 logins suspended" in CommandRun.objects.get(run=run).answer


def test_a_finding_is_opened_once_for_each_thing_in_a_governed_system(
    commander: Actor, at: datetime
) -> None:
    incident, system = an_incident(by=commander, at=at), a_system()
    owner = system.owner = a_user()
    system.save(update_fields=["owner"])
    linking.link(
        incident, system.ref, role=LinkRole.AFFECTED, by=commander, at=at, label="the badges"
    )
    given = {"text": "badges were read at night"}
    first = run_act(incident, commander, at, "open-finding", arguments=given)
    working.look(str(first.pk))
    finding = DriftFinding.objects.get(system=system)
    assert (finding.kind, finding.state, finding.owner) == ("reported", "open", owner)
    assert finding.via == f"{incident.reference}: badges were read at night"
    assert Notice.objects.get(user=owner).ref == finding.ref
    entry = TimelineEntry.objects.get(incident=incident, text__contains="/admin/")
    assert f"/admin/governance/driftfinding/{finding.pk}/change/" in entry.text
    assert "opened, to be decided by" in entry.text
    again = run_act(incident, commander, at, "open-finding", arguments=given, seed="again")
    working.look(str(again.pk))
    assert DriftFinding.objects.filter(system=system).count() == 1
    assert Notice.objects.filter(user=owner).count() == 1
    answer = CommandRun.objects.get(run=again).answer
    assert answer == f"finding {finding.pk} is open already: the badges"


def test_a_room_without_governed_things_opens_no_finding(commander: Actor, at: datetime) -> None:
    run = run_act(an_incident(by=commander, at=at), commander, at, "open-finding")
    working.look(str(run.pk))
    card = Card.objects.get(run=run)
    assert card.question == "failure"
    assert "nothing affected or suspected" in card.why
    assert not DriftFinding.objects.exists()


def test_an_act_that_is_not_known_here_is_a_card(commander: Actor, at: datetime) -> None:
    run = run_act(an_incident(by=commander, at=at), commander, at, "fly")
    assert Card.objects.get(run=run).commands == [{"type": "manual", "text": "Do fly by hand."}]
