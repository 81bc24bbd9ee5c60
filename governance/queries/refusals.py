"""What a refused person is told: why, and what would permit it, as far as they may know."""

from typing import Any

from governance import access
from governance.context import Context
from governance.errors import NotAllowed, WardroomError
from governance.models import AccessRequest, DecisionLog
from governance.permissions import Act
from governance.queries import denials, explaining, questions, requestable


def way_out(error: NotAllowed, now: Context) -> dict[str, Any]:
    """Return more members of the problem document for ``error``.

    ``would_permit`` is for those who may read decisions: to others rules say nothing. A
    partner contact is told neither, since nothing of ours is theirs to ask for.
    """
    if now.actor.party:
        return {}
    found: dict[str, Any] = {}
    ways = _ways(error, now)
    if ways:
        found["would_permit"] = ways
    form = requestable.refused_form_url(
        error.decision, error.ref, error.act, subject=now.actor.ref, request_id=now.request_id
    )
    if form:
        found["access_request"] = {"form_url": form}
    return found


def whole_page(now: Context, *, resource: str, act: str) -> dict[str, Any]:
    """Return more members for a page that no role opens, which nothing was asked about yet.

    ``resource`` is the record that the page is about, empty for a list. Nothing for those who
    may ask for no access at all.
    """
    may_ask = access.allows_somewhere(
        now.actor, Act.REQUEST_SUBMIT, AccessRequest.resource_type(), at=now.at
    )
    if now.actor.party or not may_ask:
        return {}
    binding = denials.bind(request_id=now.request_id, subject=now.actor.ref, act=act, ref=resource)
    about = requestable.form_url(resource, act, denial=binding) if resource else ""
    return {
        "access_request": {"form_url": about or requestable.plain_form_url()},
        "sentence": (
            "None of your roles opens this page. An administrator gives roles. Access to one "
            "system or asset can be asked for."
        ),
    }


def _ways(error: NotAllowed, now: Context) -> list[str]:
    may_know = access.allows_somewhere(
        now.actor, Act.DECISION_READ, DecisionLog.resource_type(), at=now.at
    )
    if not may_know:
        return []
    try:
        what = questions.record(error.ref)
        return list(explaining.explain(now.actor, error.act, what, at=now.at).ways)
    except WardroomError:
        # The record was to be made by the act itself, or is gone: nothing to explain it by.
        return []
