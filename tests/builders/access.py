"""Enforcement points, entities and policies for tests of the access interface."""

from collections.abc import Sequence
from typing import Any

from config import baseline
from governance import boundary
from governance.actions import directory, enforcement_points, policy
from governance.actions.directory import EntityText
from governance.domain import actor as actors
from governance.domain.callers import Scope
from governance.models import EnforcementPoint
from governance.policy import content
from governance.policy.casbin_policy import Rule
from tests.builders.governance import NOW, a_name

OPERATOR = actors.service("operator")


def a_caller(**over: Any) -> tuple[EnforcementPoint, str]:
    """Return an enforcement point with every scope, and its key."""
    slug = over.pop("slug", f"gateway-{a_name()}")
    fields = {"slug": slug, "name": slug.title(), "scopes": list(Scope)}
    with boundary.acting(OPERATOR, at=NOW):
        return enforcement_points.admit(**{**fields, **over}, by=OPERATOR, at=NOW)


def a_policy(rules: Sequence[Rule]) -> None:
    """Publish the baseline with ``rules`` besides."""
    with boundary.acting(OPERATOR, at=NOW):
        policy.lay(
            content.of(baseline.model_conf(), [*baseline.rules(), *rules]),
            by=OPERATOR,
            at=NOW,
            note="fixture",
        )


def a_rule(sub: str, rtype: str, act: str, cond: str = "True", eft: str = "allow") -> Rule:
    name = a_name()
    return Rule(sub, "*", rtype, act, cond, eft, f"fixture-{name}")


def a_directory(*entities: EntityText) -> None:
    with boundary.acting(OPERATOR, at=NOW):
        directory.load(entities, by=OPERATOR, at=NOW)


def a_type(kind: str, name: str, **over: Any) -> None:
    with boundary.acting(OPERATOR, at=NOW):
        directory.declare(kind=kind, name=name, **over, by=OPERATOR, at=NOW)


def a_subject(kind: str, key: str, *roles: str, **properties: object) -> EntityText:
    return EntityText("subject", kind, key, properties, roles)


def a_resource(kind: str, key: str, *, site: str = "", **properties: object) -> EntityText:
    return EntityText("resource", kind, key, properties, (), site)


def question(
    subject: tuple[str, str], action: str, resource: tuple[str, str], **over: Any
) -> dict[str, Any]:
    """Return the body of an evaluation."""
    return {
        "subject": {"type": subject[0], "id": subject[1]},
        "action": {"name": action},
        "resource": {"type": resource[0], "id": resource[1]},
        **over,
    }
