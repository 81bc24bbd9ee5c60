"""Assets of every standing, exemptions and answers for tests of coverage."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from catalog.domain.coverage import BASELINE, Facts
from catalog.domain.labels import Label, Level
from catalog.models import Asset, Exemption, HarvestRun, OwnerAnswer, RetentionRule
from governance.models import GovernedSystem, User
from tests.builders.catalog import NOW, a_run, an_asset
from tests.builders.governance import a_site, a_system, a_user
from tests.builders.zones import a_zone


def a_rule(**over: Any) -> RetentionRule:
    fields = {"slug": "badges", "name": "Badge data", "days": 90, "basis": "works agreement 7"}
    return RetentionRule.objects.create(**{**fields, **over})


def an_exemption(asset: Asset | None = None, **over: Any) -> Exemption:
    fields = {
        "asset": asset or an_asset(),
        "reason": "is scrapped in spring",
        "actor": "user:1",
        "given_at": NOW,
        "expires_at": NOW + timedelta(days=30),
    }
    return Exemption.objects.create(**{**fields, **over})


def an_answer(asset: Asset | None = None, **over: Any) -> OwnerAnswer:
    fields = {"asset": asset or an_asset(), "answer": "mine", "answered_at": NOW}
    if "user" not in over:
        over["user"] = a_user()
    return OwnerAnswer.objects.create(**{**fields, **over})


def complete(system: GovernedSystem | None = None, **over: Any) -> Asset:
    """Return a table that lacks nothing of the baseline."""
    system = system or a_system()
    fields: dict[str, Any] = {
        "owner": over.pop("owner", None) or a_user(),
        "technical_owner": over.pop("technical_owner", None) or a_user(),
        "is_classified": True,
        "level": 1,
        "zone": over.pop("zone", None) or a_zone(site=system.site),
    }
    return an_asset(system=system, **{**fields, **over})


def assorted(count: int, *, seed: int, at: datetime) -> list[Asset]:
    """Return assets of every kind, owner, label, place and age, among them exempt ones."""
    draw = Random(seed)
    region = a_site(kind="region")
    sites = [a_site(parent=region), a_site()]
    systems = [a_system(site=site) for site in (*sites, sites[0])]
    edge = at - timedelta(days=30)
    a_run(system=systems[0], started_at=edge, finished_at=edge)
    a_run(system=systems[1], is_complete=False, started_at=at, finished_at=at)
    people = [a_user(), a_user(), a_user(is_active=False)]
    zones, rule = [a_zone(), a_zone(gone_at=at)], a_rule()
    made = []
    kinds = [*BASELINE, "schema", "column"]
    for _ in range(count):
        system = draw.choice(systems)
        level = draw.choice([None, 0, 1, 2, 3])
        by_hand = draw.random() < 0.3
        row = an_asset(
            system=system,
            kind=str(draw.choice(kinds)),
            site=draw.choice([system.site, system.site, None]),
            owner=draw.choice([*people, people[0], None]),
            technical_owner=draw.choice([*people, people[1], None]),
            is_classified=draw.random() < 0.7,
            level=level,
            is_personal=level is not None and draw.random() < 0.4,
            zone=draw.choice([zones[0], zones[0], zones[1], None]),
            retention=draw.choice([rule, None]),
            criticality=draw.choice([None, 3, 4, 5]),
            first_seen_at=draw.choice([edge - timedelta(days=9), edge, at]),
            gone_at=draw.choice([None] * 9 + [at]),
        )
        if by_hand:
            Asset.objects.filter(pk=row.pk).update(source_key=f"own/{row.pk}")
            row.refresh_from_db()
        if row.owner and draw.random() < 0.2:
            answer = draw.choice(["mine", "not_mine"])
            an_answer(row, user=row.owner, answer=answer, word="no", answered_at=at)
        if draw.random() < 0.2:
            until = draw.choice([at, at + timedelta(seconds=1)])
            ended = draw.choice([None, None, at])
            given = at - timedelta(days=3)
            an_exemption(row, given_at=given, expires_at=until, ended_at=ended)
        made.append(row)
    # One inventory that is a mere list of its devices.
    root = an_asset(system=systems[2], kind="system")
    an_asset(system=systems[2], kind="plc", parent=root)
    return [*made, *Asset.objects.filter(system=systems[2], pk__gt=made[-1].pk)]


def facts(asset: Asset) -> Facts:
    """Return what is known of ``asset``, read record by record and not through the view."""
    answers = {one.user_id: one for one in asset.answers.all()}
    runs = HarvestRun.objects.filter(system=asset.system, is_complete=True)
    looks = [run.finished_at for run in runs]
    if asset.source_key.startswith("own/"):
        looks = [one.answered_at for one in answers.values() if one.answer == "mine"]
    until = [one.expires_at for one in asset.exemptions.filter(ended_at=None)]
    label = None
    if asset.level is not None:
        label = Label(Level(asset.level), frozenset({"user"} if asset.is_personal else ()))

    def here(user: User | None) -> str | None:
        return user.ref if user and user.is_active else None

    disowned = asset.owner_id in answers and answers[asset.owner_id].answer == "not_mine"
    return Facts(
        ref=asset.ref,
        kind=asset.kind,
        business_owner=None if disowned else here(asset.owner),
        technical_owner=here(asset.technical_owner),
        is_classified=asset.is_classified,
        label=label,
        site=asset.site.slug if asset.site else None,
        zones=int(asset.zone is not None and asset.zone.gone_at is None),
        retention=asset.retention.slug if asset.retention else None,
        seen_at=max([asset.first_seen_at, *looks]),
        exempt_until=max(until, default=None),
    )
