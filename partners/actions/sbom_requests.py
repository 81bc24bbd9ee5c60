"""Asking for an SBOM, and the link by which it comes in without an account."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from governance import audit
from governance.access import require
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.errors import Conflict, NotFound, Refused
from partners.actions import receiving, webhooks
from partners.actions.informing import inform
from partners.domain import portal
from partners.domain.portal import LINK_PREFIX, LINK_TERM
from partners.models import Intake, Product, SbomRequest
from partners.permissions import Act

DELIVERER = actors.service("deliverer")
"""In whose name a file comes in by a link: nobody has signed in."""


@transaction.atomic
def ask(*, product: Product, reason: str, days: int, by: Actor, at: datetime) -> SbomRequest:
    """Ask the partner for the SBOM of ``product`` within ``days``.

    Raises:
        NotAllowed: ``by`` may not ask there.
        Refused: it is asked for already, or the time is none.
        ValidationError: no reason.
    """
    row = SbomRequest(
        product=product,
        reason=reason.strip(),
        asked_at=at,
        asked_by=by.ref,
        due_at=at + timedelta(days=days),
    )
    require(by, Act.SBOM_ASK, row, at=at)
    if days < 1:
        raise Refused("Give the partner a day at least.")
    if SbomRequest.objects.open().filter(product=product).exists():
        raise Refused(f"The SBOM of {product} is asked for already.")
    row.full_clean()
    row.save(force_insert=True)
    _record(by, Act.SBOM_ASK, row, at=at, due_at=row.due_at.isoformat(), reason=row.reason)
    webhooks.tell(
        product.partner,
        "request.created",
        key=f"request:{row.pk}",
        data={"request": str(row.pk), "product": product.slug, "due_at": row.due_at.isoformat()},
        at=at,
    )
    inform(
        product.partner,
        f"We ask for the SBOM of {product.name}",
        f"{row.reason} Hand it over in the portal by {row.due_at:%Y-%m-%d %H:%M} UTC, or make an"
        " upload link there for whoever has the file.",
        about=row,
        key=f"sbom_request:{row.pk}",
        at=at,
    )
    return row


@transaction.atomic
def withdraw(row: SbomRequest, *, by: Actor, at: datetime) -> None:
    """Ask no longer; a link of it counts no more.

    Raises:
        NotAllowed: ``by`` may not ask there.
        Conflict: it is not open.
    """
    require(by, Act.SBOM_ASK, row, at=at)
    _end(row, {"withdrawn_at": at})
    _record(by, Act.SBOM_ASK, row, at=at, withdrawn=True)


@transaction.atomic
def decline(row: SbomRequest, *, why: str, by: Actor, at: datetime) -> None:
    """Say, as the partner, that there will be no SBOM, and why.

    Raises:
        NotAllowed: ``by`` may not answer for the partner.
        Refused: no reason.
        Conflict: it is not open.
    """
    require(by, Act.SBOM_DECLINE, row, at=at)
    if not why.strip():
        raise Refused("Say why; our people go by it.")
    _end(row, {"declined_at": at, "declined_why": why.strip()[:300]})
    _record(by, Act.SBOM_DECLINE, row, at=at, why=why.strip()[:300])


@transaction.atomic
def give_link(row: SbomRequest, *, by: Actor, at: datetime) -> str:
    """Return a token that takes one file for ``row`` within seven days; the one before ends.

    Raises:
        NotAllowed: ``by`` may not hand out links for the product.
        Conflict: the request is not open.
    """
    require(by, Act.LINK_GIVE, row, at=at)
    token = portal.new_token(LINK_PREFIX)
    until = at + LINK_TERM
    if not SbomRequest.objects.open().filter(pk=row.pk).exists():
        raise Conflict("This request is answered or withdrawn.")
    SbomRequest.objects.filter(pk=row.pk).update(
        link_digest=portal.digest(token), link_until=until, link_by=by.ref, link_intake=None
    )
    _record(by, Act.LINK_GIVE, row, at=at, until=until.isoformat())
    return token


def by_link(token: str, *, at: datetime) -> SbomRequest:
    """Return the request whose link this is, until the link ends.

    It may be spent: then it takes no file, but tells what became of the one it took.

    Raises:
        NotFound: there is none; whether there ever was one is not told.
    """
    found = None
    if token.startswith(LINK_PREFIX) and len(token) <= 100 and token.isascii():
        rows = SbomRequest.objects.select_related(
            "product__partner", "product__site", "link_intake__product", "link_intake__sbom"
        )
        found = rows.filter(link_digest=portal.digest(token)).first()
    if found is None or not found.link_lives_at(at):
        raise NotFound("This link does not count, or no longer. Ask who sent it for another.")
    return found


@transaction.atomic
def deliver(
    row: SbomRequest, *, file: str, stored_as: str, sha256: str, size: int, at: datetime
) -> tuple[Intake, bool]:
    """Receive a file by the link of ``row``, which is spent by it unless the file is refused.

    Raises:
        NotFound: the link was spent meanwhile.
    """
    intake, is_new = receiving.receive(
        row.product, file=file, stored_as=stored_as, sha256=sha256, size=size, by=DELIVERER, at=at
    )
    free = Q(link_intake=None) | Q(link_intake__outcome="rejected")
    spent = SbomRequest.objects.filter(pk=row.pk, link_until__gt=at).filter(free)
    if not SbomRequest.objects.filter(pk__in=spent.values("pk")).update(link_intake=intake):
        raise NotFound("This link was used meanwhile.")
    _record(DELIVERER, Act.INTAKE_SUBMIT, row, at=at, intake=intake.ref, is_new=is_new)
    return intake, is_new


def _end(row: SbomRequest, change: dict[str, object]) -> None:
    if not SbomRequest.objects.open().filter(pk=row.pk).exists():
        raise Conflict("This request is answered or withdrawn.")
    SbomRequest.objects.filter(pk=row.pk).update(**change)


def _record(by: Actor, act: Act, row: SbomRequest, *, at: datetime, **facts: object) -> None:
    audit.record(by=by, act=act, ref=row.ref, at=at, product=row.product.ref, **facts)
