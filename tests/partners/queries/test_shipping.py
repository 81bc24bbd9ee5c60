"""Who ships a component: compared as its ecosystem orders versions, for those who may see it."""

from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client

from governance.domain.actor import Actor
from partners.domain import asking
from partners.queries import shipping
from tests.builders.governance import a_member
from tests.builders.partners import a_contact, a_product, sign_in
from tests.partners.actions.test_following import Scene

pytestmark = pytest.mark.django_db
CORE = "pkg:maven/org.apache.logging.log4j/log4j-core"


@pytest.fixture
def scene(tmp_path: Path, operator: Actor, at: datetime) -> Scene:
    found = Scene(tmp_path, operator, at)
    found.ship(f"{CORE}@2.9.1", "pkg:pypi/other@1")
    found.ship(f"{CORE}@2.17.0", product=a_product())
    return found


def versions(scene: Scene, text: str) -> list[str]:
    found = shipping.shipped(asking.parse(text), to=scene.by, at=scene.at)
    return [row["component_version"] for row in found.rows]


@pytest.mark.parametrize("name", ["log4j-core", "org.apache.logging.log4j:log4j-core", CORE])
def test_a_version_compares_in_its_own_order(scene: Scene, name: str) -> None:
    assert versions(scene, f"{name} < 2.17") == ["2.9.1"]
    assert versions(scene, f"{name} >= 2.17") == ["2.17.0"]
    assert sorted(versions(scene, name)) == ["2.17.0", "2.9.1"]
    assert versions(scene, f"{name} > 2.17") == []


def test_what_is_no_longer_shipped_is_not_listed(scene: Scene) -> None:
    scene.ship("pkg:pypi/other@1", days=1)
    assert versions(scene, "log4j-core") == ["2.17.0"]


def test_a_contact_sees_its_own_products_only(scene: Scene) -> None:
    by = a_contact(scene.product.partner).as_actor(has_mfa=True)
    found = shipping.shipped(asking.parse("log4j-core"), to=by, at=scene.at)
    assert [row["component_version"] for row in found.rows] == ["2.9.1"]


def test_the_page_and_the_interface_answer(scene: Scene, client: Client) -> None:
    staff = sign_in(client, a_member("administrator"))
    page = staff.get("/components/", {"q": "log4j-core < 2.17"})
    assert "2.9.1" in page.content.decode()
    assert "2.17.0" not in page.content.decode()
    assert staff.get("/components/", {"q": "a b"}).status_code == 400
    answer = staff.get("/api/v1/components/", {"q": "log4j-core < 2.17"}).json()
    assert [row["version"] for row in answer["results"]] == ["2.9.1"]
    assert staff.get("/api/v1/components/").status_code == 400
