"""Types that YAML 1.1 would change, what is refused and where, and the way back."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.documents.faults import Bounds, Code, Unreadable
from catalog.documents.yaml_text import dumps, loads


def refusal(body: bytes, **bounds: int) -> tuple[Code, str, int]:
    with pytest.raises(Unreadable) as caught:
        loads(body, bounds=Bounds(**bounds))
    return caught.value.fault.code, caught.value.fault.pointer, caught.value.fault.line


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("2022-10-03", "2022-10-03"),
        ("2022-10-03T10:00:00Z", "2022-10-03T10:00:00Z"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("1:30", "1:30"),
        ("01234", "01234"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 101, "9" * 101),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("-7", -7),
        ("1.1.0", "1.1.0"),
        ("~", None),
        ("", None),
        ("null", None),
        ("'1.0'", "1.0"),
        ('"no"', "no"),
        ("! 12", "12"),
        ("!!str 12", "12"),
        ("=", "="),
    ],
)
def test_a_plain_scalar_has_the_type_of_the_core_schema(plain: str, value: object) -> None:
    read = loads(f"a: {plain}\n".encode())["a"]
    assert (read, type(read)) == (value, type(value))


def test_members_named_like_booleans_keep_their_name() -> None:
    assert loads(b"on: 1\nno: 2\n2022-01-01: 3\n") == {"on": 1, "no": 2, "2022-01-01": 3}


@pytest.mark.parametrize(
    ("body", "code", "pointer", "line"),
    [
        (b"", Code.EMPTY, "", 0),
        (b"\xef\xbb\xbf \n", Code.EMPTY, "", 0),
        (b"a: 1\nb: \xff\n", Code.NOT_UTF8, "", 2),
        ("a: 1".encode("utf-16"), Code.NOT_UTF8, "", 1),
        (b"a: 1\nb: [1\n", Code.MALFORMED, "", 3),
        (b"a: 1\n---\na: 2\n", Code.MALFORMED, "", 2),
        (b"a:\n  - b: 1\n  - c: 1\n    c: 2\n", Code.DUPLICATE_KEY, "/a/1/c", 4),
        (b"a: {1: 2}\n", Code.KEY_IS_NO_TEXT, "/a", 1),
        (b"? [a]\n: 1\n", Code.KEY_IS_NO_TEXT, "", 1),
        (b"a: &x {b: 1}\nc:\n  <<: *x\n", Code.MERGE_KEY, "/c", 3),
        (b"a: !!python/object/apply:os.system [id]\n", Code.TAG, "/a", 1),
        (b"a: !!binary aGk=\n", Code.TAG, "/a", 1),
        (b"a: !!timestamp 2022-01-01\n", Code.TAG, "/a", 1),
        (b'a: "x\\0y"\n', Code.NUL, "/a", 1),
        (b"a: 1\nb: x\0y\n", Code.NUL, "", 2),
        (b"a: *nothing\n", Code.MALFORMED, "/a", 1),
        (b"a: &x [*x]\n", Code.MALFORMED, "/a/0", 1),
    ],
)
def test_what_is_refused_says_where(body: bytes, code: Code, pointer: str, line: int) -> None:
    assert refusal(body) == (code, pointer, line)


def test_a_bomb_of_aliases_is_counted_as_what_it_would_become() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    code, pointer, line = refusal("\n".join(lines).encode())
    assert code is Code.TOO_MANY_VALUES
    assert (pointer[:3], line) == ("/a5", 6)


def test_an_honest_alias_stands_for_its_value() -> None:
    assert loads(b"a: &x {b: [1]}\nc: *x\n") == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_bounds_hold_before_and_while_reading() -> None:
    assert refusal(b"x" * 50_000_000)[0] is Code.TOO_LARGE
    assert refusal(b"[" * 100_000)[0] is Code.TOO_DEEP
    assert refusal(b"a: [[1]]", depth=2) == (Code.TOO_DEEP, "/a/0", 1)
    assert refusal(b"- 1\n" * 20, values=10) == (Code.TOO_MANY_VALUES, "/9", 10)
    assert refusal(b"a: " + b"x" * 30, text=20) == (Code.TEXT_TOO_LONG, "/a", 1)


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert loads(b"\xef\xbb\xbfversion: 1\n") == {"version": 1}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.sampled_from(["no", "1e3", "01", "2022-01-01", "1:30", "~", "", " x ", "<<", "=", "0x1f"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_what_is_written_reads_back_equal(value: Any) -> None:
    assert loads(dumps({"a": value})) == {"a": value}


def test_numbers_keep_their_type_on_the_way_back() -> None:
    read = loads(dumps([1, 1.0, 1e16, 1e-7, "1", "1.0", math.pi]))
    assert [type(one) for one in read] == [int, float, float, float, str, str, float]
