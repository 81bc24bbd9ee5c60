"""Shipped terms are taken in, own ones added, and what named a retired key moves on."""

import dataclasses
from datetime import datetime, timedelta

import pytest

from catalog.actions import classifying, settling, tagging, taxonomy
from catalog.domain.labels import Level
from catalog.domain.taxonomy import Scheme
from catalog.errors import NoReason, TermFixed, TermNeeded
from catalog.models import Asset, LabelAssertion, Term
from catalog.taxonomy import shipped
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict
from governance.models import AuditEvent
from tests.builders.catalog import NOW, a_column, a_label, an_asset
from tests.builders.taxonomy import a_term

pytestmark = pytest.mark.django_db
ACCEPTED = {"status": "accepted", "actor": "user:1", "decided_at": NOW}


def retire(old: Term, new: Term, by: Actor, at: datetime) -> int:
    return taxonomy.retire(old, successor=new, reason="merged", by=by, at=at)


def test_loading_twice_changes_nothing_and_keeps_what_is_own(operator: Actor, at: datetime) -> None:
    own = a_term("user.x.badge", label="Badge")
    first = taxonomy.load(shipped.terms(), by=operator, at=at)
    assert (first.added, first.changed, first.retired) == (312, 0, 0)
    assert taxonomy.load(shipped.terms(), by=operator, at=at) == taxonomy.Loaded(0, 0, 0, 0)
    own.refresh_from_db()
    assert (own.label, own.version) == ("Badge", 1)
    email = Term.objects.get(key="user.contact.email")
    assert email.parent is not None
    assert (email.parent.key, email.floor_name) == ("user.contact", "confidential")
    assert AuditEvent.objects.filter(act="catalog:term:write").count() == 1


def test_a_newer_file_changes_words_and_retires_with_its_labels(
    operator: Actor, at: datetime
) -> None:
    terms = {one.key: one for one in shipped.terms() if one.scheme is Scheme.DATA_CATEGORY}
    taxonomy.load(list(terms.values()), by=operator, at=at)
    label = a_label(category="user.contact.fax_number")
    fax = terms["user.contact.fax_number"]
    terms[fax.key] = dataclasses.replace(fax, successor="user.contact.phone_number")
    terms["user"] = dataclasses.replace(terms["user"], label="Persons")
    done = taxonomy.load(list(terms.values()), by=operator, at=at)
    assert (done.added, done.changed, done.retired) == (0, 1, 1)
    label.refresh_from_db()
    assert label.category == "user.contact.phone_number"
    assert Term.objects.get(key="user").version == 2
    assert taxonomy.load(list(terms.values()), by=operator, at=at) == taxonomy.Loaded(0, 0, 0, 0)


def test_own_terms_are_added_below_what_is_there(operator: Actor, at: datetime) -> None:
    user = a_term("user")
    told = {"label": "Badge", "description": "", "by": operator, "at": at}
    badge = taxonomy.add(scheme=Scheme.DATA_CATEGORY, key="user.x.badge", **told)  # type: ignore[arg-type]
    assert (badge.parent, badge.origin, badge.floor_name) == (user, "own", "internal")
    with pytest.raises(Conflict):
        taxonomy.add(scheme=Scheme.DATA_CATEGORY, key="user.x.badge", **told)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        taxonomy.add(scheme=Scheme.DATA_CATEGORY, key="user.badge", **told)  # type: ignore[arg-type]
    with pytest.raises(TermFixed):
        taxonomy.add(scheme=Scheme.ASSET_TYPE, key="x.robot", **told)  # type: ignore[arg-type]
    changed = taxonomy.change(badge, label="Pass", description="A pass.", by=operator, at=at)
    assert (changed.label, changed.version) == ("Pass", 2)
    with pytest.raises(TermFixed):
        taxonomy.change(user, label="People", description="", by=operator, at=at)


def test_a_change_of_what_somebody_else_changed_is_refused(operator: Actor, at: datetime) -> None:
    term = a_term()
    read_before = Term.objects.get(pk=term.pk)
    taxonomy.change(term, label="One", description="", by=operator, at=at)
    with pytest.raises(Conflict):
        taxonomy.change(read_before, label="Two", description="", by=operator, at=at)


