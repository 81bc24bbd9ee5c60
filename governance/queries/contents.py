"""Policy versions as plain content, and what a policy may name here."""

from datetime import datetime
from functools import cache

from django.apps import apps

from governance import in_force as standing
from governance import registries
from governance.domain import circumstances
from governance.models import (
    Entity,
    EntityType,
    Governed,
    Membership,
    PolicyHead,
    PolicyVersion,
    Role,
    Site,
)
from governance.policy.casbin_policy import Rule
from governance.policy.conditions import Kinds
from governance.policy.content import Content, Line
from governance.policy.lint import Vocabulary

SUBJECT_ATTRIBUTES: Kinds = {"party": "str", "service": "bool"}


def content(version: PolicyVersion) -> Content:
    """Return model, rules in order, and tests of ``version``."""
    rows = version.rules.order_by("ordinal").values_list(
        "sub", "dom", "rtype", "act", "cond", "eft", "rid", "obligations", "is_overridable"
    )
    lines = tuple(Line(Rule(*row[:8]), row[8]) for row in rows)
    return Content(version.model_conf, lines, version.tests)


def head() -> PolicyVersion | None:
    """Return the version in force."""
    row = PolicyHead.objects.select_related("version").first()
    return row.version if row else None


def in_force(at: datetime) -> PolicyVersion | None:
    """Return the version that was in force at ``at``: the last one published until then."""
    rows = PolicyVersion.objects.filter(published_at__lte=at)
    return rows.order_by("-published_at", "-number").first()


def vocabulary(at: datetime) -> Vocabulary:
    """Return what exists at ``at``: roles and who holds them, acts, types, sites."""
    foreign = dict(EntityType.objects.filter(kind="resource").values_list("name", "acts"))
    given = Entity.objects.exclude(roles=[]).values_list("roles", flat=True)
    held = set(Membership.objects.in_force(at).values_list("role__slug", flat=True))
    return Vocabulary(
        roles=frozenset(Role.objects.values_list("slug", flat=True)),
        held=frozenset(held.union(*given)),
        acts=acts().union(*foreign.values()),
        foreign=frozenset(foreign),
        domains=frozenset(f"site:{slug}" for slug in Site.objects.values_list("slug", flat=True)),
        types=types(),
        subject=SUBJECT_ATTRIBUTES,
        environment=circumstances.KINDS,
        uses=standing.uses(),
    )


def acts() -> frozenset[str]:
    """Return every act of every app."""
    return frozenset(str(act) for _, acts in registries.acts for act in acts)


@cache
def types() -> dict[str, Kinds]:
    """Return each governed type with the attributes that conditions may read of it.

    An empty record tells the names and kinds; where it has None, the kind is not known.
    """
    return {
        model.resource_type(): {
            name: "" if value is None else type(value).__name__
            for name, value in model().policy_attributes().items()
        }
        for model in apps.get_models()
        if issubclass(model, Governed)
    }
