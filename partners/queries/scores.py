"""What a partner's risk score goes by, read from the records."""

from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Q

from catalog.queries import sharing
from partners.domain import scoring
from partners.domain.scoring import FRESH_DAYS, Inputs, Score
from partners.models import Contact, ContactRole, Finding, Partner, Product, Sbom

PERIOD = timedelta(days=90)


def score(partner: Partner, *, at: datetime) -> Score:
    """Return the score of ``partner`` as it stands at ``at``."""
    current = Sbom.objects.filter(product__partner=partner, is_current=True)
    since = at - timedelta(days=FRESH_DAYS[partner.tier])
    sboms = current.order_by().aggregate(
        n=Count("pk"), fresh=Count("pk", filter=Q(received_at__gte=since)), quality=Avg("quality")
    )
    late = Q(state="open", due_at__lt=at)
    fell_due = Q(due_at__gte=at - PERIOD, due_at__lt=at)
    found = (
        Finding.objects.filter(product__partner=partner)
        .exclude(state="withdrawn")
        .order_by()
        .aggregate(
            due=Count("pk", filter=fell_due),
            met=Count("pk", filter=fell_due & Q(ended_at__lte=F("due_at"))),
            overdue=Count("pk", filter=late),
            critical=Count("pk", filter=late & Q(band="critical")),
        )
    )
    contacts = Contact.objects.filter(
        partner=partner, role=ContactRole.SECURITY, ended_at=None
    ).exists()
    covered = sharing.coverage([partner.party], at=at)[partner.party]
    return scoring.score(
        Inputs(
            products=Product.objects.filter(partner=partner).count(),
            with_sbom=sboms["n"],
            fresh=sboms["fresh"],
            quality=sboms["quality"],
            due=found["due"],
            met=found["met"],
            critical_overdue=found["critical"],
            overdue=found["overdue"],
            has_rules=bool(covered.rules),
            uncovered=covered.uncovered,
            has_contact=contacts or bool(partner.contact),
        )
    )
