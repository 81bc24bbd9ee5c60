"""``manage.py enforcement_point`` and ``manage.py directory``."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from governance.domain import callers
from governance.models import AuditEvent, EnforcementPoint, Entity, EntityType
from tests.builders.governance import a_site

pytestmark = pytest.mark.django_db


def loading(tmp_path: Path, document: object) -> Any:
    path = tmp_path / "entities.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    # The parent's option comes before the verb.
    out = StringIO()
    call_command("directory", "--json", "load", str(path), stdout=out)
    return json.loads(out.getvalue())


def point(*words: str) -> Any:
    out = StringIO()
    call_command("enforcement_point", "--json", *words, stdout=out)
    return json.loads(out.getvalue())


def test_a_key_is_made_listed_and_revoked() -> None:
    told = point("admit", "tower", "--scope", "evaluate", "--claims", "subject.team", "--days", "9")
    row = EnforcementPoint.objects.get(slug="tower")
    assert row.digest == callers.digest(told["key"])
    assert (row.scopes, row.assertable) == (["evaluate"], ["subject.team"])
    (listed,) = point("list")["enforcement_points"]
    assert listed["slug"] == "tower"
    assert "digest" not in listed
    point("revoke", "tower", "--reason", "lost")
    row.refresh_from_db()
    assert (row.revoked_by, row.reason) == ("service:operator", "lost")
    acts = AuditEvent.objects.filter(object=row.ref).exclude(act__startswith="row:")
    assert set(acts.values_list("act", flat=True)) == {
        "governance:pep:admit",
        "governance:pep:revoke",
    }


def test_an_issuer_is_trusted() -> None:
    told = ["--issuer", "https://id.example", "--audience", "w", "--jwks", "id.json"]
    point("trust", "idp", *told, "--scope", "search")
    assert EnforcementPoint.objects.get(slug="idp").issuer == "https://id.example"
    with pytest.raises(CommandError, match="bad_input"):
        point("trust", "other", *told[:-1], "https://evil.example/", "--scope", "search")


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(CommandError, match="not_found"):
        point("revoke", "nobody", "--reason", "x")
    with pytest.raises(CommandError, match="not_found"):
        call_command("directory", "remove", "resource", "door", "lab", "--reason", "x")


def test_a_file_of_entities_is_loaded_replaced_and_forgotten(tmp_path: Path) -> None:
    site = a_site()
    door = {"kind": "resource", "type": "door", "id": "lab", "properties": {"floor": 2}}
    ana = {"kind": "subject", "type": "person", "id": "ana", "roles": ["guard", "guard"]}
    kind = {"kind": "resource", "name": "door", "source": "pep_else_server", "acts": ["open"]}
    document = {"types": [kind], "entities": [{**door, "site": site.slug}, ana]}
    assert loading(tmp_path, document) == {"entities": 2, "types": 1}
    assert EntityType.objects.get(name="door").acts == ["open"]
    loading(tmp_path, {"entities": [{**door, "properties": {"floor": 3}}]})
    row = Entity.objects.get(type="door")
    assert (row.properties, row.site) == ({"floor": 3}, None)
    assert Entity.objects.get(key="ana").roles == ["guard"]
    call_command("directory", "remove", "resource", "door", "lab", "--reason", "walled up")
    assert not Entity.objects.filter(type="door").exists()


USER = "0190f3a4-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "rows",
    [
        "{",
        [],
        {"entities": {}},
        {"entities": [5]},
        {"entities": [{"kind": "resource", "type": "door"}]},
        {"entities": [{"kind": "verb", "type": "door", "id": "x"}]},
        {"entities": [{"kind": "resource", "type": "door", "id": ""}]},
        {"entities": [{"kind": "resource", "type": "door", "id": "x" * 1001}]},
        {"entities": [{"kind": "resource", "type": "d" * 81, "id": "x"}]},
        {"entities": [{"kind": "resource", "type": "door", "id": "a\0b"}]},
        {"entities": [{"kind": "resource", "type": "door", "id": "x", "color": "red"}]},
        {"entities": [{"kind": "resource", "type": "door", "id": "x", "properties": []}]},
        {"entities": [{"kind": "resource", "type": "door", "id": "x", "site": "nowhere"}]},
        {"entities": [{"kind": "resource", "type": "door", "id": "x", "roles": ["guard"]}]},
        {"entities": [{"kind": "subject", "type": "person", "id": "x", "roles": [5]}]},
        {"entities": [{"kind": "resource", "type": "door", "id": "x"}] * 2},
        {"entities": [{"kind": "resource", "type": "catalog.asset", "id": "1"}]},
        {"entities": [{"kind": "subject", "type": "service", "id": "operator"}]},
        {"entities": [{"kind": "subject", "type": "user", "id": USER}]},
        {
            "types": [{"kind": "resource", "name": "door"}],
            "entities": [{"kind": "resource", "type": "door", "id": ""}],
        },
        {"types": [{"kind": "resource"}]},
        {"types": [{"kind": "resource", "name": "catalog.asset"}]},
        {"types": [{"kind": "resource", "name": "door", "source": "rumor"}]},
    ],
    ids=str,
)
def test_a_file_that_is_not_right_changes_nothing(tmp_path: Path, rows: object) -> None:
    with pytest.raises(CommandError):
        loading(tmp_path, rows)
    assert not Entity.objects.exists()
    assert not EntityType.objects.exists()
