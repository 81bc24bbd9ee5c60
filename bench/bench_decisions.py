"""What one decision costs as the policy grows: ours today is stock pycasbin, and linear.

The peer is pycasbin itself, asked with the same model, rules and links.
"""

from collections.abc import Callable
from dataclasses import replace

import casbin
import django

django.setup()

from casbin.model import Model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.figures import Sheet, wall_microseconds
from config import baseline
from governance import access, boundary
from governance.actions import people
from governance.actions import policy as publishing
from governance.domain import actor as actors
from governance.models import Membership, Role, Site, User
from governance.permissions import Act
from governance.policy import casbin_policy, content
from governance.policy.casbin_policy import Rule

OPERATOR = actors.service("operator")


def grown(factor: int) -> list[Rule]:
    """Return the shipped rules, and those of as many unheld roles as make it ``factor`` times."""
    ours = baseline.rules()
    more = [
        replace(rule, sub=f"bench-{copy}-{rule.sub}", rid=f"bench-{copy}-{rule.rid}")
        for copy in range(factor - 1)
        for rule in ours
    ]
    return more + ours


def an_auditor() -> User:
    at = timezone.now()
    with boundary.acting(OPERATOR, at=at):
        user = people.invite(email="bench@example.org", name="Bench", by=OPERATOR, at=at)
        role, site = Role.objects.get(slug="auditor"), Site.objects.get(parent=None)
        people.give_role(user, role, site=site, by=OPERATOR, at=at, reason="bench")
    return user


def peer(rules: list[Rule], user: User) -> Callable[[], object]:
    """Return one question to a plain Enforcer that holds the same."""
    model = Model()
    model.load_model_from_text(baseline.model_conf())
    enforcer = casbin.Enforcer(model, enable_log=False)
    for rule in rules:
        model.add_policy("p", "p", rule.values())
    site = Site.objects.get(parent=None)
    for slug in Membership.objects.filter(user=user).values_list("role__slug", flat=True):
        for domain in (site.domain, "*"):
            model.add_policy("g", "g", [user.as_actor().ref, slug, domain])
    enforcer.build_role_links()
    subject = {"key": user.as_actor().ref, "party": "", "service": False}
    resource = {"type": "governance.site"}

    def ask() -> object:
        allowed = enforcer.enforce(subject, site.domain, resource, {"name": str(Act.SITE_READ)}, {})
        assert allowed
        return allowed

    return ask


def main() -> None:
    """Measure at 1, 10 and 100 times the shipped policy."""
    sheet = Sheet("decisions")
    user = an_auditor()
    by, site = user.as_actor(), Site.objects.get(parent=None)
    first = 0.0
    for factor in (1, 10, 100):
        rules, at = grown(factor), timezone.now()
        with boundary.acting(OPERATOR, at=at):
            publishing.lay(
                content.of(baseline.model_conf(), rules), by=OPERATOR, at=at, note="bench"
            )
        at = timezone.now()
        times = 200 // factor or 2

        def allowed(at: object = at) -> None:
            access.require(by, Act.SITE_READ, site, at=at)

        def logged(at: object = at) -> None:
            with transaction.atomic():
                access.ask(by, Act.SITE_READ, site, at=at)

        size = f"{len(rules):,} rules"
        with boundary.acting(by, at=at):
            build = wall_microseconds(rebuild(rules), times=1, rounds=1)
            allowed()
            with CaptureQueriesContext(connection) as captured:
                allowed()
            one = wall_microseconds(allowed, times=times)
            two = wall_microseconds(logged, times=times)
        stock = wall_microseconds(peer(rules, user), times=times)
        first = first or one
        sheet.figure(f"{size}: queries of access.require", len(captured), "", at_most=1)
        sheet.figure(f"{size}: access.require (a read)", one, "µs")
        sheet.figure(f"{size}: access.ask (logged)", two, "µs")
        sheet.figure(f"{size}: pycasbin alone", stock, "µs")
        sheet.figure(f"{size}: access.require / pycasbin", one / stock, "x")
        sheet.figure(f"{size}: building the snapshot", build / 1000, "ms")
    sheet.figure("growth of access.require, 1x to 100x rules", one / first, "x", at_most=2)
    sheet.close()


def rebuild(rules: list[Rule]) -> Callable[[], object]:
    return lambda: casbin_policy.build(baseline.model_conf(), rules, [], sha256="")


if __name__ == "__main__":
    main()
