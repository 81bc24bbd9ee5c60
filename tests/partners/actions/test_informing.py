"""A partner's people are written to: what is asked of them, and what was decided."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.models import Job, Notice, User
from partners.actions import answering, sbom_requests, waiving
from partners.models import Product
from tests.builders.governance import a_user, holds
from tests.builders.partners import a_contact, a_finding, a_product

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def product() -> Product:
    return a_product(name="Gateway")


@pytest.fixture
def contact(product: Product) -> User:
    return a_contact(product.partner)


@pytest.fixture
def reviewer() -> Actor:
    user = a_user()
    holds(user, "soc_analyst")
    return user.as_actor(has_mfa=True)


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("subject", flat=True))


def test_a_request_reaches_those_of_this_partner_alone(
    product: Product, contact: User, operator: Actor, at: datetime
) -> None:
    stranger = a_contact(a_product().partner)
    row = sbom_requests.ask(product=product, reason="New tier.", days=7, by=operator, at=at)
    assert told(contact) == ["We ask for the SBOM of Gateway"]
    assert told(stranger) == []
    notice = Notice.objects.get(user=contact)
    assert notice.ref == row.ref
    assert "New tier." in notice.text
    assert Job.objects.filter(key=f"notice_mail:sbom_request:{row.pk}").exists()


@pytest.mark.parametrize(("accepts", "word"), [(True, "accepted"), (False, "rejected")])
def test_a_decided_answer_is_told_with_its_reason(
    product: Product, contact: User, reviewer: Actor, at: datetime, accepts: bool, word: str
) -> None:
    finding = a_finding(product=product)
    by = contact.as_actor(has_mfa=True)
    with boundary.acting(by, at=at):
        answer = answering.give(
            finding, status="not_affected", detail="Not built in.", by=by, at=at
        )
    assert told(contact) == []
    with boundary.acting(reviewer, at=at):
        answering.decide(answer, accepts=accepts, reason="We looked.", by=reviewer, at=at)
    assert told(contact) == [f"Your answer on {finding.vulnerability} was {word}"]
    assert "We looked." in Notice.objects.get(user=contact).text


def test_each_turn_of_a_waiver_is_told(
    product: Product, contact: User, reviewer: Actor, at: datetime
) -> None:
    by = contact.as_actor(has_mfa=True)
    with boundary.acting(by, at=at):
        row = waiving.ask(
            [a_finding(product=product)], reason="August", owner="Mika", until=at + 60 * DAY,
            by=by, at=at,
        )  # fmt: skip
    with boundary.acting(reviewer, at=at):
        waiving.agree(row, reason="It is segmented.", by=reviewer, at=at)
    later = at + DAY
    with boundary.acting(reviewer, at=later):
        waiving.end(row, reason="No more.", by=reviewer, at=later)
    assert told(contact) == [
        f"A waiver for Gateway was granted until {at + 60 * DAY:%Y-%m-%d %H:%M} UTC",
        "A waiver for Gateway was ended early",
    ]
