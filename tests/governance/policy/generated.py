"""Models, policies and requests made at random, small enough that much of it matches."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from random import Random
from typing import Any

SUBJECTS = [f"u{n}" for n in range(4)]
ROLES = [f"r{n}" for n in range(12)]
DOMAINS = ["d0", "d1"]
THINGS = ["data0", "data1", "/a/1", "/a/*"]
ACTS = ["read", "write", "a!b"]
AT = 1_000.0
EFFECTS = [
    "some(where (p.eft == allow))",
    "!some(where (p.eft == deny))",
    "some(where (p.eft == allow)) && !some(where (p.eft == deny))",
    "priority(p.eft) || deny",
]
CONDITIONS = [
    "True",
    "True",
    "False",
    "r.sub.age > 18",
    "r.sub.age > 18 && r.sub.flag",
    "r.sub.flag",
    "!r.sub.flag",
    "r.sub.name == r.obj.owner",
    "p.sub == 'r1' || r.sub.age < 30",
    "r.sub.gone == 1",
    "r.sub.age in (17, 18, 44)",
    "not (r.sub.name != 'u1')",
    "1.0",
    "r.sub.age",
    "rank(r.sub.level) >= rank(r.obj.level)",
    "rank(r.sub.level) == rank('internal') || r.sub.flag",
]
DELEGATING = ["r.sub.age + 1 > 18", "[x for x in r.sub.tags] == r.sub.tags", "r.sub.tags[0] == 1"]


class Named:
    """A subject that is an object, not a dict."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


class Words(str):
    """Text of another type: it could define its own equality."""


@dataclass(slots=True)
class Case:
    """One model, with rows and links that hold from and until an instant."""

    conf: str
    has_domains: bool
    has_objects: bool
    effect: str
    rows: list[tuple[list[str], float, float]] = field(default_factory=list)
    links: list[tuple[str, list[str], float, float]] = field(default_factory=list)


def a_case(dice: Random) -> Case:
    """Return a model with rows and links."""
    has_domains, has_objects = dice.random() < 0.5, dice.random() < 0.5
    has_roles, has_conditions = dice.random() < 0.8, dice.random() < 0.5
    effect = dice.choice(EFFECTS)
    has_effect = effect != EFFECTS[0] or dice.random() < 0.5
    has_priority = effect == EFFECTS[3] and dice.random() < 0.5
    columns = ["sub"] + ["dom"] * has_domains + ["obj", "act"]
    columns += ["cond"] * has_conditions + ["eft"] * has_effect
    columns = ["priority"] * has_priority + columns
    tokens = ["sub"] + ["dom"] * has_domains + ["obj", "act"]
    subject = "r.sub.key" if has_objects else "r.sub"
    thing = "r.obj.name" if has_objects else "r.obj"
    scope = ", r.dom" if has_domains else ""
    parts = [f"g({subject}, p.sub{scope})" if has_roles else f"{subject} == p.sub"]
    if has_domains:
        parts.append(dice.choice(["r.dom == p.dom", "(r.dom == p.dom || p.dom == '*')"]))
    parts.append(
        dice.choice([f"{thing} == p.obj", f"keyMatch({thing}, p.obj)", f"p.obj == {thing}"])
    )
    parts.append(
        dice.choice(["r.act == p.act", "(r.act == p.act || p.act == '*')", "r.act in (p.act, 'x')"])
    )
    if has_conditions:
        parts.append("eval(p.cond)")
    if has_objects and dice.random() < 0.4:
        parts.append(dice.choice(["r.sub.flag", "r.sub.age > 18", "r.sub.name != r.obj.owner"]))
    if has_roles and dice.random() < 0.2:
        parts.append(f"g({subject}, 'r2'{scope})")
    if dice.random() < 0.1:
        parts = [f"({' && '.join(parts)} || {subject} == 'u3')"]
    dice.shuffle(parts)
    groups = "[role_definition]\ng = _, _, _\n" if has_domains else "[role_definition]\ng = _, _\n"
    conf = (
        f"[request_definition]\nr = {', '.join(tokens)}\n"
        f"[policy_definition]\np = {', '.join(columns)}\n"
        f"{groups if has_roles else ''}[policy_effect]\ne = {effect}\n"
        f"[matchers]\nm = {' && '.join(parts)}\n"
    )
    case = Case(conf, has_domains, has_objects, effect)
    pool = CONDITIONS + (DELEGATING if dice.random() < 0.05 else [])
    for _ in range(dice.choice([0, 1, 3, 6, 10])):
        row = {
            "sub": dice.choice(SUBJECTS + ROLES[:4]),
            "dom": dice.choice([*DOMAINS, "*"]),
            "obj": dice.choice([*THINGS, "*"]),
            "act": dice.choice([*ACTS, "*"]),
            "cond": dice.choice(pool),
            "eft": dice.choice(["allow", "allow", "deny", "maybe"]),
            "priority": str(dice.randrange(20)),
        }
        case.rows.append(([row[name] for name in columns], *_window(dice)))
    if has_roles:
        for _ in range(dice.choice([0, 2, 6])):
            link = [dice.choice(SUBJECTS + ROLES[:4]), dice.choice(ROLES[:5])]
            case.links.append(("g", link + [dice.choice(DOMAINS)] * has_domains, *_window(dice)))
        if dice.random() < 0.3:  # a path that is longer than what counts
            path = [dice.choice(SUBJECTS), *ROLES[: dice.randrange(7, 13)]]
            for child, parent in pairwise(path):
                case.links.append(("g", [child, parent] + ["d0"] * has_domains, -inf, inf))
            case.rows.append((_row_for(path[-1], columns), -inf, inf))
    return case


