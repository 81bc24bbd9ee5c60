"""What a campaign costs: opening it beside one bare FULL JOIN, a decision, the desk, the seal."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import django

django.setup()

from django.db import connection, connections, transaction

from bench.bench_drift import NOW
from bench.figures import Sheet
from governance import boundary
from governance.actions import certifying, closing_reviews, opening_reviews
from governance.actions.certifying import Answer
from governance.domain import actor as actors
from governance.domain.access_review import Quarter, Verdict
from governance.models import AccessReview, AccessReviewItem, GovernedSystem
from governance.queries import review_results, review_work
from tests.builders.governance import a_member, a_site, a_system

SIZE = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
DECIDED = 100
# Twenty tables of one schema for each person: as many items as a twentieth of the grants.
_ROWS = """FROM generate_series(0, %(size)s - 1) i"""
_KEY = """'role_' || i / 20, 'select', 'schema_' || (i / 20) %% 30 || '.table_' || i %% 20"""
_GRANTS = f"""
INSERT INTO governance_grant
       (system_id, principal, entitlement, scope, valid_from, valid_to, origin, approved_by,
        reason, revoked_by)
SELECT %(system)s, {_KEY}, %(at)s - interval '30 days', %(at)s + interval '30 days', 'baseline',
       'service:operator', 'bench', '' {_ROWS}
"""
_OBSERVED = f"""
INSERT INTO governance_observedgrant
       (system_id, principal, entitlement, scope, via, first_via, is_privileged, is_implied,
        can_login, usage_known)
SELECT %(system)s, {_KEY}, 'direct', 'direct', false, false, true, false {_ROWS}
"""
_BARE = """
SELECT count(*) FROM governance_grant g
  FULL JOIN governance_observedgrant o
    ON o.system_id = g.system_id AND o.principal = g.principal COLLATE "C"
   AND o.entitlement = g.entitlement COLLATE "C" AND o.scope = g.scope COLLATE "C"
"""


def fill(system: GovernedSystem) -> None:
    """Write both sides in SQL, equal."""
    names = {"system": system.pk, "size": SIZE, "at": NOW}
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE governance_grant DISABLE TRIGGER USER")
        cursor.execute(_GRANTS, names)
        cursor.execute("ALTER TABLE governance_grant ENABLE TRIGGER USER")
        cursor.execute(_OBSERVED, names)
        cursor.execute("VACUUM ANALYZE governance_grant")
        cursor.execute("VACUUM ANALYZE governance_observedgrant")


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes in a transaction of its own."""
    begun = time.perf_counter()
    with transaction.atomic():
        work()
    return time.perf_counter() - begun


def bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BARE)


def decided(sheet: Sheet, review: AccessReview) -> None:
    """Show and decide about some, one after the other."""
    owner = review.items.exclude(reviewer=None).first().reviewer
    by = owner.as_actor(has_mfa=True)
    shown, said = [], []
    with boundary.acting(by, at=NOW):
        key = None
        for number in range(DECIDED):
            at = NOW + timedelta(seconds=5 * number)
            begun = time.perf_counter()
            desk = review_work.desk(review_work.waiting_for(review, to=by, at=at), key)
            assert desk is not None
            review_work.dossier(desk.item)
            certifying.show(desk.item, by=by, at=at)
            shown.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            certifying.decide(desk.item, Answer(Verdict.KEEP), by=by, at=at + timedelta(seconds=4))
            said.append(time.perf_counter() - begun)
            key = desk.following
    sheet.figure("the desk shows the next access", statistics.median(shown) * 1000, "ms")
    sheet.figure("a decision", statistics.median(said) * 1000, "ms")


def main() -> None:
    sheet = Sheet("access-reviews")
    by = actors.service("operator")
    with boundary.acting(by, at=NOW):
        with transaction.atomic():
            site = a_site()
            owner = a_member("data_owner", site=site)
            system = a_system(site=site, owner=owner)
        fill(system)
        plain = statistics.median(seconds(bare) for _ in range(3))
        opened = seconds(lambda: opening_reviews.start(site, Quarter.of(NOW), by=by, at=NOW))
        review = AccessReview.objects.get()
        count = review.items.count()
        sheet.figure(f"{SIZE:,} x {SIZE:,}: bare FULL JOIN", plain, "s")
        sheet.figure(f"opening a campaign of {count:,} items", opened, "s")
        sheet.figure("opening, for each item", opened / count * 1e6, "us")
        decided(sheet, review)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE governance_accessreviewitem DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE governance_accessreviewitem SET verdict = 'keep', decided_at = %s,"
                " decided_by = 'user:x', decided_in_seconds = 9 WHERE verdict = ''",
                [NOW],
            )
            cursor.execute("ALTER TABLE governance_accessreviewitem ENABLE TRIGGER USER")
        sheet.figure(
            "close and seal", seconds(lambda: closing_reviews.close(review, by=by, at=NOW)), "s"
        )
        review.refresh_from_db()
        sheet.figure("check of the seal", seconds(lambda: review_results.check(review)), "s")
        assert review_results.check(review).is_sound
        assert AccessReviewItem.objects.filter(reviewer=None).count() == 0
    sheet.close()


if __name__ == "__main__":
    main()
