"""From a refusal to the form in which access is asked for, filled in as far as is known."""

from urllib.parse import urlencode

from django.conf import settings

from governance import registries
from governance.domain import references
from governance.domain.decisions import Decision, Reason

FORM = "/admin/governance/accessrequest/add/"
REASONS = frozenset({Reason.DENY_NO_RULE})
"""Refusals that access which somebody approves would lift."""
LONGEST = 160


def form_url(resource: str, act: str) -> str:
    """Return the address of the form for ``act`` on ``resource`` (a reference); no query is made.

    Empty where nothing of that kind can be asked for.
    """
    try:
        kind = references.parse(resource).type
    except ValueError:
        return ""
    if registries.requestable.get(kind) is None or max(len(resource), len(act)) > LONGEST:
        return ""
    words = urlencode({"resource": resource, "act": act})
    return f"{settings.PUBLIC_URL.rstrip('/')}{FORM}?{words}"


def refused_form_url(decision: Decision, resource: str, act: str) -> str:
    """Return the address for what ``decision`` refused; empty where asking would not help."""
    return form_url(resource, act) if decision.reason in REASONS else ""


def asked_for(resource: str, act: str) -> dict[str, str]:
    """Return what the fields of the form begin with; nothing for what is not known here."""
    try:
        reference = references.parse(resource)
    except ValueError:
        return {}
    describe = registries.requestable.get(reference.type)
    found = describe(reference.key) if describe and reference.key.isdecimal() else None
    if found is None:
        return {}
    return {
        "system": str(found.system),
        "scope": found.scope,
        "entitlement": act.rpartition(":")[2][:60],
    }
