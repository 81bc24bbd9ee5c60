"""``manage.py access_reviews`` from the opening to a file that anybody can check."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from governance import boundary
from governance.actions import certifying
from governance.actions.certifying import Answer
from governance.domain.access_review import Quarter, Verdict
from governance.models import AccessReview, AccessReviewItem
from governance.tlog import review_file
from tests.builders import witnessed
from tests.builders.governance import a_member, a_system
from tests.builders.reviews import a_grant, items

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def run(*words: str) -> dict[str, Any]:
    out, code = StringIO(), 0
    try:
        call_command("access_reviews", "--json", *words, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return {**json.loads(out.getvalue()), "code": code}


def keys() -> list[str]:
    return [
        *("--origin", "wardroom.example/audit"),
        *("--vkey", witnessed.LOG.vkey, "--witness", witnessed.WITNESS.vkey),
    ]


def test_a_campaign_from_the_shell(tmp_path: Path) -> None:
    now = timezone.now()
    system = a_system()
    day = timedelta(days=1)
    a_grant(system, valid_from=now - day, valid_to=now + day)
    slug, quarter = system.site.slug, str(Quarter.of(now))
    assert run("open") == {"opened": 1, "code": 0}
    assert run("open") == {"opened": 0, "code": 0}
    (row,) = run("list", "--quarter", quarter)["reviews"]
    assert (row["site"], row["state"], row["counts"]["waiting"]) == (slug, "open", 1)
    with pytest.raises(CommandError, match="review_still_open"):
        run("close", slug, quarter)
    with pytest.raises(CommandError, match="no seal"):
        run("check", slug, quarter)

    by = a_member("board_member").as_actor(has_mfa=True)
    (item,) = items(AccessReview.objects.get()).values()
    with boundary.acting(by, at=timezone.now()):
        certifying.decide(item, Answer(Verdict.KEEP), by=by, at=timezone.now())
    seal = run("close", slug, quarter)["seal"]
    assert run("show", slug, quarter)["reviewers"][0]["decided"] == 1
    assert run("check", slug, quarter) == {
        **{"seal": seal, "logged": seal, "computed": seal}, "sound": True, "code": 0,
    }  # fmt: skip

    file = tmp_path / "early.json"
    assert run("export", slug, quarter, str(file))["proven"] is False
    assert review_file.main([str(file), *keys()]) == 2
    with pytest.raises(CommandError, match="exists"):
        run("export", slug, quarter, str(file))
    witnessed.cosign(witnessed.sequence(now), now)
    assert run("export", slug, quarter, str(tmp_path / "late.json"))["proven"] is True
    assert review_file.main([str(tmp_path / "late.json"), *keys()]) == 0
    (tmp_path / "bad.json").write_text('{"document": 7}')
    assert review_file.main([str(tmp_path / "bad.json"), *keys()]) == 1

    AccessReviewItem.objects.update(reason="changed")
    changed = run("check", slug, quarter)
    assert (changed["sound"], changed["code"]) == (False, 3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["open", "--site", "nowhere"], "no site"),
        (["show", "nowhere", "2026-Q4"], "there is no access review"),
        (["show", "nowhere", "Q4"], "is no quarter"),
        (["list", "--quarter", "Q4"], "is no quarter"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(words: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run(*words)


def test_a_site_where_nobody_has_access_is_told() -> None:
    with pytest.raises(CommandError, match="nobody has access"):
        run("open", "--site", a_system().site.slug)
