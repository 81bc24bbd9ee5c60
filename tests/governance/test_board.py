"""What the board says after an action on many records."""

import pytest

from governance.board import done_to


@pytest.mark.parametrize(
    ("names", "done", "said"),
    [
        (["a"], "requests approved", "1 request approved: a."),
        (["a"], "sharing rules ended", "1 sharing rule ended: a."),
        (["a"], "entities forgotten", "1 entity forgotten: a."),
        (["a", "b"], "people invited", "2 people invited: a; b."),
        (["a"] * 4, "grants revoked", "4 grants revoked."),
        (["a"], "approved", "1 approved: a."),
    ],
)
def test_one_is_one_and_few_are_named(names: list[str], done: str, said: str) -> None:
    assert done_to(names, done) == said
