"""What the policy answers, and the words for why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from governance.domain.obligations import Obligation


class Reason(StrEnum):
    """Stable codes; they are part of the API and of the decision log."""

    ALLOW_RULE = "allow:rule"
    ALLOW_OBJECT = "allow:object_grant"
    DENY_RULE = "deny:rule"
    DENY_NO_RULE = "deny:no_rule"
    DENY_CONDITION = "deny:condition"
    DENY_OBLIGATION = "deny:obligation_unsupported"
    DENY_MFA = "deny:mfa_required"
    DENY_SCOPE = "deny:key_scope"
    DENY_EXPIRED = "deny:key_expired"
    DENY_UNKNOWN = "deny:key_unknown"
    GAP_UNKNOWN = "gap:unknown"
    GAP_UNCLASSIFIED = "gap:unclassified"
    GAP_PURPOSE = "gap:purpose"
    ERROR_ENGINE = "error:engine"
    ERROR_NO_POLICY = "error:no_policy"
    ERROR_BAD_VALUE = "error:bad_value"
    ERROR_ATTRIBUTE_MISSING = "error:attribute_missing"
    ERROR_TYPE = "error:type"


OPEN_TO_GRANTS = (Reason.DENY_NO_RULE, Reason.DENY_CONDITION)
"""Refusals that a grant on the one record lifts."""


NO_CIRCUMSTANCES: Mapping[str, Any] = MappingProxyType({})


class Question(NamedTuple):
    """One request for a decision; a tuple, since a thousand may be asked at once.

    ``domain`` is the scope in which roles count: ``site:<slug>`` or a party reference.
    """

    subject: str
    action: str
    resource_type: str
    resource: str
    domain: str
    subject_attributes: Mapping[str, object]
    resource_attributes: Mapping[str, object]
    environment: Mapping[str, object] = NO_CIRCUMSTANCES


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, with the rule that decided and the policy it stood in."""

    allow: bool
    reason: Reason
    rule: str = ""
    policy_sha256: str = ""
    obligations: tuple[Obligation, ...] = ()

    def sentence(self) -> str:
        """Say the decision as a person would."""
        match self.reason:
            case Reason.ALLOW_RULE:
                return f"Permitted by rule {self.rule}."
            case Reason.ALLOW_OBJECT:
                return "Permitted by a grant on this one record."
            case Reason.DENY_RULE:
                return f"Refused by rule {self.rule}."
            case Reason.DENY_NO_RULE:
                return "No rule permits this. A role at this scope, or a grant, would."
            case Reason.DENY_OBLIGATION:
                return "Refused: what a permit would oblige to cannot be kept here."
            case Reason.DENY_CONDITION:
                return "A rule is there, but its condition does not hold."
            case Reason.ERROR_ATTRIBUTE_MISSING | Reason.ERROR_TYPE:
                return "Refused: a condition needs what is not known of this record or person."
            case Reason.DENY_MFA:
                return "Refused until a second factor is proven."
            case Reason.DENY_SCOPE:
                return "Refused: the key does not reach this far."
            case Reason.DENY_EXPIRED:
                return "Refused: the key has ended."
            case Reason.DENY_UNKNOWN:
                return "Refused: there is no such key."
            case Reason.GAP_UNKNOWN:
                return "Refused: who or what is asked about is not known here."
            case Reason.GAP_UNCLASSIFIED:
                return "Refused until somebody classifies these data."
            case Reason.GAP_PURPOSE:
                return "Refused: no purpose is named that these data may be used for."
            case Reason.ERROR_NO_POLICY:
                return "Refused: no policy is published."
            case _:
                return "Refused: the policy could not be evaluated."
