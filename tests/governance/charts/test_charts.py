import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.template import Context, Engine
from hypothesis import given
from hypothesis import strategies as st

from governance.charts.bars import bars
from governance.charts.lines import line
from governance.charts.sparks import HEIGHT, WIDTH, spark
from governance.charts.strips import Column, strip

FOLDER = Path(__file__).parents[3] / "governance" / "templates" / "governance" / "charts"
ENGINE = Engine(autoescape=True)


def drawn(name, chart):
    source = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    markup = ENGINE.from_string(source).render(Context({"chart": chart}, use_l10n=False))
    return markup, ElementTree.fromstring(markup)


def numbers(path):
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", path)]


series = st.lists(st.none() | st.floats(-1e9, 1e9), max_size=40)


@given(series, st.none() | st.floats(-1e9, 1e9), st.booleans())
def test_any_series_draws_on_its_paper(values, target, with_interval):
    interval = (-5.0, 5.0) if with_interval else None
    chart = spark(values, title="Coverage", target=target, interval=interval)
    markup, root = drawn("spark", chart)
    for path in root.iter("path"):
        assert re.fullmatch(r"(M[\d. ]+([LHVh][\d. ]+)*)+", path.get("d")), path.get("d")
        assert all(0 <= one <= WIDTH for one in numbers(path.get("d")))
    assert root.find("title").text == "Coverage"
    assert root.find("desc").text == chart.description
    assert "style=" not in markup
    assert len(chart.numbers) == len(values)


def test_a_spark_dots_its_last_value_and_leaves_gaps_open():
    chart = spark([1, 2, None, 4, 5, None], title="t", target=3, number="{:.0f}%".format)
    assert chart.data.count("M") == 2
    assert chart.dot == "M126.8 5.0h0"
    assert chart.aim == f"M0 18.0H{WIDTH}"
    assert chart.range == ""
    assert chart.description == "Rises from 1% to 5%; target 3%."
    assert chart.numbers == ("1%", "2%", "no data", "4%", "5%", "no data")


def test_a_lone_value_between_gaps_is_seen():
    chart = spark([1, None, 2, None, 3], title="t")
    assert [numbers(one)[1] for one in chart.data.split("M")[1:]] == [31, 18, 5]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "No data yet; target 9."),
        ([None, None], "No data yet; target 9."),
        ([4], "One value, 4; target 9."),
        ([4, None, 4], "Steady at 4; target 9."),
        ([8, 4], "Falls from 8 to 4; target 9."),
    ],
)
def test_the_description_says_it_in_words(values, words):
    assert spark(values, title="t", target=9).description == words


def test_a_constant_series_draws_in_the_middle():
    chart = spark([7, 7, 7], title="t")
    assert set(numbers(chart.data)[1::2]) == {HEIGHT / 2}


def test_the_interval_stands_at_the_last_value():
    chart = spark([-40, -46], title="t", interval=(-58, -31), number="{:g}%".format)
    assert chart.range.startswith("M158.0 ")
    assert numbers(chart.range)[1:] == [31, 5]
    assert "interval -58% to -31%" in chart.description


def test_a_long_series_is_thinned_and_keeps_its_peak():
    values = [0.0] * 10_000
    values[4_321] = 9.0
    chart = spark(values, title="t")
    assert chart.data.count("L") < 400
    assert " 5.0" in chart.data


def test_words_are_escaped():
    markup, root = drawn("spark", spark([1], title="<script>&"))
    assert "<script>" not in markup
    assert root.find("title").text == "<script>&"


@given(st.lists(st.tuples(st.text(max_size=8), st.none() | st.floats(-1e9, 1e9)), max_size=12))
def test_any_rows_draw_bars_from_zero(rows):
    rows = [(re.sub(r"[^\w ]", "", label), value) for label, value in rows]
    chart = bars(rows, title="By site", target=5)
    _, root = drawn("bars", chart)
    assert len(root.findall("rect")) == sum(value is not None for _, value in rows)
    for one in chart.bars:
        assert one.width == "" or float(one.width) >= 0


def test_bars_share_zero_and_say_what_is_missing():
    chart = bars(
        [("Leipzig", 2), ("Tuas", None), ("Monterrey", 4)], title="Gaps", number="{:.0f}".format
    )
    leipzig, tuas, monterrey = chart.bars
    assert leipzig.x == monterrey.x == "150.0"
    assert float(monterrey.width) == pytest.approx(2 * float(leipzig.width), abs=0.2)
    assert (tuas.width, tuas.text) == ("", "no data")
    assert chart.description == "2 bars, from 2 (Leipzig) to 4 (Monterrey); 1 without data."
    assert [one.text for one in chart.ticks] == ["0", "1", "2", "3", "4"]


def test_negative_bars_lie_left_of_zero():
    (below, above) = bars([("a", -4), ("b", 4)], title="t").bars
    assert float(below.x) + float(below.width) == pytest.approx(float(above.x), abs=0.11)


@given(st.lists(series, max_size=4), st.none() | st.floats(-1e6, 1e6))
def test_any_lines_draw(many, target):
    longest = max((len(one) for one in many), default=0)
    chart = line(
        [(f"s{at}", one) for at, one in enumerate(many)],
        labels=[str(at) for at in range(longest)],
        title="t",
        target=target,
    )
    _, root = drawn("line", chart)
    assert len(root.findall("path[@class='grid']")) == len(chart.down) >= 2


def test_lines_are_told_apart_without_color():
    chart = line([("Tuas", [1, None, 3]), ("Leipzig", [2, 2, 2])], labels="abc", title="t")
    assert [(one.label, one.dash) for one in chart.lines] == [
        ("Tuas", "dash-0"),
        ("Leipzig", "dash-1"),
    ]
    assert chart.lines[0].path.count("M") == 2
    assert chart.description == "Tuas: from 1 to 3; Leipzig: from 2 to 2."


def test_a_strip_shows_every_value_on_a_logarithmic_scale():
    columns = [Column("SEV1", [10, 1000], [500], 100), Column("SEV2", [100])]
    chart = strip(columns, title="t", band=(50, 200))
    assert chart.dots.count("M") == 3
    assert chart.rings.count("M") == chart.middles.count("M") == 1
    assert [one.text for one in chart.down] == ["10", "100", "1000"]
    spots = numbers(chart.dots.replace("h0", ""))
    low, high, middle = spots[1], spots[3], spots[5]
    assert middle == pytest.approx((low + high) / 2, abs=1)
    assert chart.description == ("SEV1: 3 values, 1 still running, median 100; SEV2: 1 value.")
    drawn("line", chart)
    drawn("line", strip([], title="t"))
    with pytest.raises(ValueError, match="positive"):
        strip([Column("SEV1", [0.0])], title="t")


def test_ticks_of_a_strip_are_those_given_where_they_span_the_values():
    marks = (1, 60, 3_600, 86_400)
    chart = strip([Column("a", [70.0, 3_000.0])], title="t", marks=marks)
    assert [one.text for one in chart.down] == ["60", "3600"]
    beyond = strip([Column("a", [70.0, 100_000.0])], title="t", marks=marks)
    assert [one.text for one in beyond.down][-1] == "100000"
    alone = strip([Column("a", [60.0])], title="t", marks=marks)
    assert len(alone.down) == 2


def test_equal_values_of_a_strip_stand_side_by_side():
    chart = strip([Column("a", [10.0] * 30)], title="t")
    assert chart.dots.count("M") == 30
