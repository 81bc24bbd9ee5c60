"""What can be done with incidents. Each act is permitted by the policy or by nothing."""

from enum import StrEnum


class Act(StrEnum):
    """``app:noun:verb``."""

    INCIDENT_READ = "incidents:incident:read"
    INCIDENT_DECLARE = "incidents:incident:declare"
    INCIDENT_ASSIGN = "incidents:incident:assign"
    INCIDENT_LINK = "incidents:incident:link"
    INCIDENT_DISMISS = "incidents:incident:dismiss"
    INCIDENT_CLOSE = "incidents:incident:close"
    MILESTONE_SET = "incidents:milestone:set"
    ENTRY_WRITE = "incidents:entry:write"
    RUNBOOK_READ = "incidents:runbook:read"
    RUNBOOK_WRITE = "incidents:runbook:write"
    RUNBOOK_APPROVE = "incidents:runbook:approve"
    RUNBOOK_RETIRE = "incidents:runbook:retire"
    RUNBOOK_REVIEW = "incidents:runbook:review"
    RUNBOOK_OWN = "incidents:runbook:own"
    RUN_START = "incidents:run:start"
    CARD_FINISH = "incidents:card:finish"
    CARD_HAND = "incidents:card:hand"
    BREACH_DECIDE = "incidents:breach:decide"
    BREACH_JUDGE = "incidents:breach:judge"
    NOTICE_DRAFT = "incidents:notice:draft"
    NOTICE_SEND = "incidents:notice:send"
    NOTICE_RULE_OUT = "incidents:notice:rule_out"
    RULES_WRITE = "incidents:rules:write"
    RULES_APPROVE = "incidents:rules:approve"
    LAW_STATE = "incidents:law:state"
    CONTRACT_STATE = "incidents:contract:state"
