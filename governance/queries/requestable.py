"""From a refusal to the form in which access is asked for, filled in as far as is known."""

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings

from governance import access, registries
from governance.domain import references, rights
from governance.domain.actor import Actor
from governance.domain.decisions import Decision, Reason
from governance.queries import denials, questions

FORM = "/admin/governance/accessrequest/add/"
REASONS = frozenset({Reason.DENY_NO_RULE})
"""Refusals that access which somebody approves would lift."""
LONGEST = 160


def form_url(resource: str, act: str, *, denial: str = "") -> str:
    """Return the address of the form for ``act`` on ``resource`` (a reference); no query is made.

    ``denial`` is the binding of a refusal. Empty where nothing of that kind can be asked for.
    """
    try:
        kind = references.parse(resource).type
    except ValueError:
        return ""
    if registries.requestable.get(kind) is None or max(len(resource), len(act)) > LONGEST:
        return ""
    given = {"resource": resource, "act": act, **({"denial": denial} if denial else {})}
    words = urlencode(given)
    return f"{plain_form_url()}?{words}"


def plain_form_url(resource: str = "") -> str:
    """Return the address of the form, filled in with where ``resource`` lies if one is given."""
    query = f"?{urlencode({'resource': resource})}" if resource else ""
    return f"{settings.PUBLIC_URL.rstrip('/')}{FORM}{query}"


def refused_form_url(
    decision: Decision, resource: str, act: str, *, subject: str, request_id: str
) -> str:
    """Return the address for what ``decision`` refused; empty where asking would not help."""
    if decision.reason not in REASONS:
        return ""
    binding = denials.bind(request_id=request_id, subject=subject, act=act, ref=resource)
    return form_url(resource, act, denial=binding)


def asked_for(resource: str, act: str, *, to: Actor, at: datetime) -> dict[str, str]:
    """Return what the fields of the form begin with; nothing for what is not known here.

    Whoever may not see the record reads its reference where others read its name: else the form
    would name everything there is, number by number. Without an act the right in its system is
    suggested, and the request is about that alone.
    """
    try:
        reference = references.parse(resource)
    except ValueError:
        return {}
    describe = registries.requestable.get(reference.type)
    found = describe(reference.key) if describe and reference.key.isdecimal() else None
    if found is None:
        return {}
    scope = found.scope
    if scope and not access.allows(to, found.read, questions.record(resource), at=at):
        scope = resource
    if not act:
        scope = "" if scope == resource else scope
        return {"system": str(found.system), "scope": scope, "entitlement": rights.usual(scope)}
    return {
        "system": str(found.system),
        "scope": scope,
        "entitlement": act.rpartition(":")[2][:60],
        "resource": resource,
        "act": act,
    }


def is_about_record(asked: dict[str, str]) -> bool:
    """Say whether what was :func:`asked_for` is decided by the policy, whatever a system has."""
    return bool(asked.get("act"))
