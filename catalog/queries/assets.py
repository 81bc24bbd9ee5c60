"""Finding assets, for pages and interfaces alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.domain.coverage import Item
from catalog.domain.labels import Level
from catalog.models import Asset, AssetTerm, CoverageRow, LabelAssertion, Status
from catalog.permissions import Act
from governance import access
from governance.domain.actor import Actor
from governance.errors import BadInput
from governance.models import Site

_SEARCHED = (*DATA_KINDS, AssetKind.COLUMN)
UNCLASSIFIED = "unclassified"
NOWHERE = "none"
SHORT_WORDS = {"owner": Item.BUSINESS_OWNER, "label": Item.CLASSIFICATION}
GAPS = ("any", *SHORT_WORDS, *(item.value for item in Item))
NAMES = ("system", "site", "kind", "level", "category", "owner", "gap", "review", "zone", "term")
"""What an address can filter by, beside the text and the parent."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; an empty word means: whatever.

    Raises:
        BadInput: a word that this search does not know.
    """

    text: str = ""
    system: str = ""
    site: str = ""
    kind: str = ""
    """A kind of assets; without it those that hold data, and with a text their columns too."""
    level: str = ""
    category: str = ""
    owner: str = ""
    """The number of a person."""
    gap: str = ""
    """An item that is missing for the baseline; ``owner`` and ``label`` are the common ones for
    short; ``any`` of them.
    """
    review: str = ""
    """``yes``: only what has a proposal of a special category to review."""
    zone: str = ""
    """The number of a zone, or ``none``: systems and devices that stand in none."""
    term: str = ""
    """The number of a business term that is linked to it."""
    inside: int | None = None
    """Only the direct children of this asset, of every kind."""

    def __post_init__(self) -> None:
        levels = (*(level.slug for level in Level), UNCLASSIFIED)
        for name, known in (
            ("kind", tuple(kind.value for kind in AssetKind)),
            ("level", levels),
            ("gap", GAPS),
            ("review", ("yes",)),
        ):
            word = getattr(self, name)
            if word and word not in known:
                raise BadInput(
                    f"{name}: not one of {', '.join(known)}: {word[:40]!r}", pointer=f"/{name}"
                )
        if self.owner and not _is_uuid(self.owner):
            raise BadInput("owner: not the number of a person", pointer="/owner")
        if self.zone not in ("", NOWHERE) and not is_number(self.zone):
            raise BadInput(f"zone: no number of a zone, nor {NOWHERE}", pointer="/zone")
        if self.term and not is_number(self.term):
            raise BadInput("term: not the number of a business term", pointer="/term")


def is_number(word: str) -> bool:
    """Return whether ``word`` can be the key of a record."""
    return word.isascii() and word.isdigit() and len(word) < 19


def _is_uuid(word: str) -> bool:
    try:
        return bool(UUID(word))
    except ValueError:
        return False


def wanted(parameters: Mapping[str, str]) -> Wanted:
    """Read what is looked for from the parameters of an address.

    Raises:
        BadInput: a word that the search does not know.
    """
    inside = parameters.get("in", "")
    if inside and not is_number(inside):
        raise BadInput("in: not the number of an asset", pointer="/in")
    words = {name: parameters.get(name, "").strip().replace("\0", "") for name in NAMES}
    return Wanted(
        text=parameters.get("q", "").strip().replace("\0", "")[:200],
        inside=int(inside) if inside else None,
        **words,
    )


def matching(rows: QuerySet[Asset], sought: Wanted, *, to: Actor, at: datetime) -> QuerySet[Asset]:
    """Return the live ones of ``rows`` that pass the filters of ``sought``; its text is looked
    for by ``catalog.queries.search``.

    A category finds only what stands where ``to`` may read labels.
    """
    rows = rows.filter(gone_at=None)
    if sought.inside is not None:
        rows = rows.filter(parent=sought.inside)
    elif sought.kind:
        rows = rows.filter(kind=sought.kind)
    elif sought.zone:
        rows = rows.filter(pk__in=Asset.objects.zoned().values("pk"))
    elif sought.term:
        pass
    elif not sought.gap:
        rows = rows.filter(kind__in=_SEARCHED if sought.text else DATA_KINDS)
    if sought.system:
        rows = rows.filter(system__slug=sought.system)
    if sought.site:
        site = Site.objects.filter(slug=sought.site).first()
        rows = rows.filter(site__in=Site.objects.below(site)) if site else rows.none()
    if sought.zone:
        rows = rows.filter(zone=None if sought.zone == NOWHERE else int(sought.zone))
    if sought.level == UNCLASSIFIED:
        rows = rows.filter(level=None)
    elif sought.level:
        rows = rows.filter(level=Level.of(sought.level))
    if sought.category:
        rows = rows.filter(categories__contains=[sought.category])
        rows = rows.filter(site__in=labeled_sites(to=to, at=at))
    if sought.owner:
        rows = rows.filter(owner=UUID(sought.owner))
    if sought.term:
        linked = AssetTerm.objects.filter(term=int(sought.term), term__ended_at=None)
        rows = rows.filter(pk__in=linked.values("asset"))
    if sought.review:
        rows = rows.filter(to_review())
    if sought.gap:
        item = "" if sought.gap == "any" else SHORT_WORDS.get(sought.gap, sought.gap)
        rows = rows.filter(pk__in=CoverageRow.objects.gaps(at, item).values("pk"))
    return rows


def labeled_sites(*, to: Actor, at: datetime) -> list[int]:
    """Return the sites at which ``to`` may read labels."""
    return [
        site.pk
        for site in Site.objects.all()
        if access.allows(to, Act.LABEL_READ, LabelAssertion(asset=Asset(site=site)), at=at)
    ]


def to_review() -> Exists:
    """Return the condition that a special category waits for review on an asset or a column
    of it.
    """
    return Exists(
        LabelAssertion.objects.filter(
            Q(asset=OuterRef("pk")) | Q(asset__parent=OuterRef("pk"), asset__gone_at=None),
            status=Status.PROPOSED,
        ).exclude(category="")
    )
