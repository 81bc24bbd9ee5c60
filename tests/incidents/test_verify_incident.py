"""``verify_incident`` names the exact file or row that is another than it was."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from governance.domain.actor import Actor
from incidents.actions import saying
from incidents.models import Incident
from tests.builders.evidence import an_item, lies_at
from tests.builders.incidents import NOW, a_responder, an_incident
from tests.builders.signed import as_owner

pytestmark = pytest.mark.django_db(transaction=True)


def said(incident: Incident) -> tuple[int, dict[str, object]]:
    out = StringIO()
    try:
        call_command("verify_incident", incident.reference, "--json", stdout=out)
    except SystemExit as end:
        return int(str(end.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_each_altered_thing_is_named() -> None:
    by: Actor = a_responder()
    incident = an_incident(by=by)
    other = an_incident(by=by)
    items = [an_item(incident, data, by=by) for data in (b"one", b"two", b"three")]
    line = saying.say(incident, "seen", by=by, at=NOW).line
    second = saying.say(incident, "seen too", by=by, at=NOW).line
    saying.say(other, "elsewhere", by=by, at=NOW)
    code, clean = said(incident)
    assert (code, clean["faults"], clean["files"]) == (0, [], 3)
    lies_at(items[0]).chmod(0o600)
    lies_at(items[0]).write_bytes(b"0ne")
    lies_at(items[1]).unlink()
    entries, acts = "incidents_timelineentry", "incidents_custodyevent"
    as_owner(entries, f"UPDATE {entries} SET text = 'unseen' WHERE id = {line.pk}")
    as_owner(entries, f"DELETE FROM {entries} WHERE id = {second.pk}")
    as_owner(acts, f"UPDATE {acts} SET reason = 'x' WHERE item_id = {items[2].pk}")
    code, found = said(incident)
    assert code == 1
    faults = found["faults"]
    assert isinstance(faults, list)
    chain = items[2].chain.get().ref
    assert {one["what"]: one["why"].partition(":")[0] for one in faults} == {
        "file E1 export.csv": "it is another file",
        "file E2 export.csv": "it is missing",
        line.ref: "the row is another than its latest entry says",
        second.ref: "the row is gone without an entry",
        chain: "the row is another than its latest entry says",
    }
    assert said(other)[0] == 0
