"""What is not documented does not pass."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from rest_framework import exceptions

from governance import registries
from governance.errors import WardroomError
from partners.domain.sboms import Code

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs/reference.md").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
APPS = ("governance", "catalog", "partners", "incidents", "config")


def codes(of: type[WardroomError]) -> Iterator[str]:
    for error in of.__subclasses__():
        yield error.code
        yield from codes(error)


def missing(names: set[str], text: str) -> list[str]:
    return sorted(name for name in names if f"`{name}`" not in text)


def test_every_act_is_listed() -> None:
    acts = {str(act) for app in APPS[:-1] for act in import_module(f"{app}.permissions").Act}
    assert missing(acts, REFERENCE) == []


def test_every_error_code_is_listed() -> None:
    plain = set(re.findall(r'_plain\(\s*\d+,\s*"(\w+)"', (ROOT / "config/problems.py").read_text()))
    assert missing(set(codes(WardroomError)) | plain | {"mfa_required"}, REFERENCE) == []


def test_every_error_code_of_the_framework_is_listed() -> None:
    raised = [
        error
        for error in vars(exceptions).values()
        if isinstance(error, type) and issubclass(error, exceptions.APIException)
    ]
    # 400 and 401 get codes of our own, 429 is our own refusal, and 500 is no answer of it.
    named = {one.default_code for one in raised if one.status_code not in (400, 401, 429, 500)}
    assert "permission_denied" in named
    assert missing(named, REFERENCE) == []


def test_no_row_and_no_list_of_acts_stands_twice_in_the_reference() -> None:
    section, seen = "", set()
    for line in REFERENCE.splitlines():
        section = line if line.startswith("#") else section
        if line.startswith(("| `", "**")):
            key = (section, line.split("|")[1] if line.startswith("|") else line.split(":")[0])
            assert key not in seen
            seen.add(key)


def test_every_measure_and_job_kind_is_listed() -> None:
    assert missing(set(registries.measures.names()), REFERENCE) == []
    assert missing(set(registries.job_kinds.names()), REFERENCE) == []


def test_every_command_is_listed() -> None:
    commands = {
        path.stem
        for app in APPS
        for path in (ROOT / app / "management/commands").glob("*.py")
        if path.stem != "__init__"
    }
    assert missing(commands, REFERENCE) == []


def test_every_setting_is_listed() -> None:
    text = (ROOT / "config/settings.py").read_text()
    settings = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text))
    assert len(settings) > 8
    assert missing(settings, OPERATIONS) == []


def test_links_in_the_documents_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_every_code_of_an_sbom_is_listed() -> None:
    assert missing({str(code) for code in Code}, (ROOT / "docs/sbom.md").read_text()) == []
