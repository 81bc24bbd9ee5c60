"""A tier follows from facts, the first that hits, and says what is not known."""

import pytest

from partners.domain.tiering import Connection, DataLevel, Facts, place


@pytest.mark.parametrize(
    ("facts", "tier", "why"),
    [
        (Facts(halt_hours=24, has_substitute=False), "critical", "A plant stops within 24 h"),
        (Facts(halt_hours=24, has_substitute=True), "high", "A plant stops within 24 h"),
        (Facts(halt_hours=25, has_substitute=False), "high", "A plant stops within 25 h"),
        (Facts(halt_hours=168), "high", "A plant stops within 168 h"),
        (Facts(halt_hours=169, products=1), "normal", "Its software"),
        (Facts(data=DataLevel.PERSONAL), "critical", "It sees personal data"),
        (Facts(data=DataLevel.RESTRICTED), "critical", "It sees restricted data"),
        (Facts(data=DataLevel.CONFIDENTIAL), "high", "It sees confidential data"),
        (Facts(data=DataLevel.INTERNAL), "normal", "It sees internal data"),
        (Facts(connection=Connection.OT), "critical", "It reaches networks of production"),
        (Facts(connection=Connection.BUSINESS), "high", "It reaches business networks"),
        (Facts(sites=3, products=3), "high", "Its products run at 3 sites"),
        (Facts(sites=2, products=2), "normal", "Its software runs"),
        (Facts(), "low", "No fact says"),
    ],
)
def test_the_first_fact_decides(facts: Facts, tier: str, why: str) -> None:
    placed = place(facts)
    assert placed.tier == tier
    assert placed.why.startswith(why)


def test_what_is_not_known_is_named_and_moves_nothing() -> None:
    placed = place(Facts(halt_hours=500, data=DataLevel.NONE))
    assert placed.unknown == ("whether there is a substitute", "which networks it reaches")
    assert "Not known: whether there is a substitute, which networks" in placed.sentence()
    whole = Facts(500, True, DataLevel.NONE, Connection.NONE)
    assert place(whole).unknown == ()
    assert "Not known" not in place(whole).sentence()
