"""What the decision log keeps: all refusals, all changes, a sample of the rest."""

import pytest

from governance.domain.decision_log import weight
from governance.domain.decisions import Decision, Reason
from governance.domain.obligations import read

PERMIT = Decision(True, Reason.ALLOW_RULE, "r1", "0" * 64)
REFUSAL = Decision(False, Reason.DENY_NO_RULE)
OBLIGING = Decision(True, Reason.ALLOW_RULE, "r1", "", read('[{"kind": "watermark"}]'))


@pytest.mark.parametrize(
    ("decision", "act", "resource"),
    [
        (REFUSAL, "open", {}),
        (PERMIT, "catalog:asset:assign", {}),
        (PERMIT, "catalog:asset:read", {"level": "restricted"}),
        (OBLIGING, "catalog:asset:read", {}),
    ],
)
def test_what_matters_is_kept_each_time(
    decision: Decision, act: str, resource: dict[str, object]
) -> None:
    assert all(weight(decision, act, resource, str(n), one_in=0) == 1 for n in range(50))


def test_other_permits_are_a_sample_that_stands_for_all() -> None:
    kept = [
        weight(PERMIT, "catalog:asset:read", {"level": "internal"}, f"e-{n}", one_in=20)
        for n in range(20_000)
    ]
    assert set(kept) == {0, 20}
    assert sum(kept) == pytest.approx(20_000, rel=0.1)
    assert not any(weight(PERMIT, "open", {}, str(n), one_in=0) for n in range(50))
