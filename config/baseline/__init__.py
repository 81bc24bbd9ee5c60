"""Reads the baseline that ships with the product."""

import csv
from pathlib import Path

from governance.actions.baseline import RoleText
from governance.policy.casbin_policy import Rule
from governance.policy.content import Content, Line

HERE = Path(__file__).parent
TESTS = HERE / "baseline.policy.yaml"
MODEL = HERE.parent.parent / "governance" / "policy" / "model.conf"


def model_conf() -> str:
    """Return the shipped Casbin model."""
    return MODEL.read_text()


def roles() -> list[RoleText]:
    """Return the shipped roles."""
    with (HERE / "roles.csv").open(newline="") as file:
        return [
            RoleText(row["slug"], row["name"], row["purpose"], row["external"] == "yes")
            for row in csv.DictReader(file)
        ]


def rules() -> list[Rule]:
    """Return one rule for each role and act of ``policy/<app>.csv``, with its condition if any."""
    return [
        Rule(
            role,
            "*",
            row["resource_type"],
            act,
            row.get("cond") or "True",
            "allow",
            f"{role}/{act}",
        )
        for file in sorted((HERE / "policy").glob("*.csv"))
        for row in csv.DictReader(file.read_text().splitlines())
        for role in row["roles"].split()
        for act in row["acts"].split()
    ]


def content() -> Content:
    """Return model, rules and tests as they are published; sites may widen what is marked."""
    widened = {
        act
        for file in (HERE / "policy").glob("*.csv")
        for row in csv.DictReader(file.read_text().splitlines())
        if row.get("sites_may_widen") == "yes"
        for act in row["acts"].split()
    }
    lines = tuple(Line(rule, rule.act in widened) for rule in rules())
    return Content(model_conf(), lines, TESTS.read_text())
