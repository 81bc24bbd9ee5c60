import pytest

from catalog.documents.faults import Bounds, Code, Unreadable
from catalog.documents.json_text import loads


def refusal(body: bytes, **bounds: int) -> tuple[Code, int]:
    with pytest.raises(Unreadable) as caught:
        loads(body, bounds=Bounds(**bounds))
    return caught.value.fault.code, caught.value.fault.line


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        (b"", Code.EMPTY, 0),
        (b'{"a": 1, "a": 2}', Code.DUPLICATE_KEY, 0),
        (b'{"a": NaN}', Code.MALFORMED, 0),
        (b'{"a": 1e999}', Code.MALFORMED, 0),
        (b'{"a": ' + b"9" * 101 + b"}", Code.MALFORMED, 0),
        (b'{"a": ' + b"9" * 100_000 + b"}", Code.MALFORMED, 0),
        (b'{"a":\n\n 1,}', Code.MALFORMED, 3),
        (b'{"a": "\\ud800"}', Code.MALFORMED, 0),
        (b'{"a": "x\\u0000"}', Code.NUL, 0),
        (b'{"x\\u0000": 1}', Code.NUL, 0),
        (b"[" * 200_000, Code.TOO_DEEP, 0),
        (b"\xff", Code.NOT_UTF8, 1),
    ],
)
def test_what_is_not_strict_json_is_refused(body: bytes, code: Code, line: int) -> None:
    assert refusal(body) == (code, line)


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert loads(b'{"a": "\\\\u0000"}') == {"a": "\\u0000"}


def test_bounds_hold() -> None:
    assert refusal(b" " * 11, size=10)[0] is Code.TOO_LARGE
    assert refusal(b"[[[1]]]", depth=2)[0] is Code.TOO_DEEP
    assert refusal(b'["' + b"x" * 30 + b'"]', text=20)[0] is Code.TEXT_TOO_LONG
    assert refusal(b"[[],[],[],[],[]]", depth=2, values=3)[0] is Code.TOO_MANY_VALUES


def test_a_byte_order_mark_is_taken_off() -> None:
    assert loads(b"\xef\xbb\xbf{}") == {}
