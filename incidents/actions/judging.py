"""Deciding whether an incident is a breach: by the rules, or against them with a reason."""

from datetime import datetime
from typing import Any

from django.db import transaction

from governance import audit
from governance.access import allows, require
from governance.domain.actor import Actor
from incidents.actions import notice_clocks, noting, timing
from incidents.domain.breaches import Facts, Judgment, Verdict, judge
from incidents.domain.notice_duties import NoticeState
from incidents.domain.notice_rules import Start, owed
from incidents.errors import PrivacyOfficerDecides, ReasonMissing
from incidents.models import BreachDecision, EntryKind, Incident, NoticeDuty
from incidents.permissions import Act
from incidents.queries import affected, rules
from incidents.statutes.reading import Rules

_WORDS = {
    Verdict.BREACH: "a breach",
    Verdict.NOT_BREACH: "not a breach",
    Verdict.ASK: "for the privacy officer to judge",
}
_DROPPED = "not owed by decision {seq}"


@transaction.atomic
def decide(
    incident: Incident,
    facts: Facts,
    *,
    verdict: Verdict,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> BreachDecision:
    """Record whether ``incident`` is a breach, and owe the notices that follow from it.

    Notices that were owed by an earlier decision and are not by this one are ruled out by it;
    those that somebody sent or ruled out stay as they are. The same decision on the same facts
    again changes nothing.

    Raises:
        NotAllowed: ``by`` may not decide this.
        PrivacyOfficerDecides: the rules ask the privacy officer, and ``by`` is none.
        ReasonMissing: it is decided against the rules without a reason.
        IncidentEnded: the incident was closed or dismissed.
    """
    require(by, Act.BREACH_DECIDE, BreachDecision(incident=incident), at=at)
    incident = timing.lock(incident)
    reason = noting.clean(reason)
    current = rules.standing()
    said = judge(facts, current.breaches)
    _check(incident, said, verdict, reason, by=by, at=at)
    last = BreachDecision.objects.filter(incident=incident).order_by("-seq").first()
    if last is not None and _is_same(last, facts, verdict, reason, current):
        return last
    row = BreachDecision.objects.create(
        incident=incident,
        seq=last.seq + 1 if last else 1,
        facts=told(facts),
        proposed=said.verdict,
        rule=said.rule,
        article=said.article,
        rules_version=current.version,
        rules_sha256=current.sha256,
        verdict=verdict,
        reason=reason,
        decided_by=by.ref,
        decided_at=at,
    )
    _owe(incident, facts, verdict, current, row.seq, by=by, at=at)
    text = f"Decided: {_WORDS[verdict]}, by rule {said.rule} of {current.version}: {said.because}"
    if verdict is not said.verdict:
        text = f"Decided against the rules: {_WORDS[verdict]}. {reason}"
    noting.append(incident, EntryKind.BREACH, text, by=by, at=at)
    audit.record(
        by=by, act=Act.BREACH_DECIDE, ref=row.ref, at=at, incident=incident.reference,
        verdict=verdict, proposed=said.verdict, rule=said.rule, rules=current.version,
        reason=reason or None,
    )  # fmt: skip
    return row


def _is_same(
    last: BreachDecision, facts: Facts, verdict: Verdict, reason: str, current: Rules
) -> bool:
    kept = (last.facts, last.verdict, last.reason, last.rules_sha256)
    return kept == (told(facts), verdict, reason, current.sha256)


def _check(
    incident: Incident,
    said: Judgment,
    verdict: Verdict,
    reason: str,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Refuse a verdict that ``by`` may not give, or that goes against the rules without a word."""
    if said.verdict is Verdict.ASK and verdict is not Verdict.ASK:
        # Asked first, so that the refusal says who decides and not only that it was refused.
        if not allows(by, Act.BREACH_JUDGE, BreachDecision(incident=incident), at=at):
            raise PrivacyOfficerDecides(
                f"By the rule {said.rule} ({said.article}) the privacy officer decides: "
                f"{said.because}."
            )
        require(by, Act.BREACH_JUDGE, BreachDecision(incident=incident), at=at)
    if verdict is not said.verdict and not reason:
        raise ReasonMissing(
            f"The rules say {_WORDS[said.verdict]}: {said.because}. Say why you decide otherwise."
        )


def told(facts: Facts) -> dict[str, Any]:
    """Return ``facts`` as they are kept."""
    return {
        "losses": sorted(facts.losses),
        "is_personal": facts.is_personal,
        "level": facts.level,
        "kinds": sorted(facts.kinds),
        "records": facts.records,
        "is_high_risk": facts.is_high_risk,
        "is_significant": facts.is_significant,
        "product": facts.product.value,
    }


def _owe(
    incident: Incident,
    facts: Facts,
    verdict: Verdict,
    current: Rules,
    seq: int,
    *,
    by: Actor,
    at: datetime,
) -> None:
    wanted = _wanted(incident, facts, verdict, current, at=at)
    dropped = _DROPPED.format(seq=seq)
    held = {(row.rule, row.recipient): row for row in NoticeDuty.objects.filter(incident=incident)}
    for key, fields in wanted.items():
        row = held.pop(key, None)
        if row is None:
            NoticeDuty.objects.create(
                incident=incident, rule=key[0], recipient=key[1], created_at=at, **fields
            )
        elif row.state == NoticeState.RULED_OUT and row.reason.startswith("not owed by decision"):
            again = NoticeState.DRAFTED if row.draft else NoticeState.OWED
            NoticeDuty.objects.filter(pk=row.pk).update(
                state=again, ruled_out_at=None, ruled_out_by="", reason="", **fields
            )
    gone = [row.pk for row in held.values() if NoticeState(row.state).is_open]
    NoticeDuty.objects.filter(pk__in=gone).update(
        state=NoticeState.RULED_OUT, ruled_out_at=at, ruled_out_by=by.ref, reason=dropped
    )
    notice_clocks.settle(incident)


def _wanted(
    incident: Incident, facts: Facts, verdict: Verdict, current: Rules, *, at: datetime
) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the notices that are owed, by rule and recipient."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    on = at.date()
    for one in owed(current.notices, facts, verdict, regimes=rules.regimes(incident.site), on=on):
        rule = one.rule
        found[rule.slug, rule.party] = {
            "rules_version": current.version,
            "title": rule.title,
            "article": rule.article,
            "why": one.why,
            "asks": rule.asks,
            "start": rule.start,
            "after": rule.after,
            "hours": rule.period.hours,
            "days": rule.period.days,
            "months": rule.period.months,
        }
    if verdict is Verdict.NOT_BREACH:
        return found
    parties = dict(affected.of(incident).partners)
    for limit in rules.limits(parties):
        found[f"contract:{limit.pk}", limit.partner_name] = {
            "rules_version": "contract",
            "partner": limit.party,
            "title": "Notify the breach as agreed",
            "article": limit.clause,
            "why": f"{limit.partner_name} is part of this incident",
            "start": Start.AWARE,
            "hours": limit.hours,
            "days": 0,
            "months": 0,
        }
    return found
