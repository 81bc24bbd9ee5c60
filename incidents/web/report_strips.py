"""The strip plots of a report: every incident as a dot, never an average alone."""

from collections.abc import Sequence
from datetime import timedelta

from governance.charts.lines import Chart
from governance.charts.strips import Column, strip
from incidents.domain import report_columns
from incidents.domain.clocks import words
from incidents.domain.durations import Metric
from incidents.domain.report_columns import Dots
from incidents.queries.reporting import Report

SHOWN = (Metric.TTC, Metric.TTR)


def strips(report: Report) -> list[Chart]:
    """Return a plot of each metric by severity, and one by site where there are several."""
    found = []
    for metric in SHOWN:
        held = next(tile.band for tile in report.tiles if tile.metric is metric)
        columns = report_columns.by_severity(report.rows, metric)
        band = report_columns.band(held, metric)
        found.append(_chart(columns, f"{metric.label} by severity", band))
    if len(report.sites) > 1:
        columns = report_columns.by_site(report.rows, report.sites, Metric.TTR)
        found.append(_chart(columns, f"{Metric.TTR.label} by site", None))
    return found


def _chart(columns: Sequence[Dots], title: str, band: tuple[float, float] | None) -> Chart:
    drawn = [Column(one.label, one.done, one.running, one.middle) for one in columns]
    return strip(drawn, title=title, band=band, marks=report_columns.MARKS, number=_number)


def _number(seconds: float) -> str:
    return words(timedelta(seconds=seconds))
