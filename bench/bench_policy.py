"""What a decision costs beside stock pycasbin, oso, cedarpy and a plain dict, and how it grows."""

import json
import os
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import casbin
import django

django.setup()

from django.db.models import F

from bench.figures import Sheet, wall_microseconds
from config import baseline
from governance.domain.decisions import Question
from governance.policy import casbin_policy, trial
from governance.policy.casbin_policy import Rule
from governance.policy.enforcer import CompiledEnforcer
from governance.policy.filtering import Column
from governance.policy.links import Link
from governance.policy.trial import Trial

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "var" / "peers"
LIMITS = {"rbac": 15, "domains": 20, "abac": 20}
SMALL, LARGE, HUGE = 1_000, 100_000, 1_000_000


def peers(made: Trial) -> dict[str, Any] | None:
    """Ask the other engines, in an environment of their own; None where it cannot be made."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        venv.create(PEERS, with_pip=True)
        lock = str(ROOT / "requirements-bench.lock")
        words = [str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", lock]
        if subprocess.run(words, check=False).returncode:
            return None
    given = {
        "rows": [values for kind, values in made.lines if kind == "p"],
        "links": [values for kind, values in made.lines if kind == "g"],
        "requests": made.requests[:1_000],
    }
    done = subprocess.run(
        [str(python), str(ROOT / "bench" / "peers.py")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def asking(mine: CompiledEnforcer) -> Callable[[trial.Request], object]:
    return lambda request: mine.decide(request, 0)


def plainly(stock: casbin.Enforcer) -> Callable[[trial.Request], object]:
    return lambda request: stock.enforce(*request)


def ours(made: Trial, mine: CompiledEnforcer) -> tuple[float, float]:
    """Return median and 99th percentile of a repeated question, the best of three rounds."""
    return min(trial.timed(asking(mine), made.requests) for _ in range(4))


def plain(made: Trial, mine: CompiledEnforcer) -> float:
    answers = {trial.flat(one): mine.decide(one, 0).allow for one in made.requests}
    keys = [trial.flat(one) for one in made.requests]
    return min(trial.timed(lambda key: answers.get((*key,)), keys)[0] for _ in range(3))


def decisions(sheet: Sheet, shape: str) -> None:
    medians = {}
    for rules in (SMALL, LARGE, HUGE) if shape == "rbac" else (SMALL, LARGE):
        made = trial.trial(shape, rules)
        begun = time.monotonic()
        mine = made.enforcer()
        built = time.monotonic() - begun
        what = f"{shape}, {rules:,} rules"
        sheet.figure(f"{what}: build", built, "s", at_most=15 if rules == HUGE else None)
        first = trial.timed(asking(mine), made.requests)
        medians[rules], p99 = ours(made, mine)
        bare = plain(made, mine)
        sheet.figure(f"{what}: first question of a person, median", first[0], "us")
        sheet.figure(f"{what}: median", medians[rules], "us")
        sheet.figure(f"{what}: p99", p99, "us", at_most=50)
        sheet.figure(f"{what}: a dict", bare, "us")
        if rules == LARGE:
            limit = LIMITS[shape]
            sheet.figure(f"{what}: ours / a dict", medians[rules] / bare, "x", at_most=limit)
            stock = made.stock()
            theirs = trial.timed(plainly(stock), made.requests[:3])[0]
            sheet.figure(f"{what}: stock pycasbin / ours", theirs / medians[rules], "x")
    sheet.figure(
        f"{shape}: growth from {SMALL:,} to {LARGE:,}", medians[LARGE] / medians[SMALL], "x",
        at_most=2,
    )  # fmt: skip
    if HUGE in medians:
        growth = medians[HUGE] / medians[SMALL]
        sheet.figure(f"{shape}: growth from {SMALL:,} to {HUGE:,}", growth, "x", at_most=4)


def lists(sheet: Sheet) -> None:
    """Which records may somebody read: the filter for a query, in the shipped model."""
    columns = {"level": Column(F("level"), str)}
    at = datetime.fromtimestamp(0, UTC)
    for rules in (SMALL, LARGE):
        rows = [
            Rule(
                f"role{number % 1_000}",
                "*" if number % 10 else f"site:{number % 50}",
                f"thing{number % (rules // 20)}",
                "read",
                "True" if number % 3 else "r.res.level != 'restricted'",
                "allow" if number % 7 else "deny",
                f"r{number}",
            )
            for number in range(rules)
        ]
        links = [
            Link(f"user{person}", f"role{(person * 7 + step) % 1_000}", f"site:{person % 50}")
            for person in range(1_000)
            for step in range(3)
        ]
        snapshot = casbin_policy.build(baseline.model_conf(), rows, links, sha256="")
        found = []
        for person in range(1_000):
            kind = f"thing{(person * 7) % (rules // 20)}"
            asked = Question(f"user{person}", "read", kind, "?", "?", {}, {})
            begun = time.perf_counter()
            domains = snapshot.links.domains(asked.subject)
            shown = snapshot.shown(asked, domains, columns, at, is_kept=True)
            found.append(time.perf_counter() - begun)
            assert shown
        found.sort()
        what = f"filter of a list, {rules:,} rules"
        limit = 100 if rules == LARGE else None
        sheet.figure(f"{what}: median", found[500] * 1e6, "us", at_most=limit)
        sheet.figure(f"{what}: p99", found[990] * 1e6, "us")


def others(sheet: Sheet) -> None:
    for rules in (SMALL, LARGE):
        made = trial.trial("rbac", rules)
        mine, _ = ours(made, made.enforcer())
        found = peers(made)
        if found is None:
            print("  peers: not installed, so not compared")
            return
        for name, target in (("oso", 10 if rules == LARGE else None), ("cedarpy", None)):
            ratio = found[name]["p50_us"] / mine
            sheet.figure(f"rbac, {rules:,} rules: {name} / ours", ratio, "x", at_least=target)


def changes(sheet: Sheet) -> None:
    """Grant and revoke; reload while others read."""
    made = trial.trial("domains", LARGE)
    box = [made.enforcer()]

    def grant() -> None:
        mine = box[0]
        links = mine.links.replaced("user7", [Link("user7", "role1", "site:1")])
        box[0] = mine.with_links(links)
        assert box[0].links.domains("user7") == {"site:1"}

    took = wall_microseconds(grant, times=200)
    sheet.figure("grant among 100,000 rules", took / 1_000, "ms", at_most=1)
    done = threading.Event()
    waits: list[float] = []

    def read() -> None:
        while not done.is_set():
            begun = time.perf_counter()
            box[0].decide(made.requests[0], 0)
            waits.append(time.perf_counter() - begun)

    reader = threading.Thread(target=read)
    reader.start()
    box[0] = made.enforcer()
    done.set()
    reader.join()
    waits.sort()
    sheet.figure("reload: longest wait of a reader", waits[-1] * 1_000, "ms", at_most=250)
    sheet.figure("reload: p99 of a reader", waits[len(waits) * 99 // 100] * 1e6, "us")


def main() -> None:
    """Measure everything."""
    sheet = Sheet("policy")
    for shape in os.environ.get("BENCH_SHAPES", "rbac domains abac").split():
        decisions(sheet, shape)
    lists(sheet)
    others(sheet)
    changes(sheet)
    sheet.close()


if __name__ == "__main__":
    main()
    sys.exit(0)
