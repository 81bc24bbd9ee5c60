"""Answers to many questions of others, under one policy and at one instant."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from governance import access
from governance.domain.actor import Actor
from governance.domain.authzen import Asked, Entity
from governance.domain.callers import Caller
from governance.domain.decisions import OPEN_TO_GRANTS, Decision, Question, Reason
from governance.domain.inputs import recorded
from governance.models import EntityKind, Governed, User, guardian_grants
from governance.policy import shadow
from governance.policy.casbin_policy import EVERYWHERE, Snapshot
from governance.queries import directory
from governance.queries.directory import Directory

MOST_INPUTS = 4096
"""Characters of inputs that a row of the log keeps; it says nothing rather than a part."""
RESERVED = frozenset({"key", "id", "type", "party", "service"})
"""Attributes that say who or what it is; neither caller nor directory can set them."""
PEOPLE = ("user", "service")


_KEEP = """
INSERT INTO governance_decisionlog
  (at, policy_sha256, request_id, pep, allow,
   subject, act, resource, domain, reason, rule, evaluation_id, inputs)
SELECT %s, %s, %s, %s, false, a, b, c, d, e, f, g, h::jsonb FROM unnest(
  %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]
) AS one (a, b, c, d, e, f, g, h)
"""


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
    prepared = [_question(one, seen) for one in asked]
    if seen.snapshot is None:
        nothing = Decision(False, Reason.ERROR_NO_POLICY)
        return [Answer(nothing, question, ignored) for question, ignored in prepared]
    unknown = Decision(False, Reason.GAP_UNKNOWN, policy_sha256=seen.snapshot.sha256)
    decisions = iter(_many(seen.snapshot, [q for q, _ in prepared if q is not None], seen.at))
    answers = [
        Answer(unknown if question is None else next(decisions), question, ignored)
        for question, ignored in prepared
    ]
    answers = _with_grants(asked, answers, seen)
    if shadow.queue.percent:
        for answer in answers:
            if answer.question is not None:
                shadow.offer(answer.question, answer.decision, seen.at)
    return _supported(asked, answers)


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


def keep(answers: Iterable[tuple[Asked, Answer, str]], seen: View, *, request_id: str) -> None:
    """Write the refusals among ``answers`` to the decision log, in one statement."""
    rows = [
        (
            _short(f"{asked.subject.type}:{asked.subject.id}", 120),
            _short(asked.action, 80),
            _short(f"{asked.resource.type}:{asked.resource.id}", 160),
            _short(answer.question.domain if answer.question else "", 160),
            answer.decision.reason.value,
            answer.decision.rule,
            evaluation_id,
            _inputs(answer.question),
        )
        for asked, answer, evaluation_id in answers
        if not answer.decision.allow
    ]
    if not rows:
        return
    sha256 = seen.snapshot.sha256 if seen.snapshot else ""
    columns = [list(column) for column in zip(*rows, strict=True)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_KEEP, [seen.at, sha256, request_id, seen.caller.slug, *columns])


@cache
def own_types() -> dict[str, type[Governed]]:
    """Return our types of governed records."""
    return {
        model.resource_type(): model
        for model in apps.get_models()
        if issubclass(model, Governed) and not model._meta.proxy
    }


def is_own_subject(subject: Entity) -> bool:
    """Say whether ``subject`` is a person or a service actor of ours."""
    return subject.type == "service" or (subject.type == "user" and _uuid(subject.id) is not None)


def _many(snapshot: Snapshot, questions: list[Question], at: datetime) -> list[Decision]:
    return [snapshot.decide(question, at) for question in questions]


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


def _question(one: Asked, seen: View) -> tuple[Question | None, tuple[str, ...]]:
    """Put the question as the policy needs it; None where who or what is not known."""
    subject, resource = one.subject, one.resource
    actor: Actor | None = None
    if is_own_subject(subject):
        actor = seen.people.get(f"{subject.type}:{subject.id}")
        if actor is None:
            return None, ()
    if resource.type in own_types():
        record = seen.records.get((resource.type, resource.id))
        if record is None:
            return None, ()
        ignored: tuple[str, ...] = ()
        question = access.question(
            actor or Actor(ref=f"{subject.type}:{subject.id}"), one.action, record
        )
        if actor is None:
            attributes, ignored = _attributes(EntityKind.SUBJECT, subject, seen)
            question.subject_attributes.update(attributes)
        question.environment.update(_environment(one, seen))
        return question, ignored
    known = seen.directory.find(EntityKind.RESOURCE, resource.type, resource.id)
    about, ignored = _attributes(EntityKind.RESOURCE, resource, seen)
    if actor is not None:
        who: dict[str, object] = {
            "id": subject.id,
            "party": actor.party,
            "service": actor.is_service,
        }
        domain = "none" if actor.party else known.domain if known else EVERYWHERE
    else:
        who, more = _attributes(EntityKind.SUBJECT, subject, seen)
        who.update(party="", service=False)
        domain = known.domain if known else EVERYWHERE
        ignored += more
    return (
        Question(
            subject=f"{subject.type}:{subject.id}",
            action=one.action,
            resource_type=resource.type,
            resource=f"{resource.type}:{resource.id}",
            domain=domain,
            subject_attributes=who,
            resource_attributes=about,
            environment=_environment(one, seen),
        ),
        ignored,
    )


def _environment(one: Asked, seen: View) -> dict[str, object]:
    """Return what the caller may say of the circumstances; all else in ``context`` is opaque."""
    if not one.context or not seen.caller.assertable:
        return {}
    return {
        name: value for name, value in one.context.items() if seen.caller.may_claim("context", name)
    }


def _attributes(kind: str, entity: Entity, seen: View) -> tuple[dict[str, object], tuple[str, ...]]:
    """Merge what the directory knows with what the caller claims and may claim.

    What the directory knows counts, except for types declared ``pep_else_server``.
    """
    known = seen.directory.find(kind, entity.type, entity.id)
    found: dict[str, object] = {"id": entity.id}
    if known is not None:
        found.update(known.properties)
    if not entity.properties:
        return found, ()
    claims_first = (kind, entity.type) in seen.directory.trusting
    ignored = []
    for name, value in entity.properties.items():
        if name in RESERVED or not seen.caller.may_claim(kind, name):
            ignored.append(f"{kind}.{name}"[:120])
        elif claims_first or known is None or name not in known.properties:
            found[name] = value
    return found, tuple(ignored)


def _with_grants(asked: Sequence[Asked], answers: list[Answer], seen: View) -> list[Answer]:
    """Let grants on single records permit what no rule says anything about."""
    open_: dict[int, tuple[str, str, Governed]] = {}
    for number, (one, answer) in enumerate(zip(asked, answers, strict=True)):
        record = seen.records.get((one.resource.type, one.resource.id))
        if record is None or not is_own_subject(one.subject):
            continue
        if answer.decision.reason in OPEN_TO_GRANTS:
            ref = f"{one.subject.type}:{one.subject.id}"
            open_[number] = (ref, one.action.rpartition(":")[2], record)
    if not open_:
        return answers
    held = guardian_grants.held(open_.values())
    for number, (ref, verb, record) in open_.items():
        if (ref, verb, record.ref) in held:
            sha256 = answers[number].decision.policy_sha256
            permit = Decision(True, Reason.ALLOW_OBJECT, policy_sha256=sha256)
            answers[number] = answers[number]._replace(decision=permit)
    return answers


def new_id() -> str:
    """Return an id for one evaluation, or for a batch of them."""
    return uuid.uuid4().hex


def _uuid(text: str) -> UUID | None:
    """Return the UUID that ``text`` is the canonical form of."""
    if len(text) != 36:
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def _inputs(question: Question | None) -> str:
    """Return what was decided on, for asking again; nothing where it is too much to keep."""
    text = json.dumps(recorded(question), ensure_ascii=True) if question else "{}"
    return text if len(text) <= MOST_INPUTS and "\\u0000" not in text else "{}"


def _short(text: str, most: int) -> str:
    """Shorten for a column of the log; the digest keeps different texts different."""
    if len(text) <= most:
        return text
    return f"{text[: most - 17]}~{uuid.uuid5(uuid.NAMESPACE_URL, text).hex[:16]}"
