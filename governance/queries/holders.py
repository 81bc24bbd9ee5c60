"""Everybody whom the policy lets do one act to one record: by which role, grant and condition."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q

from governance import access
from governance.domain.actor import Actor
from governance.domain.decisions import OPEN_TO_GRANTS, Decision, Question
from governance.models import (
    DecisionLog,
    Governed,
    Grant,
    Membership,
    Site,
    User,
    guardian_grants,
)
from governance.permissions import Act
from governance.policy.casbin_policy import EVERYWHERE, Rule, Snapshot
from governance.queries import names

MOST = 500
PURPOSE = "review of access"
"""What the policy is asked with where it wants a purpose; one that is bound to others refuses."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One way in which one person, or one service, may do the act.

    ``condition`` is the text under which the rule permits, empty where it always does;
    ``used_at`` is None where no use is logged. ``until`` None is a way without an end.
    """

    who: str
    who_url: str
    path: str
    condition: str
    why: str
    by: str
    since: datetime | None
    until: datetime | None
    used_at: datetime | None
    url: str


@dataclass(frozen=True, slots=True)
class Holders:
    """The ways, those who hold roles first; ``is_cut`` where more than 500 were to be asked.

    ``hidden`` counts the ways that whoever asks may not see: who it is stays unsaid, that there
    is one does not.
    """

    lines: tuple[Holder, ...] = ()
    hidden: int = 0
    is_cut: bool = False


def acts_on(record: Governed) -> list[str]:
    """Return the acts that the policy permits to somebody on records of this type.

    What reaches the data behind the record comes first, then reading the record itself.
    """
    snapshot = access.policy()
    kind = record.resource_type()
    rules = snapshot.rules if snapshot else ()
    found = {one.act for one in rules if one.rtype == kind and one.eft == "allow"} - {EVERYWHERE}
    data = record.data_use.acts if record.data_use else frozenset[str]()
    return sorted(found, key=lambda act: (act not in data, not act.endswith(":read"), act))


def of(record: Governed, act: str, *, to: Actor, at: datetime) -> Holders:
    """Return who may do ``act`` to ``record`` at ``at``, as far as ``to`` may see their ways.

    A second factor is taken as proven, and a purpose as named: both are asked for when the
    access is used. Seven queries and the look at what is in force, however many people there are.
    """
    snapshot = access.policy()
    if snapshot is None:
        return Holders()
    rules = [one for one in snapshot.rules if _speaks_of(one, record, act)]
    held, is_cut = _memberships(record, rules, at=at)
    people: dict[str, User] = {row.user.as_actor().ref: row.user for row in held}
    given = _grants(record, act, at=at)
    people |= {row.grantee.as_actor().ref: row.grantee for row in given if row.grantee}
    rights = guardian_grants.on_record(record, act.rpartition(":")[2])
    people |= {user.as_actor().ref: user for user in rights}
    asked = {ref: _ask(user, act, record, snapshot, at) for ref, user in people.items()}
    used = _used(people, act, record, at=at)
    seen = _seen(Membership, Act.MEMBERSHIP_READ, held, to=to, at=at)
    seen_grants = _seen(Grant, Act.GRANT_READ, given, to=to, at=at)
    ways = [
        *((row.pk in seen, line) for row, line in _by_role(held, rules, asked, used)),
        *(
            (row.pk in seen_grants, _by_grant(row, used))
            for row in given
            if row.grantee and _counts(row.grantee, asked)
        ),
        *((True, _by_right(user, used)) for user in rights if _counts(user, asked)),
    ]
    lines = [line for is_seen, line in ways if is_seen]
    given_by = names.named(line.by for line in lines)
    named = (replace(one, by=given_by[one.by].text) if one.by else one for one in lines)
    return Holders(tuple(named), len(ways) - len(lines), is_cut)


def _speaks_of(rule: Rule, record: Governed, act: str) -> bool:
    return rule.rtype in (record.resource_type(), EVERYWHERE) and rule.act in (act, EVERYWHERE)


def _seen(
    model: type[Membership | Grant],
    act: Act,
    rows: Iterable[Membership | Grant],
    *,
    to: Actor,
    at: datetime,
) -> set[object]:
    """Return the keys of those of ``rows`` that ``to`` may see."""
    among = model._default_manager.filter(pk__in=[row.pk for row in rows])
    return set(access.visible(among, to=to, act=act, at=at).values_list("pk", flat=True))


def _memberships(
    record: Governed, rules: list[Rule], *, at: datetime
) -> tuple[list[Membership], bool]:
    """Return the memberships that reach the record and whose role some rule permits the act."""
    roles = {one.sub for one in rules if one.eft == "allow"}
    site = record.at_path(record.site_path.removesuffix("_id")) if record.site_path else None
    if isinstance(site, Site):
        reaches = Q(site__slug__in=site.path.split("/"))
    else:
        reaches = Q(site__isnull=False, site__parent=None)
    if record.party_path and (party := record.at_path(record.party_path)):
        reaches |= Q(party=party)
    rows = Membership.objects.in_force(at).filter(
        reaches, role__slug__in=roles, user__is_active=True
    )
    found = list(
        rows.select_related("user", "role", "site").order_by("user__name", "user", "pk")[: MOST + 1]
    )
    return found[:MOST], len(found) > MOST


def _grants(record: Governed, act: str, *, at: datetime) -> list[Grant]:
    rows = Grant.objects.in_force(at).filter(resource=record.ref, act=act, grantee__is_active=True)
    return list(rows.select_related("grantee", "request").order_by("grantee__name", "pk")[:MOST])


def _ask(
    user: User, act: str, record: Governed, snapshot: Snapshot, at: datetime
) -> tuple[Question, Decision]:
    who = user.as_actor(has_mfa=True)
    question = access.question(who, act, record, at=at, purpose=PURPOSE)
    return question, snapshot.decide(question, at)


def _counts(user: User, asked: dict[str, tuple[Question, Decision]]) -> bool:
    """Say whether a grant on the record lifts what the rules say, or stands beside a permit."""
    _, decision = asked[user.as_actor().ref]
    return decision.allow or decision.reason in OPEN_TO_GRANTS


def _used(
    people: Iterable[str], act: str, record: Governed, *, at: datetime
) -> dict[str, datetime]:
    rows = DecisionLog.objects.filter(
        subject__in=list(people), act=act, resource=record.ref, allow=True, at__lte=at
    )
    return dict(rows.order_by().values_list("subject").annotate(last=Max("at")))


def _by_role(
    held: list[Membership],
    rules: list[Rule],
    asked: dict[str, tuple[Question, Decision]],
    used: dict[str, datetime],
) -> list[tuple[Membership, Holder]]:
    """Return the memberships of those whom a rule permits the act, with what it hangs on."""
    found = []
    for row in held:
        ref = row.user.as_actor().ref
        question, decision = asked[ref]
        if not decision.allow:
            continue
        domain = question.domain
        giving = [
            one
            for one in rules
            if one.sub == row.role.slug and one.eft == "allow" and one.dom in (domain, EVERYWHERE)
        ]
        if not giving:
            continue
        # One rule without a condition makes all the others needless.
        free = next((one for one in giving if one.cond == "True"), None)
        way = Holder(
            who=row.user.name,
            who_url=_page_of(row.user),
            path=f"role {row.role} at {row.site or row.party}, rule {(free or giving[0]).rid}",
            condition="" if free else " or ".join(one.cond for one in giving),
            why=row.reason,
            by=row.granted_by,
            since=row.valid_from,
            until=row.valid_to,
            used_at=used.get(ref),
            url=f"/admin/governance/membership/{row.pk}/change/",
        )
        found.append((row, way))
    return found


def _by_grant(row: Grant, used: dict[str, datetime]) -> Holder:
    assert row.grantee is not None
    return Holder(
        who=row.grantee.name,
        who_url=_page_of(row.grantee),
        path="break-glass" if row.origin == "break_glass" else "grant on this record",
        condition="",
        why=row.request.purpose if row.request else row.reason,
        by=row.approved_by,
        since=row.valid_from,
        until=row.valid_to,
        used_at=used.get(row.grantee.as_actor().ref),
        url=f"/admin/governance/grant/{row.pk}/change/",
    )


def _by_right(user: User, used: dict[str, datetime]) -> Holder:
    return Holder(
        who=user.name,
        who_url=_page_of(user),
        path="right on this record, outside the register of grants",
        condition="",
        why="",
        by="",
        since=None,
        until=None,
        used_at=used.get(user.as_actor().ref),
        url="",
    )


def _page_of(user: User) -> str:
    key: UUID = user.pk
    return f"/admin/governance/user/{key}/access/"
