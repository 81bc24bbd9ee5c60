"""What a request of the AuthZEN Authorization API 1.0 says.

Members that are not known are ignored, as the standard wants it; those that are known must
be of their type.
"""

from enum import StrEnum
from typing import Any, NamedTuple

MAX_ITEMS = 1000
MAX_TEXT = 1000
MAX_PAGE = 1000
PAGE = 100
_NESTING = (dict, list)
_NONE: dict[str, Any] = {}


class Semantic(StrEnum):
    """When a batch of evaluations stops."""

    ALL = "execute_all"
    DENY = "deny_on_first_deny"
    PERMIT = "permit_on_first_permit"


class Wanted(StrEnum):
    """What a search looks for."""

    SUBJECT = "subject"
    RESOURCE = "resource"
    ACTION = "action"


class Unreadable(ValueError):
    """A member is missing or of another type; ``pointer`` (RFC 6901) says which."""

    def __init__(self, detail: str, pointer: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


class Entity(NamedTuple):
    """A subject or a resource. Searches leave out the ``id`` of what they look for."""

    type: str
    id: str
    properties: dict[str, Any]


class Asked(NamedTuple):
    """May ``subject`` do ``action`` to ``resource``? ``context`` is opaque."""

    subject: Entity
    action: str
    resource: Entity
    context: dict[str, Any]


class Batch(NamedTuple):
    """Evaluations to be answered together; an item that cannot be read holds its place."""

    items: list[Asked | Unreadable]
    semantic: Semantic
    is_single: bool


class Search(NamedTuple):
    """Which of ``wanted`` make the decision true. ``token`` continues an earlier page."""

    wanted: Wanted
    subject: Entity
    action: str
    resource: Entity
    context: dict[str, Any]
    token: str
    limit: int


def evaluation(body: Any) -> Asked:
    """Read the body of a single evaluation.

    Raises:
        Unreadable: it is no object, or a member is missing or mistyped.
    """
    if type(body) is not dict:
        raise Unreadable("The body must be an object.", "")
    return Asked(
        _entity(body.get("subject"), "/subject"),
        _action(body.get("action"), "/action"),
        _entity(body.get("resource"), "/resource"),
        _context(body.get("context", {}), "/context"),
    )


def evaluations(body: Any) -> Batch:
    """Read the body of a batch; members at the top stand in, whole, for those an item lacks.

    Without items it is a single evaluation.

    Raises:
        Unreadable: the request cannot be read as a whole.
    """
    if type(body) is not dict:
        raise Unreadable("The body must be an object.", "")
    rows = body.get("evaluations", [])
    if type(rows) is not list:
        raise Unreadable("evaluations must be a list.", "/evaluations")
    semantic = _semantic(body.get("options", {}))
    if not rows:
        return Batch([evaluation(body)], semantic, True)
    if len(rows) > MAX_ITEMS:
        raise Unreadable(f"At most {MAX_ITEMS} evaluations at a time.", "/evaluations")
    subject = _entity(body["subject"], "/subject") if "subject" in body else None
    action = _action(body["action"], "/action") if "action" in body else None
    resource = _entity(body["resource"], "/resource") if "resource" in body else None
    context = _context(body.get("context", {}), "/context")
    items: list[Asked | Unreadable] = []
    known: dict[tuple[Any, Any], Entity] = {}
    for number, row in enumerate(rows):
        try:
            if type(row) is not dict:
                raise Unreadable("An evaluation must be an object.", "")
            items.append(
                Asked(
                    subject
                    if subject is not None and "subject" not in row
                    else _entity_again(row.get("subject"), "/subject", known),
                    action
                    if action is not None and "action" not in row
                    else _action(row.get("action"), "/action"),
                    resource
                    if resource is not None and "resource" not in row
                    else _entity_again(row.get("resource"), "/resource", known),
                    _context(row["context"], "/context") if "context" in row else context,
                )
            )
        except Unreadable as error:
            items.append(Unreadable(str(error), f"/evaluations/{number}{error.pointer}"))
    return Batch(items, semantic, False)


def search(wanted: Wanted, body: Any) -> Search:
    """Read the body of a search; an ``id`` of what is looked for is ignored.

    Raises:
        Unreadable: it is no object, or a member is missing or mistyped.
    """
    if type(body) is not dict:
        raise Unreadable("The body must be an object.", "")
    page = body.get("page", {})
    if type(page) is not dict:
        raise Unreadable("page must be an object.", "/page")
    token, limit = page.get("token", ""), page.get("limit", PAGE)
    if type(token) is not str:
        raise Unreadable("page.token must be text.", "/page/token")
    if type(limit) is not int or limit < 0:
        raise Unreadable("page.limit must be a whole number from 0.", "/page/limit")
    return Search(
        wanted,
        _entity(body.get("subject"), "/subject", is_wanted=wanted is Wanted.SUBJECT),
        "" if wanted is Wanted.ACTION else _action(body.get("action"), "/action"),
        _entity(body.get("resource"), "/resource", is_wanted=wanted is Wanted.RESOURCE),
        _context(body.get("context", {}), "/context"),
        token,
        min(limit, MAX_PAGE),
    )


def depth_over(value: Any, most: int) -> bool:
    """Say whether ``value`` is nested more than ``most`` levels deep."""
    level = [value] if type(value) in _NESTING else []
    for _ in range(most + 1):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _NESTING
        ]
    return bool(level)


def _entity(value: Any, at: str, *, is_wanted: bool = False) -> Entity:
    if type(value) is not dict:
        raise Unreadable(_absent(value), at)
    properties = value.get("properties", _NONE)
    if type(properties) is not dict:
        raise Unreadable("properties must be an object.", f"{at}/properties")
    kind = _text(value.get("type"), at, "type")
    return Entity(kind, "" if is_wanted else _text(value.get("id"), at, "id"), properties)


def _entity_again(value: Any, at: str, known: dict[tuple[Any, Any], Entity]) -> Entity:
    """Return what another item has named already; in a batch most are named many times."""
    if type(value) is not dict or len(value) != 2:
        return _entity(value, at)
    place = (value.get("type"), value.get("id"))
    try:
        found = known.get(place)
    except TypeError:  # not even text
        return _entity(value, at)
    if found is None:
        known[place] = found = _entity(value, at)
    return found


def _action(value: Any, at: str) -> str:
    if type(value) is not dict:
        raise Unreadable(_absent(value), at)
    if type(value.get("properties", _NONE)) is not dict:
        raise Unreadable("properties must be an object.", f"{at}/properties")
    return _text(value.get("name"), at, "name")


def _context(value: Any, at: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise Unreadable("context must be an object.", at)
    return value


def _semantic(options: Any) -> Semantic:
    if type(options) is not dict:
        raise Unreadable("options must be an object.", "/options")
    try:
        return Semantic(options.get("evaluations_semantic", Semantic.ALL))
    except ValueError:
        known = ", ".join(Semantic)
        at = "/options/evaluations_semantic"
        raise Unreadable(f"evaluations_semantic must be one of {known}.", at) from None


def _text(value: Any, at: str, name: str) -> str:
    if type(value) is not str:
        raise Unreadable("Missing." if value is None else "Must be text.", f"{at}/{name}")
    if not value or "\0" in value or len(value) > MAX_TEXT:
        raise Unreadable(f"Must have 1 to {MAX_TEXT} characters and no NUL.", f"{at}/{name}")
    return value


def _absent(value: Any) -> str:
    return "Missing." if value is None else "Must be an object."
