"""Our own lock file becomes a document that our own reader accepts without a warning."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from partners.sbom.lock import from_lock
from partners.sbom.reader import read
from partners.sbom.writer import to_cyclonedx

LOCK = Path(__file__).parents[3] / "requirements.lock"
SERIAL = UUID("3e671687-395b-41f5-a30f-a58921a69b79")


def test_the_lock_round_trips_through_the_document() -> None:
    components = from_lock(LOCK.read_text("utf-8"))
    body = to_cyclonedx(
        components,
        subject="wardroom",
        subject_version="0.1.0",
        serial=SERIAL,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    document = read(body)
    assert "django" in {one.name for one in components}
    assert {one.identity for one in document.components} == set(components)
    assert (document.serial, document.version) == (SERIAL.urn, 1)
    assert document.subject is not None
    assert document.subject.name == "wardroom"
    assert document.warnings == ()


def test_extras_markers_hashes_and_comments_are_read_past() -> None:
    text = (
        "# made by a tool\n--index-url x\n"
        'Django-Allauth[mfa]==65.1 ; python_version >= "3.11" \\\n    --hash=sha256:00\n'
        "    # via x\namqp==5.4.2\n"
    )
    assert [(one.name, one.version) for one in from_lock(text)] == [
        ("amqp", "5.4.2"),
        ("django-allauth", "65.1"),
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "django>=5\n", "./local\n"])
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="requirement"):
        from_lock(text)
