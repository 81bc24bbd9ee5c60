"""Wardroom on two machines: the same PostgreSQL and Valkey, nothing else in common."""

import json
import time

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.test import Client, RequestFactory
from django.utils import timezone

from config.celery import app
from governance import boundary
from governance.actions import people
from governance.domain import actor as actors
from governance.models import Job, Role, User
from tests.builders.governance import a_user, the_enterprise
from tests.config.running import free_port, wait_until
from tests.faults.processes import Processes, answer, enqueue, wait_for, wrong_effects

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

OPERATOR = actors.service("operator")
PAGE = "/api/v1/measures/"
TOGGLES = 10
JOBS = 20
SWEEP_SECONDS = 10
NEXT_REQUEST_SECONDS = 1.0


def signed_in(user: User) -> str:
    """Return the cookie of a session in which ``user`` has proven a second factor."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request = RequestFactory().get("/")
    request.session = client.session
    record_authentication(request, user, "mfa")
    request.session.save()
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def change_membership(user: User, *, held: bool) -> None:
    """Commit, from this third process, that ``user`` holds a role or holds it no more."""
    at = timezone.now()
    with boundary.acting(OPERATOR, at=at):
        if held:
            role = Role.objects.get(slug="auditor")
            people.give_role(
                user, role, site=the_enterprise(), by=OPERATOR, at=at, reason="two processes"
            )
        else:
            (row,) = user.memberships.in_force(at)
            people.end_role(row, by=OPERATOR, at=at, reason="two processes")


def test_a_membership_is_enforced_by_every_process_on_its_next_request(
    processes: Processes,
) -> None:
    ports = [free_port(), free_port()]
    for port in ports:
        processes.web(port)
    user = a_user()
    cookie = signed_in(user)
    for port in ports:
        status, body = answer(port, PAGE, cookie=cookie)
        assert (status, json.loads(body)["code"]) == (403, "not_allowed")
    wrong, slowest = [], 0.0
    for number in range(TOGGLES):
        held = number % 2 == 0
        change_membership(user, held=held)
        committed = time.monotonic()
        # Each is asked first in turn: neither learns it from the other.
        for port in ports[:: 1 if number % 4 < 2 else -1]:
            status, _ = answer(port, PAGE, cookie=cookie)
            if status != (200 if held else 403):
                wrong.append((number, port, status))
        slowest = max(slowest, time.monotonic() - committed)
    assert wrong == []
    assert slowest < NEXT_REQUEST_SECONDS


def test_two_workers_share_the_jobs_and_double_none(processes: Processes) -> None:
    both = {processes.worker().pid, processes.worker().pid}
    wait_until(lambda: len(app.control.ping(timeout=0.5)) == 2, seconds=40, what="two workers")
    enqueue(JOBS)
    wait_for(JOBS, seconds=40)
    assert wrong_effects(JOBS) == {}
    rows = Job.objects.filter(kind="fault")
    assert {int(worker.split(":")[1]) for worker in rows.values_list("worker", flat=True)} == both
    assert not rows.exclude(attempt=1).exists()
    first = rows.order_by("done_at").values("created_at", "done_at")[0]
    assert (first["done_at"] - first["created_at"]).total_seconds() < SWEEP_SECONDS, (
        "the committing process nudged; nobody waited for the sweep"
    )
