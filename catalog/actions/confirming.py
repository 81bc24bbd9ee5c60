"""Owners are asked what is theirs, by a signed link that ends, and answer for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Count, QuerySet
from django.urls import reverse

from catalog.actions.scopes import require_all
from catalog.errors import NoReason
from catalog.models import Answer, Asset, CoverageRow, OwnerAnswer
from catalog.permissions import Act
from governance import audit, notices
from governance.domain.actor import Actor
from governance.errors import NotFound, Refused
from governance.models import GovernedSystem, Notice, Site, User

LINK_DAYS = 14
_SALT = "catalog.owner.confirm"


class NotTheOwner(Refused):
    """Only its owner confirms an asset, or says that it is not theirs."""

    code = "not_the_owner"


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link is for and what it asks about; an empty system means all."""

    user: str
    system: str
    until: datetime


def sign(user: User, *, system: str, at: datetime) -> str:
    """Return the word of a link that lets ``user`` answer until 14 days after ``at``."""
    until = at + timedelta(days=LINK_DAYS)
    return signing.dumps([str(user.pk), system, until.isoformat()], salt=_SALT)


def opened(word: str, *, by: Actor, at: datetime) -> Link:
    """Return what the link says.

    Raises:
        NotFound: it was not made here, has ended, or is for somebody else: all look the same.
    """
    gone = NotFound("This link has ended, or is for somebody else. Ask for a new one.")
    try:
        user, system, until = signing.loads(word, salt=_SALT)
        link = Link(user, system, datetime.fromisoformat(until))
    except (signing.BadSignature, ValueError) as error:
        raise gone from error
    if at >= link.until or by.ref != f"user:{link.user}":
        raise gone
    return link


def owned(by: Actor, *, system: str = "") -> QuerySet[Asset]:
    """Return what counts one by one and has ``by`` as its owner."""
    rows = Asset.objects.filter(
        pk__in=CoverageRow.objects.values("pk"), owner=by.ref.removeprefix("user:")
    )
    return rows.filter(system__slug=system) if system else rows


@transaction.atomic
def ask(*, system: GovernedSystem | None = None, by: Actor, at: datetime) -> int:
    """Send each active owner one notice with a link to what is theirs; return how many were new.

    Asking again on the same day sends nobody a second one.

    Raises:
        NotAllowed: ``by`` may not ask about one of the assets; then nobody is asked.
        Refused: nothing there has an owner who is still here.
    """
    rows = Asset.objects.filter(
        pk__in=CoverageRow.objects.values("pk"), owner__is_active=True, owner__party=""
    )
    if system is not None:
        rows = rows.filter(system=system)
    require_all(by, Act.OWNER_ASK, rows, at=at)
    slug = system.slug if system else ""
    sent = 0
    counts = rows.order_by().values_list("owner").annotate(n=Count("pk"))
    held = dict(counts)
    if not held:
        raise Refused("Nothing there has an owner to ask.")
    day = f"{slug or 'all'}:{at:%Y-%m-%d}"
    asked = Notice.objects.filter(key__startswith="owner_ask:", key__endswith=f":{day}")
    for user in (
        User.objects.filter(pk__in=held).exclude(pk__in=asked.values("user")).order_by("pk")
    ):
        address = reverse("catalog:owner", args=[sign(user, system=slug, at=at)])
        count = held[user.pk]
        sent += notices.send(
            to=[user],
            subject=f"Confirm what is yours: {count:,} {'asset' if count == 1 else 'assets'}",
            text=(
                f"You are named owner of {count:,} {'asset' if count == 1 else 'assets'}"
                f"{f' in {system.name}' if system else ''}. Confirm them, or say which are not"
                f" yours, within {LINK_DAYS} days:"
                f" {urljoin(settings.PUBLIC_URL, address)}"
            ),
            ref=system.ref if system else user.ref,
            key=f"owner_ask:{user.pk}:{day}",
            at=at,
        )
        audit.record(
            by=by, act=Act.OWNER_ASK, ref=user.ref, at=at, system=slug or None, assets=count
        )
    return sent


@transaction.atomic
def answer(assets: QuerySet[Asset], *, is_mine: bool, word: str, by: Actor, at: datetime) -> int:
    """Keep what the owner says of ``assets``; return of how many.

    Who says "not mine" is none for the baseline from now on, and the stewards hear of it.

    Raises:
        NotTheOwner: ``by`` is not the owner of one of them; then nothing is kept.
        NotAllowed: the policy refuses.
        NoReason: a "not mine" without a word.
        Refused: no asset.
    """
    if not is_mine and not word.strip():
        raise NoReason("Say in a word whose it is, or why it is not yours.")
    keys = list(assets.order_by().values_list("pk", flat=True))
    rows = Asset.objects.filter(pk__in=keys)
    if not keys:
        raise Refused("Tick the assets that you answer for.")
    user = (
        User.objects.filter(pk=by.ref.removeprefix("user:")).first() if not by.is_service else None
    )
    if user is None or rows.exclude(owner=user).exists():
        raise NotTheOwner("Only its owner answers for an asset.")
    require_all(by, Act.OWNER_CONFIRM, rows, at=at)
    said = Answer.MINE if is_mine else Answer.NOT_MINE
    OwnerAnswer.objects.bulk_create(
        (
            OwnerAnswer(asset_id=key, user=user, answer=said, word=word[:300], answered_at=at)
            for key in keys
        ),
        update_conflicts=True,
        unique_fields=["asset", "user"],
        update_fields=["answer", "word", "answered_at"],
    )
    for system in GovernedSystem.objects.filter(pk__in=rows.order_by().values("system")):
        theirs = rows.filter(system=system)
        audit.record(
            by=by,
            act=Act.OWNER_CONFIRM,
            ref=theirs.get().ref if theirs.count() == 1 else system.ref,
            at=at,
            answer=said.value,
            word=word or None,
            assets=theirs.count(),
        )
    if not is_mine:
        _tell_stewards(rows, user, word, at=at)
    return len(keys)


def _tell_stewards(rows: QuerySet[Asset], user: User, word: str, *, at: datetime) -> None:
    for site in Site.objects.filter(pk__in=rows.order_by().values("site")):
        count = rows.filter(site=site).count()
        notices.send(
            to=notices.holders("steward", site=site, at=at),
            subject=f"Not theirs: {count:,} {'asset' if count == 1 else 'assets'} of {user}",
            text=f"{user} says: {word}. Name another owner: /catalog/coverage/?site={site.slug}"
            "&item=business_owner",
            ref=user.ref,
            key=f"owner_answer:{user.pk}:{site.pk}:{at.isoformat()}",
            at=at,
        )
