"""What partners hear: copies, by label, of incidents they are part of."""

from datetime import datetime

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed, Refused
from incidents.actions import saying, sharing
from incidents.domain.tlp import Tlp
from incidents.errors import StaysInside
from incidents.models import Incident, IncidentLink, PartnerEntry, PartnerSlice, TimelineEntry
from partners.models import Partner
from tests.builders.incidents import a_responder, an_incident
from tests.builders.partners import a_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(commander: Actor, at: datetime) -> tuple[Incident, Partner]:
    incident, partner = an_incident(by=commander, at=at, title="Our words"), a_partner()
    IncidentLink.objects.create(
        incident=incident, target=partner.party, label=partner.name, role="involved",
        added_by=commander.ref, added_at=at,
    )  # fmt: skip
    return incident, partner


def test_a_line_is_copied_and_the_phase_follows(
    told: tuple[Incident, Partner], commander: Actor, at: datetime
) -> None:
    incident, partner = told
    did = {"by": commander, "at": at}
    sharing.share(incident, partner.party, "rotate your keys", title="Their words", **did)
    sharing.share(incident, partner.party, "again", title="ignored", **did)
    part = PartnerSlice.objects.get()
    assert (part.title, part.phase, part.incident) == ("Their words", "active", incident.reference)
    assert PartnerEntry.objects.filter(slice=part).count() == 2
    said = TimelineEntry.objects.filter(incident=incident, kind="shared").order_by("id")
    assert said[0].text == f"Told {partner.name} (TLP:AMBER): rotate your keys"
    saying.say(incident, "/contained now", **did)
    part.refresh_from_db()
    assert part.phase == "contained"


def test_red_stays_inside_and_strangers_hear_nothing(
    told: tuple[Incident, Partner], commander: Actor, at: datetime
) -> None:
    incident, partner = told
    did = {"by": commander, "at": at}
    line = saying.say(incident, "secret", tlp=Tlp.RED, **did).line
    for over in ({"tlp": Tlp.RED}, {"tlp": Tlp.AMBER_STRICT}, {"entry": line}):
        with pytest.raises(StaysInside):
            sharing.share(incident, partner.party, "x", **did, **over)
    with pytest.raises(Refused, match="part of this incident"):
        sharing.share(incident, a_partner().party, "x", **did)
    with pytest.raises(Refused, match="Nothing was written"):
        sharing.share(incident, partner.party, " ", **did)
    by = a_responder("site_operator")
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        sharing.share(incident, partner.party, "x", by=by, at=at)
    assert not PartnerSlice.objects.exists()
