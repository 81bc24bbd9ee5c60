"""The collector is off meanwhile, and as it was afterwards, whatever happens inside."""

import gc

import pytest

from governance.domain.garbage import uncollected


def _fail() -> None:
    with uncollected():
        assert not gc.isenabled()
        raise KeyError


def test_it_is_off_inside_and_on_again_after_a_failure() -> None:
    assert gc.isenabled()
    with pytest.raises(KeyError):
        _fail()
    assert gc.isenabled()


def test_one_within_another_leaves_it_off() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
