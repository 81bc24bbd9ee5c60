import pytest

from incidents.cacao.conditions import undecidable


@pytest.mark.parametrize(
    "condition",
    [
        "__a__:value = 'x'",
        "[__a__:value = 'x']",
        "__a__:value == yes",
        "__should.execute.true__:value = yes",
        "NOT __a__:value != 5",
        "__a__:value NOT IN ('a', 'b')",
        "__a__:value ISSUBSET '10.0.0.0/8' AND (__b__:value > 1.5 OR __c__:value LIKE 'a%')",
        "__a__:value <= __b__:value",
        r"__a__:value = 'it\'s'",
    ],
)
def test_a_comparison_of_variables_is_decided(condition):
    assert undecidable(condition) == ""


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("Operator input to proceed", "no comparison from character 1"),
        ('"response:status" == 200', "no comparison from character 1"),
        ("{{ severity }} > 3", "no comparison"),
        ("__a__:value", "compared with nothing"),
        ("__a__:value =", "is missing"),
        ("__a__:value = 'x' AND", "is missing"),
        ("__a__:value = 'x' __b__:value = 'y'", "follows a whole comparison"),
        ("(__a__:value = 'x'", "is never closed"),
        ("[__a__:value = 'x')", "is never closed"),
        ("__a__:value IN 'x'", "asks for a list"),
        ("__a__:value IN ('x'", "never closed"),
        ("__a__:value ISSUBSET 5", "text is missing"),
        ("(" * 33 + "__a__:value = 1" + ")" * 33, "too many brackets"),
        ("__a__:value = '" + "x" * 5000 + "'", "longer than"),
        ("", "variable is missing"),
    ],
)
def test_prose_is_left_to_people_with_the_reason(condition, why):
    assert why in undecidable(condition)