def test_labels_move_to_the_successor_and_levels_rise_to_its_floor(
    operator: Actor, at: datetime
) -> None:
    old, new = a_term("x.recipe"), a_term("x.process", origin="wardroom")
    column = a_column(an_asset())
    label = a_label(column, category=old.key, level=1, **ACCEPTED)
    settling.label_assets([column.pk], at=at)
    assert retire(old, new, operator, at) == 1
    label.refresh_from_db()
    assert (label.category, label.level, label.status) == ("x.process", 2, "accepted")
    column.refresh_from_db()
    assert (column.level, "x.recipe" in column.categories) == (2, False)
    assert "x.process" in column.categories
    old.refresh_from_db()
    assert (old.successor, old.version) == (new, 2)
    told = AuditEvent.objects.get(act="catalog:term:retire")
    assert told.object == old.ref


@pytest.mark.parametrize(
    ("of_old", "of_new", "kept"),
    [
        ({**ACCEPTED}, {}, "accepted"),
        ({"status": "rejected", "actor": "user:1", "decided_at": NOW}, {}, "proposed"),
        ({"level": 3}, {"level": 2}, "proposed"),
    ],
)
def test_of_two_opinions_of_a_source_the_more_protective_stays(
    operator: Actor,
    at: datetime,
    of_old: dict[str, object],
    of_new: dict[str, object],
    kept: str,
) -> None:
    old, new = a_term("x.old"), a_term("x.new")
    column = a_column(an_asset())
    a_label(column, category=old.key, **of_old)
    a_label(column, category=new.key, **of_new)
    retire(old, new, operator, at)
    row = LabelAssertion.objects.get(asset=column)
    assert (row.category, row.status) == ("x.new", kept)
    assert row.level == of_old.get("level", 2)


def test_a_lowering_waits_for_a_second_person_again(operator: Actor, at: datetime) -> None:
    old, new = a_term("x.old"), a_term("x.new")
    row = a_label(
        category=old.key, polarity="is_not", source="human", reason="machines",
        proposed_by="user:2", expires_at=NOW + timedelta(days=9), **ACCEPTED,
    )  # fmt: skip
    retire(old, new, operator, at)
    row.refresh_from_db()
    assert (row.category, row.status, row.actor) == ("x.new", "proposed", "")


def test_nobody_is_named_by_a_retired_key_afterwards(operator: Actor, at: datetime) -> None:
    first, second, last = a_term("x.a"), a_term("x.b"), a_term("x.commercial", origin="wardroom")
    retire(first, second, operator, at)
    retire(second, last, operator, at)
    first.refresh_from_db()
    assert first.successor == last
    assert Term.objects.replaced() == {"x.a": "x.commercial", "x.b": "x.commercial"}
    table = an_asset()
    columns = [a_column(table) for _ in range(2)]
    classifying.state(
        Asset.objects.filter(pk=columns[0].pk), level=Level.INTERNAL, category="x.a",
        reason="seen", by=operator, at=at,
    )  # fmt: skip
    both = [(columns[1].pk, "x.a", ""), (columns[1].pk, "x.b", "")]
    tagging.propose(both, source="import", rule="t", at=at)
    held = LabelAssertion.objects.order_by("asset_id").values_list("category", "level")
    assert list(held) == [("x.commercial", 2)] * 2


def test_rules_propose_the_successor_once(operator: Actor, at: datetime) -> None:
    for key in ("user.contact.email", "user.contact.x.mail"):
        a_term(key)
    retire(
        Term.objects.get(key="user.contact.email"),
        Term.objects.get(key="user.contact.x.mail"),
        operator,
        at,
    )
    column = a_column(an_asset(), name="email")
    assert classifying.propose(column.system, by=operator, at=at)
    held = set(LabelAssertion.objects.filter(asset=column).values_list("category", flat=True))
    assert "user.contact.x.mail" in held
    assert "user.contact.email" not in held
    assert classifying.propose(column.system, by=operator, at=at) == 0


def test_what_may_not_end_is_refused(operator: Actor, at: datetime) -> None:
    user = a_term("user")
    name, other = a_term("user.name", parent=user), a_term("x.free")
    with pytest.raises(TermNeeded, match="declassified"):
        retire(name, other, operator, at)
    with pytest.raises(TermNeeded, match="stand below"):
        retire(user, name, operator, at)
    with pytest.raises(TermNeeded, match="same scheme"):
        retire(other, other, operator, at)
    with pytest.raises(TermNeeded, match="same scheme"):
        retire(other, a_term("x.use", scheme="data_use"), operator, at)
    kind = a_term("plc", scheme="asset_type")
    with pytest.raises(TermFixed):
        retire(kind, a_term("hmi", scheme="asset_type"), operator, at)
    with pytest.raises(NoReason):
        taxonomy.retire(other, successor=user, reason=" ", by=operator, at=at)
    retire(other, name, operator, at)
    with pytest.raises(Conflict):
        retire(other, name, operator, at)
