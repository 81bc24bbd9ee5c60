"""The segmentation map in a browser: it shows what is wrong, and each finding drills."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from catalog.domain.zones import Direction
from catalog.models import Asset, Zone
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone, declared
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plant(visit: Visit) -> dict[str, Zone]:
    """A plant of seven zones, as its own drawings show it."""
    site = a_site(slug="monterrey", name="Monterrey")
    now = timezone.now()

    def zone(name: str, level: str, aim: int, **over: object) -> Zone:
        vectors = {"sl_target": [aim] * 7, "sl_achieved": [aim] * 7}
        return a_zone(site=site, name=name, purdue_level=level, **{**vectors, **over})

    zones = {
        "enterprise": zone("Enterprise Monterrey", "4", 2),
        "vendors": zone(
            "Vendor remote access", "4", 0, is_untrusted=True, sl_target=None, sl_achieved=None
        ),
        "dmz": zone("Industrial DMZ", "3.5", 3),
        "operations": zone("Site operations", "3", 3, sl_achieved=[2, 3, 3, 3, 3, 3, 3]),
        "press": zone("Cell press line 1, 2", "2", 2),
        "press3": zone("Cell press line 3", "2", 2, sl_achieved=[2, 2, 2, 2, 1, 2, 2]),
        "safety": zone("Safety, press lines", "2", 4, is_safety=True),
    }
    a_site(slug="leipzig", name="Leipzig")
    system = a_system(site=site)
    devices = {
        name: a_device(zones[where], system=system, name=name)
        for name, where in (
            ("ENG-PL3-02", "press3"), ("PLC-PL3-01", "press3"), ("FS-MTY-04", "enterprise"),
            ("HIST-MTY-1", "operations"), ("JH-MTY-1", "dmz"), ("PLC-PL1-01", "press"),
            ("SIS-PL-01", "safety"), ("VPN-VND-01", "vendors"),
        )
    }  # fmt: skip
    a_device(None, system=system, name="CAM-DOCK-2")
    old = now - timedelta(days=200)
    a_conduit(zones["enterprise"], zones["dmz"], name="C-01")
    a_conduit(
        (zones["vendors"], Direction.OUT), (zones["dmz"], Direction.IN), name="C-02",
        protocols=["RDP"],
    )  # fmt: skip
    a_conduit(
        zones["enterprise"], zones["operations"], name="C-03", protocols=["SFTP"], created_at=old
    )
    a_conduit(zones["dmz"], zones["operations"], name="C-04", protocols=["OPC UA", "SQL"])
    a_conduit(zones["operations"], zones["press"], name="C-06", protocols=["OPC UA"])
    a_conduit(zones["operations"], zones["press3"], name="C-07", protocols=["OPC UA", "SMB"])
    seen = now - timedelta(minutes=9)
    a_flow(devices["ENG-PL3-02"], devices["FS-MTY-04"], protocol="SMB", port=445, seen_at=seen)
    a_flow(
        devices["PLC-PL3-01"], devices["HIST-MTY-1"], protocol="OPC UA", port=4840, seen_at=seen,
        **declared(purpose="process values"),
    )  # fmt: skip
    return zones


def test_the_map_shows_what_is_wrong_and_each_finding_drills(
    visit: Visit, plant: dict[str, Zone], faces: Callable[[], list[str]]
) -> None:
    user = a_member("steward", password=make_password(signin.PASSWORD))
    signin.with_app(user)
    page = visit.page
    visit.sign_in(user)
    page.get_by_role("link", name="Zones", exact=True).click()
    expect(page.get_by_role("link", name="Catalog", exact=True)).not_to_have_attribute(
        "aria-current", "page"
    )
    picture = page.get_by_role("group", name="Picture: zones and conduits")
    expect(picture.get_by_text("ENG-PL3-02 to FS-MTY-04", exact=True)).to_be_visible()
    expect(picture.get_by_role("link", name="Cell press line 3")).to_contain_text("SL 1 of 2")
    assert faces() == []
    findings = page.get_by_role("region", name="Findings 5 open")
    expect(findings.get_by_role("listitem")).to_have_count(5)
    findings.get_by_role("link", name="Undeclared flow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cell press line 3")
    expect(page.locator("tr:target")).to_contain_text("no conduit")
    assert faces() == []
    page.get_by_label("CAM-DOCK-2").check()
    page.get_by_label("Reason").fill("stands at the press")
    page.get_by_role("button", name="Place in Cell press line 3").click()
    expect(page.get_by_role("status")).to_contain_text("1 asset stands")
    assert Asset.objects.get(name="CAM-DOCK-2").zone == plant["press3"]
    page.get_by_role("link", name="what it reaches: ENG-PL3-02").click()
    expect(page.get_by_role("row", name="FS-MTY-04")).to_contain_text("no conduit")
    assert faces() == []
