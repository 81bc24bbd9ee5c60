"""Decisions over HTTP: one beside an empty authenticated view, and a thousand at once."""

import json
import sys
from statistics import median, quantiles

import django

django.setup()

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import bench.asked  # noqa: F401  # its addresses are this process's too
from bench.figures import Sheet
from bench.serving import Served, served
from tests.builders.access import (
    a_caller,
    a_directory,
    a_policy,
    a_resource,
    a_rule,
    a_subject,
    question,
)

TIMES, ROUNDS, BATCHES, ITEMS = 400, 7, 60, 1_000
SEED_DOORS = 500


def prepared() -> str:
    """Publish a policy of doors; return the key of an enforcement point."""
    a_policy(
        [
            a_rule("guard", "door", "open"),
            a_rule("guard", "door", "lock", "r.res.floor == 2"),
        ]
    )
    a_directory(
        a_subject("person", "ana", "guard"),
        a_subject("person", "ben"),
        *(a_resource("door", f"d{number}", floor=number % 3) for number in range(SEED_DOORS)),
    )
    return a_caller(slug="bench", rate=10_000_000)[1]


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def a_batch(*, share_of_refusals: float) -> bytes:
    """Return a thousand whole questions, each with a subject, an action and a resource."""
    every = round(1 / share_of_refusals) if share_of_refusals else ITEMS + 1
    return body(
        {
            "evaluations": [
                question(
                    ("person", "ben" if number % every == every - 1 else "ana"),
                    "open",
                    ("door", f"d{number % SEED_DOORS}"),
                )
                for number in range(ITEMS)
            ]
        }
    )


def single(sheet: Sheet, one: Served, headers: dict[str, str]) -> None:
    asked = body(question(("person", "ana"), "open", ("door", "d1")))
    costs: dict[str, list[float]] = {"/access/v1/empty": [], "/access/v1/evaluation": []}
    for _ in range(ROUNDS):
        for path, found in costs.items():
            before = one.cpu()
            one.ask(path, times=TIMES, body=asked, headers=headers)
            found.append((one.cpu() - before) / TIMES * 1e6)
    empty, decision = (median(found) for found in costs.values())
    sheet.figure("empty authenticated view, served", empty, "us CPU")
    sheet.figure("evaluation, served", decision, "us CPU")
    sheet.figure("evaluation / empty authenticated view", decision / empty, "x", at_most=1.5)


def queries(sheet: Sheet, key: str) -> None:
    """Count what a permitted evaluation asks of the database, beside the empty view."""
    asked = body(question(("person", "ana"), "open", ("door", "d1")))
    client, counts = Client(headers={"authorization": f"Bearer {key}"}), []
    for path in ("/access/v1/empty", "/access/v1/evaluation"):
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                answer = client.post(path, asked, content_type="application/json")
            assert answer.status_code == 200, answer.content
        counts.append(len(captured))
    sheet.figure("queries of an evaluation, more than an empty view", counts[1] - counts[0], "",
                 at_most=1)  # fmt: skip


def batches(sheet: Sheet, one: Served, headers: dict[str, str]) -> None:
    for name, share in (("all permitted", 0.0), ("one in ten refused", 0.1), ("half refused", 0.5)):
        asked = a_batch(share_of_refusals=share)
        one.ask("/access/v1/evaluations", times=5, body=asked, headers=headers)
        before = one.cpu()
        took = one.ask("/access/v1/evaluations", times=BATCHES, body=asked, headers=headers)
        cost = (one.cpu() - before) / BATCHES * 1e3
        sheet.figure(f"batch of 1,000, {name}: CPU", cost, "ms")
        limit = 10 if share <= 0.1 else None
        sheet.figure(f"batch of 1,000, {name}: median", median(took) * 1e3, "ms", at_most=limit)
        sheet.figure(f"batch of 1,000, {name}: p95", quantiles(took, n=20)[18] * 1e3, "ms")


def main() -> None:
    """Measure a served process."""
    sheet = Sheet("authzen")
    key = prepared()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with served("bench.asked:application") as one:
        single(sheet, one, headers)
        batches(sheet, one, headers)
    queries(sheet, key)
    sheet.close()


if __name__ == "__main__":
    main()
    sys.exit(0)
