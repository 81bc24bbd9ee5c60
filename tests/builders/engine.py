"""Playbooks as data for tests of the engine: small trees written out as CACAO documents."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from governance import boundary
from incidents.actions import keeping, running
from incidents.models import Run
from tests.builders.incidents import a_responder, an_incident

GROUP = "group--00000001-2222-4222-8222-222222222222"


@dataclass
class Book:
    """A document under construction; steps are chained from the last to the first."""

    steps: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, Any] = field(default_factory=dict)
    agents: dict[str, Any] = field(
        default_factory=lambda: {GROUP: {"type": "group", "name": "SOC"}}
    )
    extensions: dict[str, Any] = field(default_factory=dict)
    seed: str = ""
    exception: str = ""

    def key(self, kind: str, name: str = "") -> str:
        """Return a new key; steps that are named get the same one each time."""
        word = name or f"{kind}{len(self.steps)}"
        return f"{kind}--{uuid5(NAMESPACE_URL, self.seed + word)}"

    def add(self, kind: str, name: str = "", **fields: Any) -> str:
        key = self.key(kind, name)
        self.steps[key] = {"type": kind, **({"name": name} if name else {}), **fields}
        return key

    def end(self) -> str:
        return self.add("end")

    def manual(self, name: str, following: str, **fields: Any) -> str:
        fields.setdefault("commands", [{"type": "manual", "command": f"{name}."}])
        return self.add("action", name, agent=GROUP, **_next(following), **fields)

    def http(
        self, name: str, following: str, *, line: str = "POST /x HTTP/1.1", **fields: Any
    ) -> str:
        """Add one command to the target ``api``, unless said otherwise."""
        fields.setdefault("targets", [next(iter(self.targets))] if self.targets else [])
        fields.setdefault("commands", [{"type": "http-api", "command": line, "content": name}])
        return self.add("action", name, agent=GROUP, **_next(following), **fields)

    def target(self, url: str) -> str:
        key = f"http-api--{uuid5(NAMESPACE_URL, url)}"
        self.targets[key] = {"type": "http-api", "name": "API", "address": {"url": [url]}}
        return key

    def document(self, first: str, *, name: str = "Test", **over: Any) -> dict[str, Any]:
        start = self.add("start", on_completion=first)
        found = {
            "type": "playbook",
            "spec_version": "cacao-2.0",
            "id": f"playbook--{uuid5(NAMESPACE_URL, self.seed + name)}",
            "name": name,
            "created_by": f"identity--{uuid5(NAMESPACE_URL, 'us')}",
            "created": "2026-01-15T08:00:00.000Z",
            "modified": "2026-01-15T08:00:00.000Z",
            "workflow_start": start,
            "workflow": self.steps,
            "agent_definitions": self.agents,
        }
        if self.exception:
            found["workflow_exception"] = self.exception
        for key, value in (
            ("playbook_variables", self.variables),
            ("target_definitions", self.targets),
            ("extension_definitions", self.extensions),
        ):
            if value:
                found[key] = value
        return {**found, **over}

    def data(self, first: str, **over: Any) -> bytes:
        return json.dumps(self.document(first, **over)).encode()


def _next(following: str) -> dict[str, str]:
    return {"on_completion": following} if following else {}


def approved(data: bytes, *, by: Any, at: Any, slug: str = "") -> str:
    """Bring a document in and have somebody else approve it; return its slug."""
    writer = a_responder("soc_analyst")
    with boundary.acting(writer, at=at):
        version, _ = keeping.bring(data, slug=slug, by=writer, at=at)
    with boundary.acting(by, at=at):
        keeping.approve(version, by=by, at=at)
    return version.runbook.slug


def a_run(book: Book, first: str, *, by: Any, at: Any, **over: Any) -> Run:
    """Start a run of ``book`` in a new incident."""
    incident = over.pop("incident", None) or an_incident(by=by, at=at)
    name = over.pop("name", "Test")
    slug = approved(book.data(first, name=name), by=by, at=at)
    with boundary.acting(by, at=at):
        return running.start(incident, slug, by=by, at=at, **over)
