"""One decoder for all who read what machines send."""

import json

import pytest

from governance.domain import strict_json

loads = strict_json.decoder()


def test_plain_json_is_read_as_it_is() -> None:
    assert loads('{"a": [1, 2.5, true, null, "\\u00e9 \\ud83d\\ude00"]}') == {
        "a": [1, 2.5, True, None, "é 😀"]
    }


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', "[-Infinity]", "[1e999]", "[-1e999]", '["\\ud800"]', '{"\\udc00": 1}']
)
def test_what_json_has_no_word_for_is_refused(text: str) -> None:
    with pytest.raises(strict_json.NotStrict):
        loads(text)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "\\u0061": 2}}]'])
def test_a_member_that_stands_twice_is_refused(text: str) -> None:
    with pytest.raises(strict_json.MemberTwice):
        loads(text)


def test_the_line_of_what_is_no_json_is_known() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        loads('{"a":\n 1,}')
    assert caught.value.lineno == 2


def test_digits_bound_whole_numbers_where_they_are_bounded() -> None:
    short = strict_json.decoder(digits=3)
    assert short("[999]") == [999]
    with pytest.raises(strict_json.NotStrict):
        short("[-999]")
    assert loads("[" + "9" * 400 + "]") == [int("9" * 400)]
