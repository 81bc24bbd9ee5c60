"""Scores of well-known vectors, bands, and which source wins."""

import pytest

from partners.domain.severity import (
    BadVector,
    Band,
    Rating,
    Vector,
    band_of,
    band_of_word,
    cvss3_base_score,
    rate,
)


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),  # CVE-2021-44228
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),  # CVE-2022-22965
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),  # CVE-2020-11022, NVD
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),  # CVE-2014-0160
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),  # CVE-2013-1937, FIRST's example
        ("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 6.8),  # FIRST's example, iOS unlocking
        ("CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N/E:P/RL:O", 1.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:H", 8.2),
    ],
)
def test_a_base_score_follows_the_specification(vector: str, score: float) -> None:
    assert cvss3_base_score(vector) == score


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "AV:N/AC:L/Au:N/C:P/I:P/A:P",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    ],
)
def test_a_text_that_is_no_version_3_vector_is_refused(vector: str) -> None:
    with pytest.raises(BadVector):
        cvss3_base_score(vector)


def test_bands_begin_where_the_qualitative_scale_says() -> None:
    assert [band_of(score) for score in (9.0, 8.9, 7.0, 6.9, 4.0, 3.9, 0.1, 0.0)] == [
        Band.CRITICAL,
        Band.HIGH,
        Band.HIGH,
        Band.MEDIUM,
        Band.MEDIUM,
        Band.LOW,
        Band.LOW,
        Band.NONE,
    ]


def test_words_of_github_and_of_nobody() -> None:
    assert band_of_word("MODERATE") is Band.MEDIUM
    assert band_of_word("catastrophic") is Band.UNRATED
    assert band_of_word(None) is Band.UNRATED


_HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
_LOW = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
_V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H"


def test_the_highest_of_several_vectors_is_effective() -> None:
    rating = rate([Vector("CVSS_V3", _LOW), Vector("CVSS_V3", _HIGH)])
    assert rating == Rating(Band.HIGH, 7.5, _HIGH)


def test_a_word_does_not_overrule_a_computed_vector() -> None:
    assert rate([Vector("CVSS_V3", _LOW)], word="critical").band is Band.LOW


def test_a_version_4_vector_is_named_as_not_computed_and_the_word_speaks_for_it() -> None:
    rating = rate([Vector("CVSS_V3", _LOW), Vector("CVSS_V4", _V4)], word="CRITICAL")
    assert (rating.band, rating.score, rating.not_computed) == (Band.CRITICAL, None, (_V4,))
    assert "critical" in rating.source


def test_nothing_known_is_unrated_and_not_none() -> None:
    assert rate([]).band is Band.UNRATED
    assert rate([Vector("CVSS_V4", _V4)]) == Rating(Band.UNRATED, None, "", (_V4,))
