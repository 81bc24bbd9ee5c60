"""Quick commands that name a thing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from incidents.domain import commands
from incidents.domain.indicators import IndicatorKind, read
from incidents.domain.orders import AddIndicator, AddTask, NameAsset, NoteEvidence

AT = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
K = IndicatorKind


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("/asset plc-7", NameAsset("plc-7", "affected")),
        ("/asset PLC 7 suspected", NameAsset("PLC 7", "suspected")),
        ("/asset clean", NameAsset("clean", "affected")),
        ("/IOC 10.1.2.3 beacon", AddIndicator(K.IP, "10.1.2.3", "beacon")),
        ("/ioc hxxp://evil[.]example/a", AddIndicator(K.URL, "http://evil.example/a", "")),
        ("/task @it check the backups", AddTask("IT", "check the backups")),
        ("/task @Site operations stop line 3", AddTask("Site operations", "stop line 3")),
        ("/evidence e2: the HMI log", NoteEvidence(2, "the HMI log")),
    ],
)
def test_what_is_named_is_read(text: str, order: object) -> None:
    assert commands.parse(text, zone=ZoneInfo("UTC"), at=AT) == order


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("/asset", "/asset plc-7"),
        ("/ioc ", "/ioc 10.1.2.3"),
        ("/task check it", "@it"),
        ("/task @boss check it", "@it"),
        ("/task @it", "@it"),
        ("/evidence", "under Evidence first"),
        ("/evidence E2", "under Evidence first"),
        ("/evidence E0 x", "under Evidence first"),
    ],
)
def test_what_names_nothing_says_what_to_write(text: str, hint: str) -> None:
    read_ = commands.parse(text, zone=ZoneInfo("UTC"), at=AT)
    assert isinstance(read_, commands.NotUnderstood)
    assert hint in read_.hint


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2001:DB8::1", K.IP, "2001:db8::1"),
        ("10.1.2.3/8", K.NETWORK, "10.0.0.0/8"),
        ("Evil[.]Example", K.DOMAIN, "evil.example"),
        ("bob[@]evil.example", K.EMAIL, "bob@evil.example"),
        ("A" * 64, K.HASH, "a" * 64),
        ("A" * 63, K.OTHER, "A" * 63),
        ("HKLM/Run/x", K.OTHER, "HKLM/Run/x"),
        ("999.1.2.3", K.OTHER, "999.1.2.3"),
    ],
)
def test_an_indicator_is_known_by_its_form(text: str, kind: K, value: str) -> None:
    assert read(text) == (kind, value)
