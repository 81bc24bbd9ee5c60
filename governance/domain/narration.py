"""Entries of the audit log as sentences, and what they changed as old and new."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROW = "row:"
_PAST = {
    "begin": "began", "give": "gave", "hand": "handed over", "put": "put", "read": "read",
    "run": "ran", "set": "set", "write": "wrote", "hold": "held", "send": "sent", "take": "took",
    "make": "made", "tell": "told", "withdraw": "withdrew", "put_back": "put back",
}  # fmt: skip
_DOUBLED = {"submit", "permit", "admit", "stop", "drop", "plan"}
_WHOLE = {
    "auth:session:begin": "signed in",
    "auth:session:refuse": "was refused at sign-in",
}
_ROWS = {
    "insert": "created",
    "update": "changed",
    "delete": "deleted",
    "baseline": "took down the state of",
}


@dataclass(frozen=True, slots=True)
class Named:
    """Who or what: in words, and as the log has it."""

    ref: str
    name: str = ""
    kind: str = ""
    """What it is, in words; empty where the reference says it well enough."""

    @property
    def text(self) -> str:
        """Return the name, or the reference where there is none."""
        return self.name or self.ref


@dataclass(frozen=True, slots=True)
class Change:
    """One column: what stood there and what stands there now; neither where it is secret."""

    column: str
    old: str = ""
    new: str = ""
    is_secret: bool = False


def is_row(act: str) -> bool:
    """Say whether this is the change of a row, written by the database itself."""
    return act.startswith(ROW)


def past(verb: str) -> str:
    """Return the simple past of a verb of the policy."""
    words = verb.replace("_", " ").replace("-", " ")
    if verb in _PAST:
        return _PAST[verb]
    if verb in _DOUBLED:
        return words + words[-1] + "ed"
    if words.endswith("e"):
        return words + "d"
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return words[:-1] + "ied"
    return words + "ed"


def sentence(actor: Named, act: str, thing: Named, outcome: str, cause: str = "") -> str:
    """Return one sentence that a person could say aloud."""
    kind = thing.ref.partition(":")[0].rpartition(".")[2]
    key = thing.name or thing.ref.partition(":")[2]
    what = f"{thing.kind or _words(kind)} {key}".strip()
    if is_row(act):
        done = _ROWS.get(act.rpartition(":")[2], act)
        return f"{actor.text} {done} {what}{f', as part of {cause}' if cause else ''}."
    if act in _WHOLE:
        return f"{actor.text} {_WHOLE[act]}."
    noun, _, verb = act.partition(":")[2].rpartition(":")
    if not noun or not verb:
        return f"{actor.text}: {act} on {what}."
    if noun.replace("_", "") not in (kind, thing.kind.partition(" ")[0]):
        what = f"{_words(noun)} of {what}"
    if outcome == "denied":
        return f"{actor.text} tried to {_words(verb)} {what} and was refused."
    return f"{actor.text} {past(verb)} {what}."


def changes(facts: Mapping[str, Any]) -> list[Change]:
    """Return what an entry says was changed, column by column."""
    found = []
    for column, pair in (facts.get("diff") or {}).items():
        if isinstance(pair, list) and len(pair) == 2:
            found.append(Change(column, shown(pair[0]), shown(pair[1])))
        else:
            found.append(Change(column, is_secret=True))
    found += [Change(column, "", shown(value)) for column, value in _members(facts, "new")]
    found += [Change(column, shown(value), "") for column, value in _members(facts, "old")]
    return sorted(found, key=lambda change: change.column)


def said(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what else an entry says, digests aside: the reason, the numbers."""
    known = {"diff", "was", "digest"}
    return [
        (_words(key), shown(value))
        for key, value in facts.items()
        if key not in known and value not in ("", None) and not _is_rows(key, value)
    ]


def shown(value: Any) -> str:
    """Return a value as text; nothing is said in words."""
    if value is None:
        return "nothing"
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if value else "empty"
    return json.dumps(value, ensure_ascii=False)


def _is_rows(key: str, value: Any) -> bool:
    return key in ("new", "old") and isinstance(value, dict)


def _members(facts: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    value = facts.get(key)
    return list(value.items()) if isinstance(value, dict) else []


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")
