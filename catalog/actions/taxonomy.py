"""Keys of the taxonomy: shipped ones taken in, own ones added, retired ones replaced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from catalog.actions import settling
from catalog.domain.labels import floor
from catalog.domain.taxonomy import FIXED, Origin, Scheme, is_own, parent_of, protects_as
from catalog.errors import NoReason, TermFixed, TermNeeded
from catalog.models import LabelAssertion, Term
from catalog.permissions import Act
from catalog.taxonomy.shipped import Shipped
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict
from governance.postgresql import staging

# Of two opinions of one source that now speak of one category the more protective stays; what
# two people agreed to lower was another category, so it waits for a second person again.
_DROP = """
WITH ranked AS (
  SELECT l.id, row_number() OVER (
    PARTITION BY l.asset_id, l.source, l.polarity
    ORDER BY array_position(ARRAY['accepted', 'proposed', 'rejected', 'superseded'],
                            l.status::text), l.level DESC, (l.category = %(new)s) DESC) AS place
    FROM catalog_labelassertion l WHERE l.category IN (%(old)s, %(new)s)
)
DELETE FROM catalog_labelassertion l USING ranked r
 WHERE r.id = l.id AND r.place > 1
   AND EXISTS (SELECT FROM catalog_labelassertion o
                WHERE o.asset_id = l.asset_id AND o.source = l.source
                  AND o.polarity = l.polarity AND o.category = %(old)s)
RETURNING l.asset_id
"""
_MOVE = """
UPDATE catalog_labelassertion
   SET category = %(new)s, level = greatest(level, %(floor)s),
       status = CASE WHEN polarity = 'is_not' AND status = 'accepted' THEN 'proposed'
                     ELSE status END,
       actor = CASE WHEN polarity = 'is_not' AND status = 'accepted' THEN '' ELSE actor END,
       decided_at = CASE WHEN polarity = 'is_not' AND status = 'accepted' THEN NULL
                         ELSE decided_at END
 WHERE category = %(old)s
