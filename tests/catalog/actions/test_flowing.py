"""Flows: declared once with a purpose, seen again and again, ended with a reason."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from catalog.actions import flowing
from catalog.errors import NoReason
from catalog.models import Asset, Flow
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import AuditEvent
from tests.builders.governance import a_member
from tests.builders.zones import a_device

pytestmark = pytest.mark.django_db


def declare(src: Asset, dst: Asset | None, by: Actor, at: datetime, **over: object) -> Flow:
    fields = {"src": src, "dst": dst, "protocol": "https", "port": 443, "purpose": "orders"}
    return flowing.declare(**{**fields, **over}, by=by, at=at)  # type: ignore[arg-type]


def observe(src: Asset, dst: Asset | None, by: Actor, at: datetime, **over: object) -> Flow:
    fields = {"src": src, "dst": dst, "protocol": "HTTPS", "port": 443}
    return flowing.observe(**{**fields, **over}, by=by, at=at)  # type: ignore[arg-type]


def test_a_flow_is_declared_once(operator: Actor, at: datetime) -> None:
    src, dst = a_device(), a_device()
    flow = declare(src, dst, operator, at)
    assert (flow.protocol, flow.purpose, flow.declared_by) == ("HTTPS", "orders", operator.ref)
    with pytest.raises(Conflict, match="declared already"):
        declare(src, dst, operator, at)
    declare(dst, src, operator, at)
    declare(src, dst, operator, at, port=None)
    assert Flow.objects.count() == 3
    assert AuditEvent.objects.filter(act="catalog:flow:declare").count() == 3


def test_the_same_key_declares_once(operator: Actor, at: datetime) -> None:
    src, dst, token = a_device(), a_device(), uuid4()
    first = declare(src, dst, operator, at, token=token)
    assert declare(src, dst, operator, at, token=token) == first
    for over in ({"purpose": "other"}, {"port": 80}):
        with pytest.raises(Conflict, match="Idempotency-Key"):
            declare(src, dst, operator, at, token=token, **over)


def test_what_was_seen_first_becomes_declared(operator: Actor, at: datetime) -> None:
    src, dst = a_device(), a_device()
    seen = observe(src, dst, operator, at)
    assert seen.declared_at is None
    flow = declare(src, dst, operator, at + timedelta(hours=1))
    assert (flow.pk, flow.observed_at) == (seen.pk, at)
    assert flow.declared_at == at + timedelta(hours=1)


def test_a_sight_moves_forward_only(operator: Actor, at: datetime) -> None:
    src, dst = a_device(), a_device()
    hour = timedelta(hours=1)
    observe(src, dst, operator, at, seen_at=at - hour)
    observe(src, dst, operator, at, seen_at=at - 3 * hour)
    flow = observe(src, dst, operator, at, seen_at=at - 2 * hour)
    assert (flow.first_seen_at, flow.observed_at) == (at - 3 * hour, at - hour)
    with pytest.raises(BadInput, match="future"):
        observe(src, dst, operator, at, seen_at=at + hour)


def test_a_declared_flow_is_seen(operator: Actor, at: datetime) -> None:
    src = a_device()
    flow = declare(src, None, operator, at, party_ref="partners.partner:7")
    seen = observe(src, None, operator, at, party_ref="partners.partner:7")
    assert (seen.pk, seen.observed_at, seen.purpose) == (flow.pk, at, "orders")


def test_an_ended_flow_that_is_seen_again_is_a_new_one(operator: Actor, at: datetime) -> None:
    src, dst = a_device(), a_device()
    flow = declare(src, dst, operator, at)
    with pytest.raises(NoReason):
        flowing.end(flow, reason="", by=operator, at=at)
    flowing.end(flow, reason="blocked", by=operator, at=at)
    with pytest.raises(Conflict):
        flowing.end(flow, reason="blocked", by=operator, at=at)
    again = observe(src, dst, operator, at)
    assert again.pk != flow.pk
    assert again.declared_at is None


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"protocol": " "}, BadInput),
        ({"port": 0}, BadInput),
        ({"port": 65536}, BadInput),
        ({"dst": None}, BadInput),
        ({"party_ref": "partners.partner:7"}, BadInput),
        ({"purpose": " "}, NoReason),
        ({"purpose": "x" * 301}, ValidationError),
    ],
)
def test_a_flow_that_says_too_little_is_refused(
    over: dict[str, object], error: type[Exception], operator: Actor, at: datetime
) -> None:
    with pytest.raises(error):
        declare(a_device(), over.pop("dst", a_device()), operator, at, **over)  # type: ignore[arg-type]
    assert not Flow.objects.exists()


def test_a_flow_leaves_its_source(operator: Actor, at: datetime) -> None:
    device = a_device()
    with pytest.raises(BadInput, match="leaves"):
        declare(device, device, operator, at)


def test_flows_are_declared_where_one_may(at: datetime) -> None:
    src, dst = a_device(), a_device()
    here = a_member("site_operator", site=src.site).as_actor()
    with boundary.acting(here, at=at):
        flow = declare(src, dst, here, at)
    there = a_member("site_operator", site=dst.site).as_actor()
    for act in (
        lambda: declare(src, dst, there, at, port=80),
        lambda: flowing.end(flow, reason="x", by=there, at=at),
        lambda: observe(src, dst, there, at),
    ):
        with pytest.raises(NotAllowed), boundary.acting(there, at=at):
            act()
