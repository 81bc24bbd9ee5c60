"""Other policy engines, asked what ours is asked; run by an interpreter of their own.

oso needs an older cffi than our signatures do, so the peers live in ``var/peers``, from
``requirements-bench.lock``. Standard library and the peers only. Reads one JSON object
(shape, links, rows, requests), prints another.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Timed = dict[str, float | int]
SLOW = 10


def timed(ask: Callable[[list[Any]], bool], requests: list[list[Any]]) -> Timed:
    clock, found, allowed = time.perf_counter_ns, [], 0
    for request in requests:
        begun = clock()
        allowed += ask(request)
        found.append((clock() - begun) / 1_000)
    found.sort()
    last = len(found) - 1
    return {"p50_us": found[last // 2], "p99_us": found[last * 99 // 100], "allowed": allowed}


def oso(given: dict[str, Any]) -> Timed:
    """Facts ``row(role, thing, act)`` and ``link(child, parent)``, as its manual shows RBAC."""
    from oso import Oso

    engine = Oso()
    lines = [f'row("{role}", "{thing}", "{act}");' for role, thing, act in given["rows"]]
    lines += [f'link("{child}", "{parent}");' for child, parent in given["links"]]
    lines += [
        "allow(actor: String, act: String, thing: String) if",
        "  row(role, thing, act) and holds(actor, role);",
        "holds(actor, role) if link(actor, role);",
        "holds(actor, role) if link(actor, team) and link(team, role);",
    ]
    engine.load_str("\n".join(lines))
    return timed(lambda one: engine.is_allowed(one[0], one[2], one[1]), given["requests"])


def cedar(given: dict[str, Any]) -> Timed:
    """One policy for each row, and the entities of the question."""
    import cedarpy

    policies = "\n".join(
        f'permit(principal in Role::"{role}", action == Action::"{act}",'
        f' resource == Thing::"{thing}");'
        for role, thing, act in given["rows"]
    )
    parents: dict[str, list[str]] = {}
    for child, parent in given["links"]:
        parents.setdefault(child, []).append(parent)

    def entities(subject: str) -> list[dict[str, Any]]:
        found, todo = {}, [subject]
        while todo:
            name = todo.pop()
            above = parents.get(name, [])
            found[name] = {
                "uid": {"type": "Role", "id": name},
                "attrs": {},
                "parents": [{"type": "Role", "id": one} for one in above],
            }
            todo += [one for one in above if one not in found]
        return list(found.values())

    def ask(one: list[Any]) -> bool:
        question = {
            "principal": f'Role::"{one[0]}"',
            "action": f'Action::"{one[2]}"',
            "resource": f'Thing::"{one[1]}"',
            "context": {},
        }
        answer = cedarpy.is_authorized(question, policies, entities(one[0]))
        return bool(answer.decision.value == "Allow")

    return timed(ask, given["requests"][:SLOW])


def main() -> None:
    given = json.load(sys.stdin)
    json.dump({"oso": oso(given), "cedarpy": cedar(given)}, sys.stdout)


if __name__ == "__main__":
    main()
