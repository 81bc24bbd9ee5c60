"""Answers to many questions of others, under one policy and at one instant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError

from governance import access
from governance.domain.actor import Actor
from governance.domain.authzen import Asked, Entity
from governance.domain.callers import Caller
from governance.domain.decisions import OPEN_TO_GRANTS, Decision, Question, Reason
from governance.models import Governed, User, record_grants
from governance.policy import shadow
from governance.policy.casbin_policy import Snapshot
from governance.queries import directory
from governance.queries.directory import Directory
from governance.queries.sides import Sides, is_own_subject

PEOPLE = ("user", "service")


class Answer(NamedTuple):
    """A decision, who asked what, and which claims were ignored."""

    decision: Decision
    question: Question | None
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class View:
    """What one request sees: one policy, one directory, one instant, whatever it asks."""

    caller: Caller
    at: datetime
    snapshot: Snapshot | None
    directory: Directory
    people: dict[str, Actor] = field(default_factory=dict)
    records: dict[tuple[str, str], Governed | None] = field(default_factory=dict)

    def sides(self) -> Sides:
        """Return the ends of questions as this request sees them."""
        return Sides(self.caller, self.at, self.directory, self.people, self.records)


_people: tuple[Snapshot | None, dict[str, Actor]] = (None, {})
"""Those already looked up: people who change bring a new snapshot."""


def view(caller: Caller, *, at: datetime) -> View:
    """Return what ``caller`` sees at ``at``: one query for the policy, none for the directory."""
    global _people
    snapshot = access.policy()
    known = _people
    if known[0] is not snapshot:
        _people = known = (snapshot, {})
    return View(caller, at, snapshot, directory.at_stamp(caller.directory), known[1])


def decide(asked: Sequence[Asked], seen: View) -> list[Answer]:
    """Answer all of ``asked``: one query for people never seen before, one for each type of our
    records, and one for grants on single records, however many are asked."""
    _look_up(asked, seen)
    sides, own, decision = seen.sides(), own_types(), _deciding(seen)
    answers = []
    for one in asked:
        question, ignored = sides.question(one, one.resource.type in own)
        answers.append(Answer(decision(question), question, ignored))
    if seen.records:
        answers = _with_grants(asked, answers, seen)
    if shadow.queue.percent:
        for answer in answers:
            if answer.question is not None:
                shadow.offer(answer.question, answer.decision, seen.at)
    return _supported(asked, answers)


def _deciding(seen: View) -> Callable[[Question | None], Decision]:
    """Return what answers the questions of this request."""
    if seen.snapshot is None:
        no_policy = Decision(False, Reason.ERROR_NO_POLICY)
        return lambda question: no_policy
    unknown = Decision(False, Reason.GAP_UNKNOWN, policy_sha256=seen.snapshot.sha256)
    decide = seen.snapshot.sitting(seen.at).decide
    return lambda question: unknown if question is None else decide(question)


def _supported(asked: Sequence[Asked], answers: list[Answer]) -> list[Answer]:
    """Refuse what obliges to more than the enforcement point says it can keep.

    A point that does not say (``context.supported_obligations``) has to keep all.
    """
    for number, (one, answer) in enumerate(zip(asked, answers, strict=True)):
        if not answer.decision.obligations or "supported_obligations" not in one.context:
            continue
        said = one.context["supported_obligations"]
        kinds = {duty.kind.value for duty in answer.decision.obligations}
        if not isinstance(said, list) or not kinds <= {str(kind) for kind in said}:
            refused = replace(
                answer.decision, allow=False, reason=Reason.DENY_OBLIGATION, obligations=()
            )
            answers[number] = answer._replace(decision=refused)
    return answers


@cache
def own_types() -> dict[str, type[Governed]]:
    """Return our types of governed records."""
    return {
        model.resource_type(): model
        for model in apps.get_models()
        if issubclass(model, Governed) and not model._meta.proxy
    }


def _look_up(asked: Sequence[Asked], seen: View) -> None:
    wanted: set[str] = set()
    records: dict[str, set[str]] = {}
    models = own_types()
    for one in asked:
        if is_own_subject(one.subject):
            wanted.add(f"{one.subject.type}:{one.subject.id}")
        if one.resource.type in models:
            records.setdefault(one.resource.type, set()).add(one.resource.id)
    look_up_people([ref for ref in wanted if ref not in seen.people], seen)
    for kind, keys in records.items():
        new = {key for key in keys if (kind, key) not in seen.records}
        if new:
            _look_up_records(models[kind], new, seen)


def person(subject: Entity) -> User | None:
    """Return the active person of ours whom a subject names; None for anybody else."""
    if subject.type != "user" or not is_own_subject(subject):
        return None
    return User.objects.filter(pk=UUID(subject.id), kind="person", is_active=True).first()


def look_up_people(refs: list[str], seen: View) -> None:
    """Let ``seen`` know those people and service actors of ``refs`` that are active."""
    if not refs:
        return
    ids = [UUID(ref[5:]) for ref in refs if ref.startswith("user:")]
    slugs = [ref[8:] for ref in refs if ref.startswith("service:")]
    rows = User.objects.filter(is_active=True).only("id", "kind", "slug", "name", "party")
    people = rows.filter(kind="person", pk__in=ids)
    services = rows.filter(kind="service", slug__in=slugs)
    found = people | services if ids and slugs else people if ids else services
    for user in found:
        actor = user.as_actor()
        seen.people[actor.ref] = actor


def _look_up_records(model: type[Governed], keys: set[str], seen: View) -> None:
    kind = model.resource_type()
    values = {}
    for key in keys:
        try:
            value = model._meta.pk.to_python(key)
            model._meta.pk.run_validators(value)
        except (ValidationError, OverflowError):
            continue
        if str(value) == key:
            values[key] = value
    found = {str(row.pk): row for row in with_scope(model).filter(pk__in=values.values())}
    for key in keys:
        seen.records[kind, key] = found.get(key)


def with_scope(model: type[Governed]) -> Any:
    """Return the records of ``model`` with what their scope is read from."""
    paths = {
        path.removesuffix("_id") if path.endswith("_id") else path.rpartition("__")[0]
        for path in (model.site_path, model.party_path)
    }
    related = sorted(path for path in paths if path and path != "id")
    rows = model._default_manager.all()
    return rows.select_related(*related) if related else rows


def _with_grants(asked: Sequence[Asked], answers: list[Answer], seen: View) -> list[Answer]:
    """Let grants on single records permit what no rule says anything about."""
    open_: dict[int, tuple[str, str, Governed]] = {}
    policy = seen.snapshot
    if policy is None:
        return answers
    for number, (one, answer) in enumerate(zip(asked, answers, strict=True)):
        record = seen.records.get((one.resource.type, one.resource.id))
        if record is None or not is_own_subject(one.subject):
            continue
        if answer.decision.reason in OPEN_TO_GRANTS:
            ref = f"{one.subject.type}:{one.subject.id}"
            open_[number] = (ref, one.action, record)
    if not open_:
        return answers
    held = record_grants.held(open_.values(), at=seen.at)
    for number, (ref, act, record) in open_.items():
        question = answers[number].question
        if question is not None and (ref, act, record.ref) in held:
            answers[number] = answers[number]._replace(decision=policy.granted(question))
    return answers
