import json
import struct
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.cacao import document
from incidents.cacao.canonical import canonical
from incidents.cacao.faults import Invalid
from tests.incidents.cacao.slow_jcs import slow_canonical, slow_number
from tests.shared import shared

# RFC 8785, appendix B: the bits of a double and how it is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "written"), NUMBERS.items())
def test_numbers_are_written_as_the_standard_lists_them(bits, written):
    double = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert canonical(double).decode() == written
    assert slow_number(double) == written


def test_the_sample_of_the_standard_comes_out_as_printed():
    """RFC 8785, 3.2.2 to 3.2.4."""
    data = (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r' "string": "\u20ac$\u000F\u000aA' + "'" + r'\u0042\u0022\u005c\\\"\/",'
        ' "literals": [null, true, false]}'
    )
    assert canonical(document.load(data.encode())).decode() == (
        '{"literals":[null,true,false],'
        '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_by_their_utf_16_code_units():
    """RFC 8785, 3.2.3: the emoji sorts before the letter that stands behind the surrogates."""
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    found = json.loads(canonical(keys))
    assert list(found.values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize("value", [{"a": [Decimal("1e400")]}, {"a": [10**400]}])
def test_a_number_that_no_double_holds_is_refused_with_its_place(value):
    with pytest.raises(Invalid, match="no double") as refused:
        canonical(value)
    assert refused.value.pointer == "/a/0"


@pytest.mark.parametrize("value", [{"a": "\ud800"}, {"\udc00": 1}])
def test_half_of_a_surrogate_pair_is_refused(value):
    with pytest.raises(Invalid, match="surrogate"):
        canonical(value)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60)
@given(values)
def test_anything_is_written_as_the_slow_oracle_writes_it(value):
    found = canonical(value)
    assert found == slow_canonical(value)
    assert canonical(json.loads(found)) == found


@pytest.mark.parametrize("name", ["44883e", "567376"])
def test_unknown_properties_and_forms_of_numbers_survive(name):
    data = (shared("incidents/cacao") / f"rt-unknown-props-{name}.json").read_bytes()
    content = document.load(data)
    once = canonical(content)
    assert once == slow_canonical(json.loads(data))
    assert canonical(document.load(once)) == once
    assert "x_vendor_note" in document.load(once)
