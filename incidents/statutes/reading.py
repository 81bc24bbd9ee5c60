"""A document of rules, read and judged: bytes in, rules out."""

import json
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from incidents.domain.breaches import BreachRule, Loss, ProductHarm, Verdict
from incidents.domain.deadlines import Period
from incidents.domain.notice_rules import NoticeRule, Regime, Start

MAX_BYTES = 1_000_000
_SHIPPED = Path(__file__).parent / "rules.json"


class RulesFault(ValueError):
    """The document is no set of rules; the message says where and why."""


@dataclass(frozen=True)
class Rules:
    """All rules of one version, and the digest of the document that they were read from."""

    version: str
    sha256: str
    breaches: tuple[BreachRule, ...]
    notices: tuple[NoticeRule, ...]


def shipped() -> bytes:
    """Return the document that comes with this release."""
    return _SHIPPED.read_bytes()


def read(document: bytes) -> Rules:
    """Read a document of rules.

    Raises:
        RulesFault: it is no JSON, lacks something, or a rule names what there is not.
    """
    if len(document) > MAX_BYTES:
        raise RulesFault(f"the document has {len(document):,} bytes; up to {MAX_BYTES:,} are read")
    try:
        told = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise RulesFault(f"not JSON: {error}") from error
    if not isinstance(told, dict):
        raise RulesFault("the document is no object")
    version = told.get("version")
    if not isinstance(version, str) or not 0 < len(version) <= 40:
        raise RulesFault("/version: a text of up to 40 characters is missing")
    breaches = tuple(_each(told, "breaches", _breach))
    notices = tuple(_each(told, "notices", _notice))
    _check(breaches, notices)
    return Rules(version, sha256(document).hexdigest(), breaches, notices)


def _each(told: dict[str, Any], name: str, make: Any) -> list[Any]:
    rows = told.get(name)
    if not isinstance(rows, list) or not rows:
        raise RulesFault(f"/{name}: a list with one rule at least is missing")
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(make(dict(row)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            said = f"{error.args[0]} is missing" if isinstance(error, KeyError) else error
            raise RulesFault(f"/{name}/{number}: {said}") from error
    return found


def _breach(row: dict[str, Any]) -> BreachRule:
    return BreachRule(
        slug=_text(row, "slug"),
        verdict=Verdict(row["verdict"]),
        because=_text(row, "because"),
        article=_text(row, "article"),
        losses=frozenset(Loss(one) for one in row.get("losses", ())),
        is_personal=row.get("is_personal"),
        level_from=row.get("level_from"),
        kinds=frozenset(row.get("kinds", ())),
        records_from=row.get("records_from"),
    )


def _notice(row: dict[str, Any]) -> NoticeRule:
    parts = {name: int(row.get(name, 0)) for name in ("hours", "days", "months")}
    from_day = row.get("in_force_from")
    return NoticeRule(
        slug=_text(row, "slug"),
        title=_text(row, "title"),
        party=_text(row, "party"),
        article=_text(row, "article"),
        regime=Regime(row["regime"]),
        start=Start(row["start"]),
        period=Period(**parts),
        after=str(row.get("after", "")),
        needs_high_risk=bool(row.get("needs_high_risk", False)),
        product=ProductHarm(row.get("product", ProductHarm.NONE)),
        in_force_from=date.fromisoformat(from_day) if from_day else None,
        asks=str(row.get("asks", "")),
    )


def _text(row: dict[str, Any], name: str) -> str:
    text = row[name]
    if not isinstance(text, str) or not 0 < len(text) <= 400:
        raise ValueError(f"{name} is no text of 1 to 400 characters")
    return text


def _check(breaches: tuple[BreachRule, ...], notices: tuple[NoticeRule, ...]) -> None:
    for name, rules in (("breaches", breaches), ("notices", notices)):
        slugs = [rule.slug for rule in rules]
        if len(set(slugs)) != len(slugs):
            raise RulesFault(f"/{name}: two rules have the same slug")
    known = {rule.slug for rule in notices}
    for number, rule in enumerate(notices):
        if (rule.start is Start.NOTICE) != bool(rule.after) or (
            rule.after or rule.slug
        ) not in known:
            raise RulesFault(f"/notices/{number}/after: names the notice that the period runs from")
