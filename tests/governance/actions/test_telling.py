"""Notices as mails."""

from datetime import datetime

import pytest
from django.core.mail import EmailMessage

from governance import notices
from governance.actions import telling
from governance.models import Notice
from tests.builders.governance import a_member

pytestmark = pytest.mark.django_db
HOST = "https://wardroom.example"


@pytest.mark.parametrize(
    ("written", "mailed"),
    [
        ("See /incidents/INC-1/?step=2#step", f"See {HOST}/incidents/INC-1/?step=2#step"),
        ("/admin/governance/job/\nand 3/4/5", f"{HOST}/admin/governance/job/\nand 3/4/5"),
        ("Write /contained 14:05, at https://x.example/a/", None),
    ],
)
def test_a_mail_holds_whole_addresses(
    written: str, mailed: str | None, at: datetime, mailoutbox: list[EmailMessage], settings: object
) -> None:
    settings.PUBLIC_URL = f"{HOST}/"  # type: ignore[attr-defined]
    user = a_member("soc_analyst")
    notices.send(to=[user], subject="It burns", text=written, ref="x:1", key="k", at=at)
    assert telling.mail("k", at=at) == 1
    assert [one.body for one in mailoutbox] == [mailed or written]
    assert Notice.objects.get(key="k").text == written
