"""Business terms: written by one, approved by another, linked to the assets that hold them."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from catalog.actions.scopes import require_all
from catalog.errors import NoReason, OwnApproval
from catalog.models import Asset, AssetTerm, BusinessTerm, TermRelation, TermState
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, NotFound, Refused
from governance.models import User

MOST_SYNONYMS = 30


@transaction.atomic
def write(
    term: BusinessTerm | None = None,
    *,
    name: str,
    definition: str,
    synonyms: Iterable[str] = (),
    owner: User | None = None,
    steward: User | None = None,
    related: Iterable[BusinessTerm] = (),
    by: Actor,
    at: datetime,
) -> BusinessTerm:
    """Define a business term, or define ``term`` anew; either way it is a draft afterwards.

    Raises:
        NotAllowed: ``by`` may not write the glossary.
        Refused: no name, no definition, or too many synonyms.
        Conflict: another term has this name, or the term has ended.
        ValidationError: a field does not fit.
    """
    row = term if term is not None else BusinessTerm()
    require(by, Act.GLOSSARY_WRITE, row, at=at)
    row.name, row.definition = " ".join(name.split()), definition.strip()
    row.synonyms = _distinct(synonyms, but=row.name)
    row.owner, row.steward = owner, steward
    row.state, row.written_by, row.written_at = TermState.DRAFT, by.ref, at
    row.approved_by, row.approved_at = "", None
    if not row.name or not row.definition:
        raise Refused("A term has a name and a definition.")
    if len(row.synonyms) > MOST_SYNONYMS:
        raise Refused(f"{MOST_SYNONYMS} synonyms are enough; the rest are other terms.")
    if row.pk and not BusinessTerm.objects.filter(pk=row.pk, ended_at=None).exists():
        raise Conflict(f"{row.name} has ended.")
    row.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(f"There is a term {row.name} already.") from error
    _relate(row, related)
    audit.record(
        by=by, act=Act.GLOSSARY_WRITE, ref=row.ref, at=at, name=row.name, synonyms=row.synonyms
    )
    return row


@transaction.atomic
def approve(term: BusinessTerm, *, reason: str = "", by: Actor, at: datetime) -> BusinessTerm:
    """Approve the definition as it was read; a newer wording is refused.

    Raises:
        NotAllowed: ``by`` may not approve.
        OwnApproval: ``by`` wrote it, or is no person.
        Conflict: it is no draft any more, or was written anew meanwhile.
    """
    require(by, Act.GLOSSARY_APPROVE, term, at=at)
    if by.is_service or term.written_by == by.ref:
        raise OwnApproval("A second person approves what somebody wrote.")
    rows = BusinessTerm.objects.filter(
        pk=term.pk, state=TermState.DRAFT, written_at=term.written_at, written_by=term.written_by
    )
    if not rows.update(state=TermState.APPROVED, approved_by=by.ref, approved_at=at):
        raise Conflict(f"{term} is no draft any more, or was written anew meanwhile.")
    term.refresh_from_db()
    audit.record(by=by, act=Act.GLOSSARY_APPROVE, ref=term.ref, at=at, reason=reason or None)
    return term


@transaction.atomic
def end(term: BusinessTerm, *, reason: str, by: Actor, at: datetime) -> None:
    """End a term that is said no longer; its links are kept for the record and not shown.

    Raises:
        NotAllowed: ``by`` may not write the glossary.
        NoReason: nothing says why.
        Conflict: it has ended already.
    """
    require(by, Act.GLOSSARY_WRITE, term, at=at)
    if not reason.strip():
        raise NoReason("Say why this term ends.")
    rows = BusinessTerm.objects.filter(pk=term.pk, ended_at=None)
    if not rows.update(state=TermState.ENDED, ended_at=at):
        raise Conflict(f"{term} has ended already.")
    audit.record(by=by, act=Act.GLOSSARY_WRITE, ref=term.ref, at=at, ended=True, reason=reason)


@transaction.atomic
def link(term: BusinessTerm, assets: QuerySet[Asset], *, by: Actor, at: datetime) -> int:
    """Say that ``assets`` hold what the term means; return how many did not say so yet.

    Raises:
        NotAllowed: ``by`` may not link one of them; then none is linked.
        NotFound: none of them is there.
        Conflict: the term has ended.
    """
    keys = list(assets.order_by().filter(gone_at=None).values_list("pk", flat=True))
    rows = Asset.objects.filter(pk__in=keys)
    if not keys:
        raise NotFound("There is no such asset, or none for you.")
    require_all(by, Act.ASSET_LINK, rows, at=at)
    if not BusinessTerm.objects.filter(pk=term.pk, ended_at=None).exists():
        raise Conflict(f"{term} has ended.")
    held = set(AssetTerm.objects.filter(term=term, asset__in=keys).values_list("asset", flat=True))
    new = [
        AssetTerm(term=term, asset_id=key, linked_by=by.ref, linked_at=at)
        for key in keys
        if key not in held
    ]
    AssetTerm.objects.bulk_create(new, ignore_conflicts=True)
    for one in new[:1]:
        ref = one.asset.ref if len(new) == 1 else term.ref
        audit.record(
            by=by, act=Act.ASSET_LINK, ref=ref, at=at, term=term.name, assets=len(new)
        )  # fmt: skip
    return len(new)


@transaction.atomic
def unlink(term: BusinessTerm, assets: QuerySet[Asset], *, by: Actor, at: datetime) -> int:
    """Take back that ``assets`` hold what the term means; return how many said so.

    Raises:
        NotAllowed: ``by`` may not link one of them; then nothing is taken back.
        Conflict: none of them was linked.
    """
    keys = list(assets.order_by().values_list("pk", flat=True))
    rows = Asset.objects.filter(pk__in=keys)
    require_all(by, Act.ASSET_LINK, rows, at=at)
    count, _ = AssetTerm.objects.filter(term=term, asset__in=keys).delete()
    if not count:
        raise Conflict("None of these was linked to the term.")
    ref = rows.get().ref if len(keys) == 1 else term.ref
    audit.record(
        by=by, act=Act.ASSET_LINK, ref=ref, at=at, term=term.name, assets=count, unlinked=True
    )
    return count


def _distinct(words: Iterable[str], *, but: str) -> list[str]:
    """Return the words without doubles, whatever their case, and without the name itself."""
    found: dict[str, str] = {}
    for word in words:
        plain = " ".join(word.split())
        if plain and plain.casefold() != but.casefold():
            found.setdefault(plain.casefold(), plain)
    return sorted(found.values(), key=str.casefold)


def _relate(row: BusinessTerm, related: Iterable[BusinessTerm]) -> None:
    """Make ``related`` exactly the terms that are read together with ``row``."""
    wanted = {one.pk for one in related} - {row.pk}
    held = TermRelation.objects.filter(Q(term=row) | Q(other=row))
    known = {
        other if term == row.pk else term: key
        for key, term, other in held.values_list("pk", "term", "other")
    }
    gone = [key for other, key in known.items() if other not in wanted]
    TermRelation.objects.filter(pk__in=gone).delete()
    TermRelation.objects.bulk_create(
        TermRelation(term_id=min(row.pk, other), other_id=max(row.pk, other))
        for other in sorted(wanted - set(known))
    )