RETURNING asset_id
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many terms of the shipped file were new, changed and retired, and what moved."""

    added: int
    changed: int
    retired: int
    labels: int


@transaction.atomic
def load(shipped: Sequence[Shipped], *, by: Actor, at: datetime) -> Loaded:
    """Bring the table to what ships; own additions stay, and a second time changes nothing.

    What people retired stays retired. Labels that still name a retired key are moved, whoever
    retired it.

    Raises:
        NotAllowed: ``by`` may not write terms, or one is to be retired and ``by`` may not.
        TermNeeded: a key that ended is still needed here, or its successor protects less.
    """
    require(by, Act.TERM_WRITE, Term(), at=at)
    known = {(row.scheme, row.key): row for row in Term.objects.select_for_update()}
    added = changed = 0
    for one in sorted(shipped, key=lambda one: one.key):
        row = known.get((one.scheme.value, one.key))
        if row is None:
            row = Term(scheme=one.scheme.value, key=one.key, version=0)
            known[one.scheme.value, one.key] = row
        if _bring(row, one, _parent(one.scheme.value, one.key, known), at=at):
            added, changed = added + (row.version == 1), changed + (row.version > 1)
    retired = 0
    for one in shipped:
        row = known[one.scheme.value, one.key]
        if one.successor and row.retired_at is None:
            successor = known[one.scheme.value, one.successor]
            retire(row, successor=successor, reason="the shipped terms retire it", by=by, at=at)
            retired += 1
    strays = Term.objects.replaced()
    labels = sum(_move(old, new, at=at) for old, new in strays.items())
    if added or changed or labels:
        audit.record(
            by=by, act=Act.TERM_WRITE, ref="catalog.term:*", at=at, added=added, changed=changed,
            labels=labels or None,
        )  # fmt: skip
    return Loaded(added, changed, retired, labels)


@transaction.atomic
def add(*, scheme: Scheme, key: str, label: str, description: str, by: Actor, at: datetime) -> Term:
    """Add an own term; it stands below the longest key that its own begins with.

    Raises:
        NotAllowed: ``by`` may not write terms.
        TermFixed: the scheme takes no additions.
        BadInput: the key has not the form of an own one.
        Conflict: the scheme has this key.
        ValidationError: a field does not fit.
    """
    term = Term(scheme=scheme.value, key=key.strip(), changed_at=at)
    term.label, term.description = label.strip(), description.strip()
    require(by, Act.TERM_WRITE, term, at=at)
    if scheme in FIXED:
        raise TermFixed(f"{scheme.heading} are the kinds of assets that the product knows.")
    if not is_own(term.key):
        raise BadInput(
            "An own key stands under x, in lower case: x.recipe, or user.x.badge.", pointer="/key"
        )
    live = Term.objects.live().filter(scheme=scheme.value)
    term.parent = live.filter(key=parent_of(term.key, _keys(live))).first()
    term.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            term.save()
    except IntegrityError as error:
        raise Conflict(f"There is a term {term.key} already.") from error
    audit.record(by=by, act=Act.TERM_WRITE, ref=term.ref, at=at, key=term.key, scheme=term.scheme)
    return term


@transaction.atomic
def change(term: Term, *, label: str, description: str, by: Actor, at: datetime) -> Term:
    """Say anew what an own term means.

    Raises:
        NotAllowed: ``by`` may not write terms.
        TermFixed: it is shipped; the next load would take the change back.
        Conflict: it is retired.
        ValidationError: a field does not fit.
    """
    require(by, Act.TERM_WRITE, term, at=at)
    if term.origin != Origin.OWN.value:
        raise TermFixed("A shipped term says what it ships with; add an own one below it.")
    term.label, term.description, term.changed_at = label.strip(), description.strip(), at
    term.full_clean(validate_unique=False, validate_constraints=False)
    rows = Term.objects.live().filter(pk=term.pk, version=term.version)
    if not rows.update(
        label=term.label, description=term.description, changed_at=at, version=term.version + 1
    ):
        raise Conflict(f"{term.key} is retired, or somebody changed it meanwhile.")
    term.refresh_from_db()
    audit.record(by=by, act=Act.TERM_WRITE, ref=term.ref, at=at, key=term.key, label=term.label)
    return term


@transaction.atomic
def retire(term: Term, *, successor: Term, reason: str, by: Actor, at: datetime) -> int:
    """End a key in favor of ``successor``; return how many labels moved to it.

    No label is left with the old key, and what was retired for this one is now retired for its
    successor. Levels are lifted to the successor's floor.

    Raises:
        NotAllowed: ``by`` may not retire terms.
        NoReason: nothing says why.
        TermFixed: it is an asset type.
        TermNeeded: a live term stands below it; the successor is of another scheme, retired,
            below it, or protects less.
        Conflict: it is retired already.
    """
    require(by, Act.TERM_RETIRE, term, at=at)
    if not reason.strip():
        raise NoReason("Say why this key ends.")
    _fits(term, successor)
    if (
        not Term.objects.live()
        .filter(pk=term.pk)
        .update(retired_at=at, successor=successor, changed_at=at, version=term.version + 1)
    ):
        raise Conflict(f"{term.key} is retired already.")
    before = list(Term.objects.filter(successor=term))
    for row in before:
        Term.objects.filter(pk=row.pk).update(
            successor=successor, changed_at=at, version=row.version + 1
        )
    moved = 0
    if term.scheme == Scheme.DATA_CATEGORY.value:
        moved = _move(term.key, successor.key, at=at)
    term.refresh_from_db()
    audit.record(
        by=by, act=Act.TERM_RETIRE, ref=term.ref, at=at, key=term.key, successor=successor.key,
        labels=moved, reason=reason,
    )  # fmt: skip
    return moved


def _fits(term: Term, successor: Term) -> None:
    if Scheme(term.scheme) in FIXED:
        raise TermFixed("Asset types are the kinds of assets that the product knows.")
    if successor.scheme != term.scheme or successor.pk == term.pk or successor.retired_at:
        raise TermNeeded("The successor is another live term of the same scheme.")
    if term.children.filter(retired_at=None).exists():
        raise TermNeeded(f"Terms stand below {term.key}; retire those first.")
    is_category = term.scheme == Scheme.DATA_CATEGORY.value
    if is_category and not protects_as(term.key, successor.key):
        raise TermNeeded(
            f"{successor.key} protects less than {term.key}: data would be declassified. "
            "Lower the labels first, where that is right."
        )


def _move(old: str, new: str, *, at: datetime) -> int:
    parameters = {"old": old, "new": new, "floor": floor([new]).value}
    if not LabelAssertion.objects.filter(category=old).exists():
        return 0
    dropped = staging.run(_DROP, parameters)
    moved = staging.run(_MOVE, parameters)
    settling.label_assets({row[0] for row in (*dropped, *moved)}, at=at)
    return len(moved)


def _bring(row: Term, one: Shipped, parent: Term | None, *, at: datetime) -> bool:
    """Make ``row`` say what ships; return whether that changed it."""
    told = {
        "label": one.label,
        "description": one.description,
        "reference": one.reference,
        "origin": one.origin.value,
        "parent_id": parent.pk if parent else None,
    }
    if row.pk and all(getattr(row, name) == value for name, value in told.items()):
        return False
    for name, value in told.items():
        setattr(row, name, value)
    row.version, row.changed_at = row.version + 1, at
    row.save()
    return True


def _parent(scheme: str, key: str, known: dict[tuple[str, str], Term]) -> Term | None:
    return known.get((scheme, parent_of(key, {one for at, one in known if at == scheme})))


def _keys(rows: Iterable[Term]) -> set[str]:
    return {row.key for row in rows}
