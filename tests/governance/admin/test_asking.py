"""The form in which access is asked for: sentences beside the fields, and suggestions."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import AccessRequest, GovernedSystem, PrincipalAlias
from tests.builders import signin
from tests.builders.governance import a_member, a_system
from tests.governance.queries.test_observed_access import a_look, seen

pytestmark = pytest.mark.django_db
FORM = "/admin/governance/accessrequest/add/"
ASKED = {
    "principal": "plant_ana",
    "entitlement": "select",
    "scope": "mes.operator",
    "purpose": "shift report",
    "days": "30",
}


@pytest.fixture
def system(db: None) -> GovernedSystem:
    row = a_system(name="MES Monterrey")
    a_look(row, datetime(2026, 11, 7, 11, tzinfo=timezone.get_current_timezone()))
    seen(row, "plant_ana", scope="mes.operator")
    return row


@pytest.fixture
def client(system: GovernedSystem) -> Client:
    return signin.proven(a_member("steward", site=system.site, email="ana@example.org"))


def told(client: Client, system: GovernedSystem, **over: str) -> str:
    answer = client.post(FORM, {**ASKED, "system": system.pk, **over}, follow=True)
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"scope": "operator"}, "MES Monterrey has no operator; did you mean mes.operator?"),
        ({"entitlement": "read"}, "MES Monterrey knows no right read; did you mean select?"),
        ({"days": "9999"}, "From 1 to 365 days."),
        ({"days": "0"}, "From 1 to 365 days."),
    ],
)
def test_what_cannot_be_asked_for_is_said_beside_its_field(
    client: Client, system: GovernedSystem, over: dict[str, str], sentence: str
) -> None:
    shown = told(client, system, **over)
    assert sentence in shown
    assert "Constraint" not in shown
    assert not AccessRequest.objects.exists()


def test_the_same_again_is_refused_on_the_form(client: Client, system: GovernedSystem) -> None:
    told(client, system)
    assert "is asked for already, since" in told(client, system)
    assert AccessRequest.objects.count() == 1


def test_whoever_decides_reads_that_the_login_is_not_there(
    client: Client, system: GovernedSystem
) -> None:
    told(client, system, principal="plant_nobody")
    row = AccessRequest.objects.get()
    owner = signin.proven(a_member("data_owner", site=system.site))
    shown = owner.get(f"/admin/governance/accessrequest/{row.pk}/change/").content.decode()
    assert "No such login was seen in MES Monterrey on Nov 7: it has to be made." in shown


def test_the_form_suggests_what_the_chosen_system_has(
    client: Client, system: GovernedSystem
) -> None:
    ana = a_member("steward", site=system.site)
    PrincipalAlias.objects.create(system=system, principal="plant_ana_w", user=ana)
    own = signin.proven(ana)
    words = f"/admin/governance/accessrequest/words/?system={system.pk}"
    shown = own.get(f"{words}&principal={ana.email}").content.decode()
    for value in ("plant_ana_w", "select", "mes.operator"):
        assert f'<option value="{value}">' in shown
    assert 'name="principal" value="plant_ana_w"' in shown
    kept = own.get(f"{words}&principal=plant_other").content.decode()
    assert 'name="principal"' not in kept, "what was typed stays"
    other = client.get(words).content.decode()
    assert "nobody has said yet" in other
    assert "plant_ana_w" not in other
    assert (
        "looked into"
        in own.get(
            f"/admin/governance/accessrequest/words/?system={a_system(site=system.site).pk}"
        ).content.decode()
    )


def test_a_system_that_is_not_open_to_them_tells_nothing(client: Client) -> None:
    hidden = a_system(name="Hidden")
    seen(hidden, "secret_login", scope="secret.table")
    words = f"/admin/governance/accessrequest/words/?system={hidden.pk}"
    shown = client.get(words).content.decode()
    assert "Choose a system" in shown
    assert "secret" not in shown
    auditor = signin.proven(a_member("auditor"))
    assert auditor.get(words).status_code == 403
