"""What the strict policy forbids is in no template, and vendored files are what they say."""

import hashlib
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from django.core.management import call_command

ROOT = Path(__file__).parents[2]
APPS = ("config", "governance", "catalog", "partners", "incidents")
TEMPLATES = [path for app in APPS for path in sorted((ROOT / app).rglob("templates/**/*.html"))]
OWN = [path for path in TEMPLATES if "admin" not in path.parts]
STATIC = [
    path for app in APPS for path in sorted((ROOT / app).glob("static/**/*")) if path.is_file()
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", OWN, ids=name)
def test_templates_hold_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert "<style" not in text
    assert "javascript:" not in text
    assert not re.search(r"\bhx-(on|vals|vars)\b", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("path", OWN, ids=name)
def test_templates_ask_nothing_of_other_hosts(path: Path) -> None:
    assert not re.search(r"""(src|href|action)\s*=\s*["'](https?:)?//""", path.read_text())


@pytest.mark.parametrize("path", OWN, ids=name)
def test_icons_stand_beside_words_and_exist(path: Path) -> None:
    text = path.read_text()
    drawn = set(
        re.findall(r'<symbol id="(i-\w+)"', (ROOT / "config/templates/icons.html").read_text())
    )
    assert set(re.findall(r'href="#(i-\w+)"', text)) <= drawn
    for icon in re.findall(r'<svg class="i[^>]*>', text):
        assert 'aria-hidden="true"' in icon


def test_colors_are_tokens() -> None:
    text = (ROOT / "config/static/wardroom.css").read_text()
    rules = text[text.index("/* ---- base") : text.index("@media print")]
    assert [c for c in re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s}])", rules) if c != "#fff"] == []


def test_there_is_one_style_sheet() -> None:
    """The board alone has another: its theme knows none of our classes."""
    sheets = [name(p) for p in STATIC if p.suffix == ".css"]
    assert sheets == ["config/static/board.css", "config/static/wardroom.css"]
    assert (ROOT / "config/static/wardroom.css").stat().st_size < 48_000


@pytest.mark.parametrize(
    "path", [ROOT / "config/static/vendor/VENDOR.txt", ROOT / "tests/vendor/VENDOR.txt"], ids=name
)
def test_vendored_files_are_what_they_say(path: Path) -> None:
    facts = dict(line.split(None, 1) for line in path.read_text().splitlines() if line)
    assert {"name", "version", "file", "sha256", "license"} <= set(facts)
    held = (path.parent / facts["file"].partition(",")[0].split()[0]).read_bytes()
    assert hashlib.sha256(held).hexdigest() == facts["sha256"]
    assert b"sourceMappingURL" not in held


def test_the_manifest_storage_of_production_takes_our_files(tmp_path: Path) -> None:
    storage = ManifestStaticFilesStorage(location=str(tmp_path), base_url="/static/")
    held = {}
    for path in STATIC:
        inside = str(path).partition("/static/")[2]
        storage._save(inside, ContentFile(path.read_bytes()))
        held[inside] = (storage, inside)
    failed = [error for *_, error in storage.post_process(held) if isinstance(error, Exception)]
    assert failed == []


def test_the_interface_description_has_no_warnings(tmp_path: Path) -> None:
    target = tmp_path / "schema.yml"
    call_command("spectacular", file=str(target), fail_on_warn=True, validate=True)
    assert "/api/v1/measures/" in target.read_text()
