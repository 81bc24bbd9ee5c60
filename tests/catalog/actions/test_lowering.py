"""A label that lowers: two people, a reason, an end."""

from datetime import datetime, timedelta

import pytest

from catalog.actions import classifying, lowering, settling
from catalog.domain.labels import Level
from catalog.errors import AlreadyDecided, BadTerm, NoReason, OwnLowering
from catalog.models import Asset, Edge, LabelAssertion
from governance import boundary, jobs, registries
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.registries import JobRun
from tests.builders.catalog import NOW, a_column, a_label, an_asset
from tests.builders.governance import a_member, a_site

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def columns(at: datetime) -> tuple[Asset, Asset]:
    """A column of e-mail addresses, and one that is made of it."""
    table = an_asset()
    source, target = a_column(table, name="email"), a_column(table, name="copy")
    Edge.objects.create(src=source, dst=target, kind="direct", first_seen_at=NOW)
    a_label(source, category="user.contact.email")
    settling.label_assets([source.pk, target.pk], at=at)
    return source, target


def propose(asset: Asset, by: Actor, at: datetime, **over: object) -> LabelAssertion:
    fields = {"category": "user.contact", "reason": "machines", "until": at + 90 * DAY, **over}
    with boundary.acting(by, at=at):
        return lowering.lower(asset, by=by, at=at, **fields)  # type: ignore[arg-type]


def decide(row: LabelAssertion, by: Actor, at: datetime, *, accept: bool = True) -> int:
    rows = LabelAssertion.objects.filter(pk=row.pk)
    with boundary.acting(by, at=at):
        return classifying.decide(rows, accept=accept, reason="read", by=by, at=at)


def run_job(name: str, at: datetime) -> None:
    kind, by = registries.job_kinds.get(name), actors.service("scheduler")
    assert kind is not None
    with boundary.acting(by, at=at):
        kind.handler(JobRun(1, name, {}, by, at, 1))


def held(asset: Asset) -> tuple[int | None, bool]:
    asset.refresh_from_db()
    return asset.level, asset.is_personal


def test_a_second_person_lowers_and_what_is_made_of_it_follows(
    columns: tuple[Asset, Asset], at: datetime
) -> None:
    source, target = columns
    first, second = a_member("steward").as_actor(), a_member("data_owner").as_actor()
    row = propose(source, first, at, category="user")
    assert held(source) == held(target) == (2, True), "a proposal lowers nothing"
    assert decide(row, second, at) == 1
    assert (held(source)[1], held(target)[1]) == (False, False)


def test_a_level_is_capped_and_categories_stay(columns: tuple[Asset, Asset], at: datetime) -> None:
    source, target = columns
    row = propose(source, a_member("steward").as_actor(), at, category="", level=Level.INTERNAL)
    decide(row, a_member("steward").as_actor(), at)
    assert held(source) == held(target) == (1, True)


def test_nobody_accepts_a_lowering_of_his_own(columns: tuple[Asset, Asset], at: datetime) -> None:
    by = a_member("steward").as_actor()
    row = propose(columns[0], by, at)
    for other in (by, actors.service("operator")):
        with pytest.raises(OwnLowering):
            decide(row, other, at)
    assert decide(row, by, at, accept=False) == 1, "but may take it back"
    assert held(columns[0]) == (2, True)


def test_it_ends_by_itself(columns: tuple[Asset, Asset], at: datetime) -> None:
    source, target = columns
    row = propose(source, a_member("steward").as_actor(), at, category="user")
    decide(row, a_member("steward").as_actor(), at)
    for when, personal in ((at + 89 * DAY, False), (at + 90 * DAY, True)):
        run_job("catalog_labels_expire", when)
        assert (held(source)[1], held(target)[1]) == (personal, personal)
    row.refresh_from_db()
    assert (row.status, row.actor) == ("superseded", "")
    again = propose(source, a_member("steward").as_actor(), at + 91 * DAY, until=at + 99 * DAY)
    assert again.pk != row.pk, "another category"


def test_what_is_over_is_not_accepted_any_more(columns: tuple[Asset, Asset], at: datetime) -> None:
    row = propose(columns[0], a_member("steward").as_actor(), at, until=at + DAY)
    with pytest.raises(AlreadyDecided):
        decide(row, a_member("steward").as_actor(), at + DAY)


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"reason": " "}, NoReason),
        ({"until": NOW}, BadTerm),
        ({"until": NOW + 366 * DAY}, BadTerm),
        ({"level": Level.PUBLIC}, ValueError),
        ({"category": ""}, ValueError),
        ({"category": "user..x"}, ValueError),
    ],
)
def test_what_says_too_little_is_refused(
    columns: tuple[Asset, Asset], at: datetime, over: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        propose(columns[0], a_member("steward").as_actor(), at, **over)
    assert not LabelAssertion.objects.filter(polarity="is_not").exists()


def test_the_same_is_open_once_and_may_be_asked_again_after_a_no(
    columns: tuple[Asset, Asset], at: datetime
) -> None:
    by = a_member("steward").as_actor()
    row = propose(columns[0], by, at)
    with pytest.raises(AlreadyDecided):
        propose(columns[0], by, at)
    decide(row, a_member("steward").as_actor(), at, accept=False)
    assert propose(columns[0], by, at, reason="looked again").pk == row.pk


def test_whoever_may_not_lower_is_refused(columns: tuple[Asset, Asset], at: datetime) -> None:
    for by in (a_member("auditor"), a_member("steward", site=a_site())):
        with pytest.raises(NotAllowed):
            propose(columns[0], by.as_actor(), at)


def test_the_job_works_out_what_was_too_much_at_once(
    columns: tuple[Asset, Asset], at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = columns
    monkeypatch.setattr("catalog.queries.lineage.cone", lambda *_, **__: None)
    a_label(source, category="user.financial", level=3, source="import")
    put_off = []
    monkeypatch.setattr(jobs, "enqueue", lambda kind, **over: put_off.append(kind))
    settling.label_assets([source.pk], at=at)
    assert put_off == ["catalog_labels"]
    source.refresh_from_db()
    assert source.is_pending
    assert source.level == Level.RESTRICTED, "protected at once"
    run_job("catalog_labels", at)
    source.refresh_from_db()
    assert not source.is_pending
    assert held(target) == (3, True)
