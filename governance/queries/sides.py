"""The two ends of a question that others ask, made ready once for however many questions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from governance import access
from governance.domain import circumstances
from governance.domain.actor import Actor
from governance.domain.authzen import Asked, Entity
from governance.domain.callers import Caller
from governance.domain.decisions import Question
from governance.models import EntityKind, Governed
from governance.policy.casbin_policy import EVERYWHERE
from governance.queries.directory import Directory, Known

RESERVED = frozenset({"key", "id", "type", "party", "service"})
"""Attributes that say who or what it is; neither caller nor directory can set them."""


class Side(NamedTuple):
    """A subject or a resource with the attributes that conditions read."""

    ref: str
    attributes: dict[str, object]
    ignored: tuple[str, ...]
    known: Known | None
    actor: Actor | None = None


class Sides:
    """The ends of questions of one caller, each looked at once unless it comes with claims."""

    def __init__(
        self,
        caller: Caller,
        at: datetime,
        directory: Directory,
        people: dict[str, Actor],
        records: dict[tuple[str, str], Governed | None],
    ) -> None:
        self._caller = caller
        self._at = at
        self._directory = directory
        self._people = people
        self._records = records
        self._claims_context = any(one.startswith("context.") for one in caller.assertable)
        self._subjects: dict[tuple[str, str], Side | None] = {}
        self._resources: dict[tuple[str, str], Side] = {}

    def question(self, one: Asked, own: bool) -> tuple[Question | None, tuple[str, ...]]:
        """Put the question as the policy needs it, with the claims that were ignored.

        None where it is not known who asks or what is asked about. ``own`` says that the
        resource is of a type of ours.
        """
        subject = self._subject(one.subject)
        if subject is None:
            return None, ()
        if own:
            return self._about_own(one, subject)
        resource = self._resource(one.resource)
        if subject.actor is not None and subject.actor.party:
            domain = "none"
        else:
            domain = resource.known.domain if resource.known else EVERYWHERE
        question = Question(
            subject.ref,
            one.action,
            one.resource.type,
            resource.ref,
            domain,
            subject.attributes,
            resource.attributes,
            self.environment(one.context),
        )
        return question, (
            subject.ignored + resource.ignored if subject.ignored else resource.ignored
        )

    def _about_own(self, one: Asked, subject: Side) -> tuple[Question | None, tuple[str, ...]]:
        """Ask the very question that ``access.require`` would, where one of our people asks."""
        record = self._records.get((one.resource.type, one.resource.id))
        if record is None:
            return None, ()
        who = subject.actor or Actor(ref=subject.ref)
        question = access.question(who, one.action, record, at=self._at)
        if subject.actor is None:
            attributes = {**question.subject_attributes, **subject.attributes}
            question = question._replace(subject_attributes=attributes)
        environment = self.environment(one.context)
        return question._replace(environment=environment), subject.ignored

    def _subject(self, entity: Entity) -> Side | None:
        if entity.properties:
            return self._new_subject(entity)
        place = (entity.type, entity.id)
        if place not in self._subjects:
            self._subjects[place] = self._new_subject(entity)
        return self._subjects[place]

    def _new_subject(self, entity: Entity) -> Side | None:
        ref = f"{entity.type}:{entity.id}"
        if is_own_subject(entity):
            actor = self._people.get(ref)
            if actor is None:
                return None
            own = {"id": entity.id, "party": actor.party, "service": actor.is_service}
            return Side(ref, own, (), None, actor)
        known = self._directory.find(EntityKind.SUBJECT, entity.type, entity.id)
        attributes, ignored = self._attributes(EntityKind.SUBJECT, entity, known)
        attributes.update(party="", service=False)
        return Side(ref, attributes, ignored, known)

    def _resource(self, entity: Entity) -> Side:
        place = (entity.type, entity.id)
        found = None if entity.properties else self._resources.get(place)
        if found is None:
            known = self._directory.find(EntityKind.RESOURCE, entity.type, entity.id)
            attributes, ignored = self._attributes(EntityKind.RESOURCE, entity, known)
            found = Side(f"{entity.type}:{entity.id}", attributes, ignored, known)
            if not entity.properties:
                self._resources[place] = found
        return found

    def environment(self, context: Mapping[str, Any]) -> dict[str, object]:
        """Return the circumstances with what the caller may say of them; the rest is opaque.

        Without a word of the caller all questions of a request share one.
        """
        if not context or not self._claims_context:
            return circumstances.at_instant(self._at)
        may_claim = self._caller.may_claim
        claims = {name: value for name, value in context.items() if may_claim("context", name)}
        return circumstances.claimed(self._at, claims)

    def _attributes(
        self, kind: str, entity: Entity, known: Known | None
    ) -> tuple[dict[str, object], tuple[str, ...]]:
        """Merge what the directory knows with what the caller claims and may claim.

        What the directory knows counts, except for types declared ``pep_else_server``.
        """
        found: dict[str, object] = {"id": entity.id}
        if known is not None:
            found.update(known.properties)
        if not entity.properties:
            return found, ()
        claims_first = (kind, entity.type) in self._directory.trusting
        ignored = []
        for name, value in entity.properties.items():
            if name in RESERVED or not self._caller.may_claim(kind, name):
                ignored.append(f"{kind}.{name}"[:120])
            elif claims_first or known is None or name not in known.properties:
                found[name] = value
        return found, tuple(ignored)


def is_own_subject(subject: Entity) -> bool:
    """Say whether ``subject`` is a person or a service actor of ours."""
    return subject.type == "service" or (subject.type == "user" and _is_uuid(subject.id))


def _is_uuid(text: str) -> bool:
    """Say whether ``text`` is the canonical form of a UUID."""
    if len(text) != 36:
        return False
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
