"""The pages of the import: a file, a preview, and all that is valid."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.inventory import reader
from catalog.models import Asset
from governance.models import AuditEvent
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
CHOOSE = "/admin/catalog/asset/import"


@pytest.fixture
def asset() -> Asset:
    return an_asset(criticality=2)


@pytest.fixture
def client(asset: Asset) -> Client:
    return proven(a_member("steward", site=asset.system.site))


def upload(client: Client, text: str, name: str = "edited.csv") -> Any:
    file = SimpleUploadedFile(name, text.encode())
    return client.post(reverse("admin:inventory_upload"), {"sheet": file}, follow=True)


def test_the_list_of_assets_leads_to_the_import(client: Client) -> None:
    page = client.get("/admin/catalog/asset/")
    url = reverse("admin:catalog_asset_import_sheet")
    assert url in page.content.decode()
    assert "Show what it changes" in client.get(url).content.decode()


def test_a_sheet_is_shown_and_then_written(client: Client, asset: Asset) -> None:
    page = upload(client, f"id,criticality\n{asset.pk},4\n999999,3\n")
    text = page.content.decode()
    assert "Nothing is written yet" in text
    assert "Apply the 1 valid row<" in text
    assert "The 1 refused row is left out" in text
    assert "there is no live asset 999999, or none for you" in text
    asset.refresh_from_db()
    assert asset.criticality == 2
    url = page.redirect_chain[-1][0]
    changed = client.get(url, {"show": "changed"}).content.decode()
    assert "<del>2</del>" in changed
    assert "<ins>4</ins>" in changed
    refused = client.get(f"{url}refused.csv")
    assert refused["Content-Disposition"] == 'attachment; filename="refused.csv"'
    assert refused.content.decode("utf-8-sig").splitlines()[1] == (
        '3,999999,id,"there is no live asset 999999, or none for you"'
    )
    unsaid = client.post(f"{url}apply/", {"reason": " "})
    assert unsaid.status_code == 422
    assert "Nothing was written. Say why" in unsaid.content.decode()
    done = client.post(f"{url}apply/", {"reason": "count of May"}, follow=True)
    assert "<b>Imported.</b> 0 assets listed, 1 changed, 1 row left out" in done.content.decode()
    asset.refresh_from_db()
    assert asset.criticality == 4
    event = AuditEvent.objects.get(act="catalog:asset:describe")
    assert (event.object, event.facts["reason"]) == (asset.ref, "count of May")
    # Once more writes nothing, and says again what was done.
    again = client.post(f"{url}apply/", {"reason": "count of May"}, follow=True)
    assert "<b>Imported.</b>" in again.content.decode()
    assert AuditEvent.objects.filter(act="catalog:asset:describe").count() == 1


def test_a_plan_that_moved_is_shown_anew(client: Client, asset: Asset) -> None:
    page = upload(client, f"id,criticality\n{asset.pk},4\n")
    Asset.objects.filter(pk=asset.pk).update(criticality=3)
    url = page.redirect_chain[-1][0]
    answer = client.post(f"{url}apply/", {"reason": "x"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "has changed since the preview" in text
    assert "<del>3</del>" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Choose a file"), ("a,b\n1,2\n", "names no column"), ('id\n"1', "is no CSV")],
)
def test_what_is_no_sheet_is_said_above_the_form(client: Client, text: str, words: str) -> None:
    answer = upload(client, text)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_file_that_is_too_large_is_refused_unread(client: Client) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    answer = client.generic(
        "POST",
        reverse("admin:inventory_upload"),
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(reader.MOST_BYTES * 2),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert "larger than 10 MiB" in answer.content.decode()
    close = upload(client, "id\n" + "1" * reader.MOST_BYTES)
    assert close.status_code == 413


def test_the_upload_asks_where_the_form_came_from(asset: Asset, client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    file = SimpleUploadedFile("a.csv", b"id\n1\n")
    answer = strict.post(reverse("admin:inventory_upload"), {"sheet": file})
    assert answer.status_code == 403


def test_a_preview_is_nobody_elses(client: Client, asset: Asset) -> None:
    url = upload(client, f"id,criticality\n{asset.pk},4\n").redirect_chain[-1][0]
    other = proven(a_member("steward", site=asset.system.site))
    for answer in (
        other.get(url),
        other.get(f"{url}refused.csv"),
        other.post(f"{url}apply/", {"reason": "x"}),
    ):
        assert answer.status_code == 404
        assert "This preview is over" in answer.content.decode()
    asset.refresh_from_db()
    assert asset.criticality == 2


def test_who_may_write_nothing_sees_no_import(asset: Asset) -> None:
    auditor = proven(a_member("auditor", site=asset.system.site))
    assert "import_sheet" not in auditor.get("/admin/catalog/asset/").content.decode()
    assert reverse("admin:catalog_asset_import_sheet") not in (
        auditor.get("/admin/catalog/asset/").content.decode()
    )
    assert auditor.get(reverse("admin:catalog_asset_import_sheet")).status_code == 403
    assert upload(auditor, "id\n1\n").status_code == 403
