"""Text that is no JSON is refused with the place where it stops to be."""

import pytest

from partners.domain.sboms import Bounds, Code, Rejected
from partners.sbom import strict_json


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": 1,\n  "b": nope}', "near line 2, column 9"),
        (b'{"a": 1,\n\n"b" 2}', "near line 3, column 5"),
        (b'{"a": 1}\n x', "near line 2, column 3"),
        (b'{"a": [1, 2', ": it ends too early"),
    ],
)
def test_the_place_is_told(body: bytes, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        strict_json.members(body, bounds=Bounds())
    (defect,) = refused.value.defects
    assert defect.code is Code.MALFORMED
    assert defect.detail.endswith(said)
