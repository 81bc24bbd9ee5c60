"""Reading a question about access from words: who, what, to which record."""

from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Q

from governance.domain import references
from governance.domain.actor import Actor
from governance.errors import BadInput, NotFound
from governance.models import Governed, PolicyHead, PolicyRule, User


def subject(text: str) -> Actor:
    """Return the actor of a mail address, of ``user:<uuid>`` or of ``service:<slug>``.

    Raises:
        NotFound: nobody goes by it.
    """
    kind, _, key = text.partition(":")
    if kind == "service":
        found = User.objects.filter(kind="service", slug=key).first()
    elif kind == "user":
        try:
            found = User.objects.filter(pk=UUID(key)).first()
        except ValueError:
            found = None
    else:
        found = User.objects.filter(email__iexact=text).first()
    if found is None:
        raise NotFound(f"nobody goes by {text[:120]!r} (a mail address, user:… or service:…)")
    return found.as_actor()


def record(reference: str) -> Governed:
    """Return the record that ``reference`` names, whichever app owns it.

    Every governed model knows its type, its site or party and its attributes, so a
    question from here is the very question that the gate of the action asks.

    Raises:
        BadInput: not a reference.
        NotFound: no such type of governed record, or no such record.
    """
    try:
        parsed = references.parse(reference)
    except ValueError as error:
        raise BadInput(str(error)) from None
    try:
        model = apps.get_model(parsed.type)
    except LookupError:
        model = None
    if model is None or not issubclass(model, Governed) or model.resource_type() != parsed.type:
        known = sorted(
            each.resource_type() for each in apps.get_models() if issubclass(each, Governed)
        )
        raise NotFound(f"no governed type {parsed.type!r}; known are: {', '.join(known)}")
    try:
        found = model._default_manager.filter(pk=parsed.key).first()
    except (ValueError, ValidationError, OverflowError):
        found = None
    if found is None:
        raise NotFound(f"no record {reference[:120]}")
    return found


def act(text: str, resource_type: str) -> str:
    """Return the act ``text`` if the policy in force knows it for ``resource_type``.

    Raises:
        NotFound: the policy does not; the text lists what it knows.
    """
    known = sorted(
        PolicyRule.objects.filter(
            Q(rtype=resource_type) | Q(rtype="*"), version=PolicyHead.objects.values("version")[:1]
        )
        .order_by()
        .values_list("act", flat=True)
        .distinct()
    )
    if text not in known:
        listed = ", ".join(known) or "none"
        raise NotFound(f"no act {text[:80]!r} on {resource_type}; known are: {listed}")
    return text
