"""Every time that is shown says its zone, on each page of the board."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.formats import localize

from governance.models import BackupAttestation, DecisionLog, PolicyVersion
from tests.builders import signin
from tests.builders.catalog import a_column, a_label, a_run, an_asset
from tests.builders.governance import a_member, a_request
from tests.builders.incidents import an_incident
from tests.builders.partners import a_finding, an_intake, an_sbom

MOMENT = datetime(2026, 11, 26, 14, 5, tzinfo=UTC)
TIME = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?: [ap]\.m\.)?|\bnoon\b|\bmidnight\b")
ZONED = re.compile(r"(?:\.\d+)?(?: UTC|Z|\+00:00)")


def bare(page: str) -> list[str]:
    """Return the times of a page, as it is read, that lack their zone."""
    text = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", page)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", text))
    return [
        text[max(0, found.start() - 40) : found.end() + 10]
        for found in TIME.finditer(text)
        if not ZONED.match(text, found.end())
    ]


def test_a_time_is_written_with_its_zone() -> None:
    assert localize(MOMENT) == "Nov 26, 2026, 14:05 UTC"
    shown = "{{ at }}|{{ at|date:'SHORT_DATETIME_FORMAT' }}|{{ at.date }}"
    assert (
        Template(shown).render(Context({"at": MOMENT}))
        == "Nov 26, 2026, 14:05 UTC|2026-11-26 14:05 UTC|Nov. 26, 2026"
    )
    assert bare("<td>Nov. 26, 2026, 2:05 p.m.</td>")
    assert not bare("<td>Nov 26, 2026, 14:05 UTC</td>")


@pytest.fixture
def board(at: datetime) -> Client:
    an_incident()
    a_finding()
    an_intake()
    an_sbom()
    a_run()
    a_label(a_column(an_asset(gone_at=at, first_seen_at=at - timedelta(days=2))))
    a_request(decided_at=None)
    BackupAttestation.objects.create(
        kind="backup", taken_at=at, operator="service:scheduler", result="made"
    )
    DecisionLog.objects.create(
        at=at, subject="user:a", act="a:b:read", resource="t:1", domain="*", allow=True,
        reason="x", policy_sha256="0" * 64, request_id="r",
    )  # fmt: skip
    return signin.proven(a_member("administrator"))


@pytest.mark.django_db
def test_each_list_and_record_of_the_board_says_the_zone(board: Client) -> None:
    shown = times = 0
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist")]
        first = model._default_manager.first()
        if first is not None:
            addresses.append(reverse(f"{name}_change", args=[first.pk]))
        for address in addresses:
            answer = board.get(address)
            if answer.status_code != 200:
                assert answer.status_code in (302, 403, 404), (address, page)
                continue
            text = answer.content.decode()
            assert bare(text) == [], address
            shown += 1
            times += len(TIME.findall(text))
    assert PolicyVersion.objects.exists()
    assert shown > 25
    assert times > 25


@pytest.mark.django_db
def test_a_time_to_be_entered_says_the_zone_it_is_read_in(board: Client) -> None:
    page = board.get(reverse("admin:governance_membership_add")).content.decode()
    assert "UTC time." in page
