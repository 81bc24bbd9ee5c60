"""Acts of this product that a runbook carries out itself; see docs/runbooks.md.

Each runs in the transaction that notes its outcome, and doing it again changes nothing.
"""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q

from governance import notices, registries
from governance.actions import granting
from governance.models import Grant, User
from incidents.actions.opening_findings import open_findings
from incidents.domain.cards import HOLDERS
from incidents.domain.engine.states import Effect
from incidents.executors.acts import OwnAct, Situation
from incidents.executors.outcomes import Outcome, Result
from incidents.models import Incident, IncidentLink, LinkRole
from incidents.queries import people
from partners.actions import isolating
from partners.models import Partner

_PARTNER, _SYSTEM = "partners.partner", "governance.governedsystem"


def gather_facts(now: Situation) -> Result:
    """Say what the room holds: severity, how many assets and partners, as variables."""
    incident = Incident.objects.get(pk=now.incident)
    targets = [one.partition(":")[0] for one in _targets(now)]
    partners, assets = targets.count(_PARTNER), len(targets) - targets.count(_PARTNER)
    values = {
        "__severity__": incident.severity,
        "__is_major__": "true" if incident.severity in ("SEV1", "SEV2") else "false",
        "__has_partners__": "true" if partners else "false",
        "__has_assets__": "true" if assets else "false",
    }
    said = f"{incident.severity}, {assets} assets and {partners} partners in the room"
    return Result(Outcome.DONE, said, values)


def notify(now: Situation) -> Result:
    """Tell the holders of the role ``role`` of the runbooks, each once for this command."""
    incident = Incident.objects.select_related("site").get(pk=now.incident)
    role = HOLDERS.get(now.arguments.get("role", ""), "")
    if not role:
        return Result(Outcome.FAILED, f"roles are: {', '.join(HOLDERS)}")
    held = people.memberships(incident.site, at=now.at).filter(role__slug=role)
    users = User.objects.filter(pk__in=held.values("user"))
    if not users.exists():
        return Result(Outcome.FAILED, f"nobody at {incident.site} holds the role {role}")
    text = now.arguments.get("text", "")[:2000]
    subject = f"{incident.severity} {incident.reference}: {text or incident.title}"[:200]
    told = notices.send(
        to=users, subject=subject, text=f"{text} /incidents/{incident.reference}/",
        ref=incident.ref, key=f"command:{now.key}", at=now.at,
    )  # fmt: skip
    return Result(Outcome.DONE, f"{told} told")


def isolate_partners(now: Situation) -> Result:
    """End the keys and suspend the logins of the partners in the room, or of the one named."""
    named = now.arguments.get("partner", "")
    wanted = [named] if named else [one for one in _targets(now) if one.startswith(_PARTNER)]
    keys = [UUID(one.partition(":")[2]) for one in wanted]
    reason = f"a runbook of incident {now.incident} keeps them out"
    said = []
    for partner in Partner.objects.filter(pk__in=keys).order_by("pk"):
        found = isolating.isolate(partner, by=now.by, at=now.at, reason=reason)
        said.append(f"{partner}: {found.keys} keys ended, {found.logins} logins suspended")
    return Result(Outcome.DONE, "; ".join(said) or "no partner is in the room")


def suspend_grants(now: Situation) -> Result:
    """Let every grant rest that reaches an affected or suspected asset or system of the room."""
    roles = [LinkRole.AFFECTED, LinkRole.SUSPECTED]
    reach = Q(pk__in=[])
    for target in _targets(now, *roles):
        reach |= _reaching(target)
    grants = Grant.objects.filter(reach, revoked_at=None, suspended_at=None, valid_to__gt=now.at)
    reason = f"a runbook of incident {now.incident} contains it"
    count = 0
    for grant in grants.order_by("pk"):
        granting.suspend(grant, by=now.by, at=now.at, reason=reason)
        count += 1
    return Result(Outcome.DONE, f"{count} grants suspended")


def _reaching(target: str) -> Q:
    kind, _, key = target.partition(":")
    if kind == _SYSTEM:
        return Q(system=key)
    asked = registries.requestable.get(kind)
    meant = asked(key) if asked else None
    own = Q(resource=target)
    return own | Q(system=meant.system, scope=meant.scope) if meant else own


def _targets(now: Situation, *roles: str) -> Iterator[str]:
    rows = IncidentLink.objects.filter(incident=now.incident)
    rows = rows.filter(role__in=roles) if roles else rows.exclude(role=LinkRole.SOURCE)
    return iter(list(rows.order_by("pk").values_list("target", flat=True)))


ACTS = {
    "gather-facts": OwnAct("Gather what the room knows", Effect.PURE, gather_facts),
    "notify": OwnAct("Tell the holders of a role", Effect.IDEMPOTENT, notify),
    "isolate-partners": OwnAct(
        "Keep partners out", Effect.IDEMPOTENT, isolate_partners, approvals=1
    ),
    "open-finding": OwnAct("Have access looked into", Effect.IDEMPOTENT, open_findings),
    "suspend-grants": OwnAct("Let grants rest", Effect.IDEMPOTENT, suspend_grants, approvals=1),
}
