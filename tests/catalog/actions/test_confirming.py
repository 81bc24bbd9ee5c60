"""Owners are asked by a link that is theirs alone, ends, and serves one purpose."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core import signing
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalog.actions import confirming
from catalog.actions.confirming import NotTheOwner
from catalog.errors import NoReason
from catalog.models import Asset, OwnerAnswer
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed, NotFound, Refused
from governance.models import AuditEvent, Notice
from tests.builders.catalog import a_column, an_asset
from tests.builders.coverage import an_answer, complete
from tests.builders.governance import a_member, a_system, a_user
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db


def test_each_owner_gets_one_notice_a_day(operator: Actor, at: datetime) -> None:
    ana, ben = a_user(), a_user()
    system = a_system()
    table = an_asset(system=system, owner=ana)
    an_asset(system=system, owner=ana)
    a_column(table, owner=ana)
    an_asset(system=system, owner=ben)
    an_asset(system=system, owner=a_user(is_active=False))
    an_asset(owner=ben)
    assert confirming.ask(system=system, by=operator, at=at) == 2
    assert confirming.ask(system=system, by=operator, at=at) == 0
    notice = Notice.objects.get(user=ana)
    assert notice.subject == "Confirm what is yours: 2 assets"
    word = notice.text.split("/catalog/owners/")[1].rstrip("/")
    assert confirming.opened(word, by=ana.as_actor(), at=at).system == system.slug
    assert AuditEvent.objects.filter(act="catalog:owner:ask").count() == 2
    assert confirming.ask(by=operator, at=at + timedelta(days=1)) == 2


def test_asking_needs_an_owner_and_the_right(operator: Actor, at: datetime) -> None:
    with pytest.raises(Refused):
        confirming.ask(system=a_system(), by=operator, at=at)
    asset = an_asset(owner=a_user())
    by = a_member("auditor").as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        confirming.ask(system=asset.system, by=by, at=at)


@pytest.mark.parametrize("sort", ["forged", "expired", "another", "purpose", "shape", "cut"])
def test_a_link_that_is_not_in_order_shows_nothing(sort: str, at: datetime) -> None:
    ana = a_user()
    word, by = confirming.sign(ana, system="", at=at), ana.as_actor()
    assert confirming.opened(word, by=by, at=at).until == at + timedelta(days=14)
    match sort:
        case "forged":
            word = word[:-1] + ("A" if word[-1] != "A" else "B")
        case "expired":
            at += timedelta(days=14)
        case "another":
            by = a_user().as_actor()
        case "purpose":
            until = (at + timedelta(days=1)).isoformat()
            word = signing.dumps([str(ana.pk), "", until], salt="another.purpose")
        case "shape":
            word = signing.dumps([str(ana.pk)], salt="catalog.owner.confirm")
        case "cut":
            word = "x"
    with pytest.raises(NotFound):
        confirming.opened(word, by=by, at=at)


def test_a_no_opens_a_gap_and_reaches_the_steward(at: datetime) -> None:
    asset = complete(owner=a_member("data_owner"))
    steward = a_member("steward", site=asset.system.site)
    assert asset.owner is not None
    by, rows = asset.owner.as_actor(), Asset.objects.filter(pk=asset.pk)
    with boundary.acting(by, at=at):
        with pytest.raises(NoReason):
            confirming.answer(rows, is_mine=False, word=" ", by=by, at=at)
        confirming.answer(rows, is_mine=False, word="logistics runs it", by=by, at=at)
        assert "logistics runs it" in Notice.objects.get(user=steward).text
        confirming.answer(rows, is_mine=True, word="", by=by, at=at)
    answer = OwnerAnswer.objects.get()
    assert (answer.answer, answer.answered_at) == ("mine", at)
    events = AuditEvent.objects.filter(act="catalog:owner:confirm").order_by("id")
    assert [one.facts["answer"] for one in events] == ["not_mine", "mine"]


def test_nobody_answers_for_another(operator: Actor, at: datetime) -> None:
    asset = complete(owner=a_member("data_owner"))
    rows = Asset.objects.filter(pk=asset.pk)
    for by in (a_member("data_owner").as_actor(), operator):
        with pytest.raises(NotTheOwner), boundary.acting(by, at=at):
            confirming.answer(rows, is_mine=True, word="", by=by, at=at)
    with pytest.raises(Refused, match="Tick"):
        confirming.answer(Asset.objects.none(), is_mine=True, word="", by=operator, at=at)


def test_the_page_lists_what_is_mine_and_keeps_my_word(at: datetime) -> None:
    ana = a_member("data_owner")
    system = a_system()
    first, second = (an_asset(system=system, owner=ana, name=name) for name in ("one", "two"))
    an_asset(system=system, owner=a_user(), name="other")
    an_answer(second, user=ana, answer="not_mine", word="sold")
    with time_machine.travel(at, tick=False):
        url = reverse("catalog:owner", args=[confirming.sign(ana, system=system.slug, at=at)])
        client = proven(ana)
        page = client.get(url).content.decode()
        assert "You are named owner of 2 assets." in page
        assert "accepted labels" in page
        assert "other" not in page.split("<tbody>")[1].split("</tbody>")[0]
        sent = {"asset": first.pk, "verdict": "mine"}
        assert "1 asset is yours" in client.post(url, sent, follow=True).content.decode()
        assert (
            "Nothing was kept."
            in client.post(url, {"all": "yes", "verdict": "not_mine"}, follow=True).content.decode()
        )
        assert proven(a_member("data_owner")).get(url).status_code == 404
        assert proven(a_member("data_owner")).post(url, sent).status_code == 404
    with time_machine.travel(at + timedelta(days=15), tick=False):
        assert proven(ana).get(url).status_code == 404
    assert OwnerAnswer.objects.get(asset=first).answer == "mine"


def test_the_command_asks(at: datetime) -> None:
    asset = an_asset(owner=a_user())
    out = StringIO()
    call_command("owners", "ask", system=asset.system.slug, stdout=out)
    assert out.getvalue() == "1 asked\n"
    with pytest.raises(CommandError, match="atlantis"):
        call_command("owners", "ask", system="atlantis")
