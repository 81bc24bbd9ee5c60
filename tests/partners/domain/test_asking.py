"""One line asks who ships what."""

import pytest

from partners.domain.asking import BadQuestion, Question, parse


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("log4j-core", Question("log4j-core")),
        (" log4j-core < 2.17 ", Question("log4j-core", "<", "2.17")),
        ("requests>=2.31.0", Question("requests", ">=", "2.31.0")),
        ("@scope/name==1", Question("@scope/name", "=", "1")),
        ("pkg:maven/a/b <= 1.0", Question("pkg:maven/a/b", "<=", "1.0")),
        ("pkg:pypi/django@3.2.0", Question("pkg:pypi/django", "=", "3.2.0")),
        ("pkg:npm/%40scope/name@1.0%2B1?x=y", Question("pkg:npm/%40scope/name", "=", "1.0+1")),
    ],
)
def test_a_question_is_a_name_and_a_comparison(text: str, question: Question) -> None:
    assert parse(text) == question
    assert parse(str(question)) == question


@pytest.mark.parametrize("text", ["", "  ", "a b", "< 2", "a <", "a << 2", "a\0", "x" * 500])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadQuestion):
        parse(text)
