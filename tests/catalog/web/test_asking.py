"""From the page of an asset to the form in which access to it is asked for."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Asset
from catalog.web import asking
from governance.models import AccessRequest, GovernedSystem, Grant
from tests.builders import signin
from tests.builders.catalog import a_column, an_asset
from tests.builders.governance import a_member
from tests.governance.actions.test_requesting import approved, asked
from tests.governance.queries.test_observed_access import a_look, seen

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


@pytest.fixture
def asset(db: None) -> Asset:
    return an_asset(name="badge", fqn="plant.mes.badge", level=2)


def shown(client: Client, asset: Asset) -> str:
    return str(client.get(f"/catalog/{asset.pk}/").content.decode())


def test_the_page_leads_to_the_form_filled_in(asset: Asset) -> None:
    reader = a_member("steward", site=asset.site)
    client = signin.proven(reader)
    assert "Ask for access" in shown(client, asset)
    way = asking.of(asset, reader.as_actor(), at=timezone.now())
    assert way is not None
    form = urlsplit(way.url)
    text = client.get(f"{form.path}?{form.query}").content.decode()
    assert f'<option value="{asset.system_id}" selected>' in text
    assert 'name="entitlement" value="select"' in text
    assert 'name="scope" value="mes.badge"' in text
    sent = {"principal": "plant_ana", "entitlement": "select", "scope": "mes.badge"}
    sent |= {"purpose": "shift report", "days": "30", "system": str(asset.system_id)}
    assert client.post(f"{form.path}?{form.query}", sent).status_code == 302
    row = AccessRequest.objects.get()
    assert (row.resource, row.act, row.level) == ("", "", "confidential")
    assert f"/requests/#request-{row.pk}" in shown(client, asset)


def test_what_is_held_already_is_shown_with_its_end(asset: Asset) -> None:
    at = timezone.now()
    reader = a_member("steward", site=asset.site)
    owner = a_member("data_owner", site=asset.site)
    system = GovernedSystem.objects.get(pk=asset.system_id)
    row = asked(at, system=system, requester=reader)
    assert approved(row, owner, at) is not None
    a_look(system, at)
    client = signin.proven(reader)
    text = shown(client, asset)
    grant = Grant.objects.get()
    assert f"{grant.valid_to:%b} {grant.valid_to.day}, {grant.valid_to:%Y}" in text
    assert "approved, not there yet" in text
    seen(system, grant.principal, grant.entitlement, scope=grant.scope)
    assert "seen there" in shown(client, asset)
    assert "You have select" not in shown(signin.proven(owner), asset), "it is not theirs"


def test_who_may_not_ask_reads_no_way_and_a_column_has_none(asset: Asset) -> None:
    assert "Ask for access" not in shown(signin.proven(a_member("auditor")), asset)
    reader = a_member("steward", site=asset.site).as_actor()
    assert asking.of(a_column(asset), reader, at=timezone.now()) is None
