"""``import_vex`` and ``recompute_patch_sla``: what they print, and what they refuse in one line."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from governance.domain.actor import Actor
from partners.actions import policies
from partners.models import Answer, AnswerDocument, Finding, Product
from tests.builders.governance import NOW
from tests.builders.partners import a_document, a_record, write
from tests.builders.vex import CVE, a_cyclonedx_xml, an_openvex
from tests.partners.management.test_commands import bad, partner, refused, run

__all__ = ["bad", "partner"]
pytestmark = pytest.mark.django_db
TO = ("--partner", "lindqvist", "--product", "gateway")


@pytest.fixture
def product(tmp_path: Path, partner: object) -> Product:
    feed = write(tmp_path / "feed.json", [a_record(aliases=[CVE])])
    file = write(tmp_path / "a.json", a_document(["pkg:pypi/requests@2.28.2"]))
    run("import_feed", "osv", str(feed))
    run("import_sbom", str(file), "--partner", "lindqvist", "--product", "Gateway")
    return Product.objects.get()


def test_a_document_from_the_shell(tmp_path: Path, product: Product) -> None:
    path = write(tmp_path / "a.vex", an_openvex())
    told = run("import_vex", str(path), *TO)
    assert (told["format"], told["is_new"]) == ("openvex-0.2", True)
    assert (told["accepted"], told["pending"], told["skipped"]) == (0, 1, [])
    again = run("import_vex", str(path), *TO)
    assert (again["is_new"], again["document"], again["pending"]) == (False, told["document"], 1)
    assert Answer.objects.count() == 1


def test_what_says_nothing_is_listed(
    tmp_path: Path, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.xml", a_cyclonedx_xml(state="fine"))
    (one,) = run("import_vex", str(path), *TO)["skipped"]
    assert one["place"] == "/bom/vulnerabilities/vulnerability[1]"
    other = an_openvex(statement={"products": [{"@id": "pkg:pypi/unknown@1"}]})
    call_command("import_vex", str(write(tmp_path / "b.vex", other)), *TO)
    assert "pkg:pypi/unknown@1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["missing", "empty", "garbage", "wrong.json", "text.txt", "cut.json", "cut.zip"]
)
def test_a_bad_vex_document_is_refused_in_one_line(bad: Path, product: Product, name: str) -> None:
    refused("import_vex", str(bad / name), *TO)
    assert not AnswerDocument.objects.exists()


def test_a_large_one_and_an_unknown_product_are_refused(bad: Path, product: Product) -> None:
    assert "16 MiB" in refused("import_vex", str(bad / "zeros"), *TO)
    path = write(bad / "a.vex", an_openvex())
    line = refused("import_vex", str(path), "--partner", "lindqvist", "--product", "other")
    assert "no such product" in line


def test_dates_are_recomputed_once_and_for_a_reason(operator: Actor, product: Product) -> None:
    before = Finding.objects.get().due_at
    policies.decide(
        critical_days=7, other_days=30, uses_kev=True, uses_bod_26_04=False, anchor="later",
        reason="Sooner.", by=operator, at=NOW,
    )  # fmt: skip
    assert run("recompute_patch_sla", "--reason", "Agreed with all.")["moved"] == 1
    after = Finding.objects.get()
    assert (after.term_days, after.due_at < before) == (7, True)
    assert run("recompute_patch_sla", "--reason", "Again.")["moved"] == 0
    assert "reason" in refused("recompute_patch_sla", "--reason", " ")
    with pytest.raises(CommandError, match="--reason"):
        call_command("recompute_patch_sla")
