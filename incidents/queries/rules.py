"""The rules in force: of breaches and notices, the law of a site, and contracts."""

from collections.abc import Iterable

from governance.models import Site
from incidents.domain.notice_rules import Regime
from incidents.models import ContractLimit, RuleSet, SiteLaw
from incidents.queries.people import above
from incidents.statutes import reading
from incidents.statutes.reading import Rules


def standing() -> Rules:
    """Return the approved rules with the highest number; without any, those of the release."""
    row = RuleSet.objects.exclude(approved_at=None).order_by("-number").first()
    return reading.read(bytes(row.document) if row else reading.shipped())


def regimes(site: Site) -> dict[Regime, bool]:
    """Return what is stated of ``site``, each law by the nearest statement up the tree."""
    found: dict[Regime, bool] = {}
    rows = SiteLaw.objects.filter(site__path__in=above(site)).order_by("site__path")
    for row in rows:
        for regime in Regime:
            stated = getattr(row, regime.value)
            if stated is not None:
                found[regime] = stated
    return found


def limits(parties: Iterable[str]) -> list[ContractLimit]:
    """Return the clauses in force of contracts with ``parties``."""
    return list(ContractLimit.objects.filter(party__in=list(parties), ended_at=None))
