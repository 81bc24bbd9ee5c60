"""Names near a mistyped one."""

import pytest

from governance.domain import nearness

NAMES = ["mes.operator", "mes.operation", "mes.badge", "wms.stock"]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("operator", ["mes.operator", "mes.operation"]),
        ("mes.oprator", ["mes.operator", "mes.operation"]),
        ("MES.BADGE", ["mes.badge"]),
        ("wms.nosuchtable", ["wms.stock"]),
        ("qqq", []),
    ],
)
def test_the_likeliest_come_first_and_nothing_is_made_up(word: str, names: list[str]) -> None:
    assert nearness.nearest(word, NAMES) == names


def test_of_two_names_the_question_names_both() -> None:
    assert nearness.offered(["a", "b"]) == "; did you mean a or b?"
    assert nearness.offered([]) == ""
