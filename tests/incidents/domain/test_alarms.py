import pytest

from incidents.domain import alarms
from incidents.domain.incidents import Severity
from incidents.domain.targets import CONTAIN_WITHIN


def test_each_level_has_its_severity():
    assert [alarms.severity(level) for level in (1, 2, 3, 4)] == list(Severity)
    for level in (0, 5):
        with pytest.raises(ValueError):
            alarms.severity(level)


def test_an_unknown_kind_still_reads_as_a_title():
    assert alarms.title("strange_thing") == "Alarm: strange thing"
    assert alarms.title("tamper") == "The audit log does not prove itself"


def test_worse_is_to_be_contained_sooner():
    times = [CONTAIN_WITHIN[severity] for severity in Severity]
    assert times == sorted(times)
    assert len(set(times)) == len(Severity)