def changed(case: Case, dice: Random) -> None:
    """Remove a row or a link, or give a row back."""
    for some in dice.sample([case.rows, case.links], 2):
        if some and dice.random() < 0.7:
            del some[dice.randrange(len(some))]  # type: ignore[attr-defined]
            return
    if case.rows:
        case.rows.append(case.rows[0])


def a_request(case: Case, dice: Random) -> list[Any]:
    """Return values for a request, now and then of a type that nobody expects."""
    subject: Any = dice.choice([*SUBJECTS, "nobody", "r1"])
    thing: Any = dice.choice([*THINGS, "/a/2"])
    if case.has_objects:
        attributes = {
            "key": subject,
            "name": subject,
            "age": dice.choice([17, 18, 44, 44.0, "old", None, True]),
            "flag": dice.choice([True, True, False, 1, 0, "y", "", None, 0.0, 2.5, []]),
            "tags": [1, 2],
            "level": dice.choice(["public", "internal", "restricted", "secret", "", None, 1]),
        }
        for name in list(attributes):
            if dice.random() < 0.05:
                del attributes[name]
        subject = Named(**attributes) if dice.random() < 0.2 else attributes
        thing = {"name": thing, "owner": dice.choice(SUBJECTS)}
        thing["level"] = dice.choice(["internal", "confidential", "restricted", "unclassified"])
        if dice.random() < 0.05:
            del thing[dice.choice(list(thing))]
    request = [subject] + [dice.choice([*DOMAINS, "d9"])] * case.has_domains
    request += [thing, dice.choice([*ACTS, "x"])]
    if dice.random() < 0.08:
        odd = [None, 7, 1.5, True, b"u0", ("u0",), [], {}, Words("u0"), ""]
        request[dice.randrange(len(request))] = dice.choice(odd)
    return request


def _row_for(role: str, columns: list[str]) -> list[str]:
    row = {"sub": role, "dom": "d0", "obj": "data0", "act": "read", "cond": "True"}
    return [{**row, "eft": "allow", "priority": "3"}[name] for name in columns]


def _window(dice: Random) -> tuple[float, float]:
    if dice.random() < 0.8:
        return -inf, inf
    edges = sorted(dice.sample([AT - 10, AT - 1, AT, AT + 1, AT + 10], 2))
    return edges[0], edges[1]
