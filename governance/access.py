"""The door that every action passes: may this actor do this to that, now?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from governance import context, in_force
from governance.context import Context, Decided
from governance.domain import circumstances, gaps
from governance.domain.actor import Actor
from governance.domain.decision_log import READS, weight
from governance.domain.decisions import OPEN_TO_GRANTS, Decision, Question, Reason
from governance.domain.inputs import recorded
from governance.errors import NotAllowed
from governance.models import (
    DecisionLog,
    Governed,
    PolicyHead,
    Site,
    record_grants,
)
from governance.policy import shadow
from governance.policy.casbin_policy import EVERYWHERE, Snapshot
from governance.policy.filtering import Column, Shown, unclassified
from governance.policy.links import Links

G = TypeVar("G", bound=Governed)


def require(by: Actor, act: StrEnum, obj: Governed, *, at: datetime, purpose: str = "") -> Decision:
    """Return the decision that permits ``by`` to do ``act`` to ``obj``.

    For an act that creates, ``obj`` is the unsaved record, so that its scope is known; acts
    that reach data need a ``purpose``. A permit that changes something is logged in the running
    transaction; a refusal, and what is kept of permits that only read, by the boundary afterwards.

    Raises:
        NotAllowed: the policy refuses, for any reason.
    """
    question, decision, now = _permitted(by, act, obj, at, purpose)
    if not str(act).endswith(READS):
        _log(question, decision, at=at, request_id=now.request_id)
        return decision
    sample = f"{now.request_id} {by.ref} {act} {obj.ref}"
    stands_for = weight(
        decision, str(act), question.resource_attributes, sample, one_in=settings.DECISION_SAMPLE
    )
    if stands_for:
        inputs = recorded(question)
        one = Decided(by, str(act), obj.ref, question.domain, at, decision, inputs, stands_for)
        now.decided.append(one)
    return decision


def refused(by: Actor, act: StrEnum, ref: str, reason: Reason, *, at: datetime) -> None:
    """Have it recorded that ``by`` was refused before there was a record to ask the policy about.

    For faces that answer a stranger's record like none, and for keys that do not reach so far.
    """
    now = context.current()
    if now is None:
        raise RuntimeError("nobody is acting: enter governance.boundary.acting() first")
    now.decided.append(Decided(by, str(act), ref, by.party or "none", at, Decision(False, reason)))


def foresee(by: Actor, act: StrEnum, obj: Governed, *, at: datetime) -> None:
    """Refuse already now what :func:`require` would refuse with the change itself.

    For work that reads for long before it writes: a permit is not logged here, since a
    transaction that has written anything holds up the audit log until it ends.

    Raises:
        NotAllowed: the policy refuses, for any reason.
    """
    _permitted(by, act, obj, at)


def allows(by: Actor, act: str, obj: Governed, *, at: datetime, purpose: str = "") -> bool:
    """Say whether :func:`require` would permit, without recording; for menus and buttons."""
    return _decide(by, act, obj, at, purpose, is_shown=True)[1].allow


def ask(by: Actor, act: str, obj: Governed, *, at: datetime, purpose: str = "") -> Decision:
    """Decide and log the answer either way; for whoever asks about somebody."""
    question, decision = _decide(by, act, obj, at, purpose)
    now = context.current()
    _log(question, decision, at=at, request_id=now.request_id if now else "none")
    return decision


def allows_somewhere(by: Actor, act: StrEnum, resource_type: str, *, at: datetime) -> bool:
    """Say whether ``by`` may do ``act`` in any scope at all; for menus and list pages."""
    snapshot = _snapshot(is_shown=True)
    if snapshot is None:
        return False
    question = Question(by.ref, str(act), resource_type, "?", "?", _attributes(by), {})
    return snapshot.allows_somewhere(question, at)


def policy() -> Snapshot | None:
    """Return the one snapshot under which many questions are answered alike; None without any."""
    return _snapshot(is_shown=False)


def links() -> Links:
    """Return who holds which role where, from when until when, as decisions go by it now."""
    snapshot = policy()
    return snapshot.links if snapshot else Links(())


def question(by: Actor, act: str, obj: Governed, *, at: datetime, purpose: str = "") -> Question:
    """Return the very question that :func:`require` would ask."""
    return Question(
        subject=by.ref,
        action=str(act),
        resource_type=obj.resource_type(),
        resource=obj.ref,
        domain=_domain(by, obj),
        subject_attributes=_attributes(by),
        resource_attributes=obj.policy_attributes(),
        environment=circumstances.at_instant(at, mfa=by.has_mfa, purpose=purpose),
    )


def visible(
    rows: QuerySet[G], *, to: Actor, act: StrEnum, at: datetime, purpose: str = ""
) -> QuerySet[G]:
    """Return those of ``rows`` on which ``to`` may do ``act``, as one SQL filter.

    Exactly those that :func:`require` would permit one by one. Records without a site are
    shown to those whose role holds everywhere.

    Raises:
        NotFilterable: a condition of the policy for ``act`` has no SQL form.
    """
    environment = circumstances.at_instant(at, mfa=to.has_mfa, purpose=purpose)
    return found(rows, to=to, act=act, at=at, environment=environment, is_kept=False)


def found(
    rows: QuerySet[G],
    *,
    to: Actor,
    act: str,
    at: datetime,
    environment: circumstances.Environment,
    is_kept: bool = True,
) -> QuerySet[G]:
    """Return those of ``rows`` on which the policy permits ``act`` in that ``environment``.

    As :func:`visible`, for others who ask: what a permit obliges to ``is_kept`` by them.

    Raises:
        NotFilterable: a condition of the policy for ``act`` has no SQL form.
    """
    model = rows.model
    snapshot = _snapshot(is_shown=True)
    if snapshot is None:
        return rows.none()
    domains = snapshot.links.domains(to.ref)
    if to.party:
        domains &= {to.party}
    elif not model.site_path:
        domains &= {EVERYWHERE}
    asked = Question(
        to.ref, str(act), model.resource_type(), "?", "?", _attributes(to), {}, dict(environment)
    )
    columns = _columns(model)
    whole = snapshot.shown(asked, domains, columns, at, is_kept=is_kept)
    if model.data_use is not None and act in model.data_use.acts:
        if not gaps.named(environment):
            return rows.none()
        if model.data_use.classified_by:
            rows = rows.filter(~unclassified(columns.get(model.data_use.classified_by)))
    if EVERYWHERE in whole and all(one.is_everything for one in whole.values()):
        return rows
    permitted = refused = Q(pk__in=[])
    for shown, scope in _scopes(whole, model):
        permitted |= scope & shown.permitted
        refused |= scope & shown.refused
    for given in record_grants.keys(to.ref, str(act), model, at=at):
        permitted |= Q(pk__in=given) & ~refused
    return rows.filter(permitted)


def _scopes(found: Mapping[str, Shown], model: type[Governed]) -> Iterator[tuple[Shown, Q]]:
    """Yield each outcome with the records of the domains in which it holds."""
    alike: dict[int, tuple[Shown, list[str]]] = {}
    for domain, shown in found.items():
        alike.setdefault(id(shown), (shown, []))[1].append(domain)
    for shown, domains in alike.values():
        slugs = [one.removeprefix("site:") for one in domains if one.startswith("site:")]
        if slugs:
            sites = Site.objects.filter(slug__in=slugs).values("id")
            yield shown, Q(**{f"{model.site_path}__in": sites})
        if EVERYWHERE in domains:
            yield shown, Q(**{f"{model.site_path}__isnull": True}) if model.site_path else Q()
        for party in domains:
            if model.party_path and not party.startswith("site:") and party != EVERYWHERE:
                yield shown, Q(**{model.party_path: party})


def _columns(model: type[Governed]) -> dict[str, Column]:
    name = model.resource_type()
    ref = Concat(Value(f"{name}:"), Cast("pk", TextField()), output_field=TextField())
    return {
        "type": Column(Value(name), str),
        "id": Column(ref, str),
        **{name: Column(*one) for name, one in model.policy_columns().items()},
    }


def _permitted(
    by: Actor, act: StrEnum, obj: Governed, at: datetime, purpose: str = ""
) -> tuple[Question, Decision, Context]:
    question, decision = _decide(by, act, obj, at, purpose)
    now = context.current()
    if now is None:
        raise RuntimeError("nobody is acting: enter governance.boundary.acting() first")
    if not decision.allow:
        inputs = recorded(question)
        now.decided.append(Decided(by, str(act), obj.ref, question.domain, at, decision, inputs))
        raise NotAllowed(str(act), obj.ref, decision)
    return question, decision, now


def _decide(
    by: Actor, act: str, obj: Governed, at: datetime, purpose: str = "", *, is_shown: bool = False
) -> tuple[Question, Decision]:
    asked = question(by, act, obj, at=at, purpose=purpose)
    snapshot = _snapshot(is_shown=is_shown)
    if snapshot is None:
        return asked, Decision(False, Reason.ERROR_NO_POLICY)
    decision = snapshot.decide(asked, at)
    if decision.reason in OPEN_TO_GRANTS and record_grants.holds(by.ref, str(act), obj, at=at):
        decision = snapshot.granted(asked)
    shadow.offer(asked, decision, at)
    if decision.allow and gaps.unkept(decision.obligations):
        # Nothing in this service keeps one, so nothing that obliges is permitted here.
        decision = replace(decision, allow=False, reason=Reason.DENY_OBLIGATION, obligations=())
    return asked, decision


def _attributes(actor: Actor) -> dict[str, object]:
    return {"party": actor.party, "service": actor.is_service}


def _domain(by: Actor, obj: Governed) -> str:
    """Partner contacts count in their partner's scope, everybody else at the site."""
    if by.party:
        return str(obj.at_path(obj.party_path) or "none") if obj.party_path else "none"
    site = obj.at_path(obj.site_path.removesuffix("_id")) if obj.site_path else None
    if isinstance(site, int):
        site = obj
    return site.domain if isinstance(site, Site) else EVERYWHERE


def _log(question: Question, decision: Decision, *, at: datetime, request_id: str) -> None:
    DecisionLog.objects.create(
        at=at,
        subject=question.subject,
        act=question.action,
        resource=question.resource,
        domain=question.domain,
        allow=decision.allow,
        reason=decision.reason,
        rule=decision.rule,
        policy_sha256=decision.policy_sha256,
        request_id=request_id,
        inputs=recorded(question),
    )


def _head(*, is_shown: bool) -> tuple[int | None, UUID] | None:
    """Return which policy is in force, and the stamp of it and of all memberships.

    What is only shown takes the look that its request had before; a decision on which
    something is done or recorded looks anew.
    """
    now = context.current()
    if is_shown and now is not None and now.keeps_head and now.head is not None:
        return now.head
    head = PolicyHead.objects.values_list("version_id", "stamp").first()
    if now is not None and now.keeps_head:
        now.head = head
    return head


def _snapshot(*, is_shown: bool) -> Snapshot | None:
    """Return what is in force: at most one query when nothing changed."""
    version_id, stamp = _head(is_shown=is_shown) or (None, None)
    if version_id is None or stamp is None:
        return None
    return in_force.snapshot(version_id, stamp)
