"""A report as it stands on one page of paper."""

from datetime import timedelta

from incidents.domain import report_columns, report_duties
from incidents.domain import report_words as say
from incidents.domain.clocks import words
from incidents.domain.durations import Metric
from incidents.domain.incidents import Kind
from incidents.domain.report_columns import Dots
from incidents.domain.reports import RANKED_FROM, Tile
from incidents.paper.sheet import Box, Column, Plot, Sheet
from incidents.queries import report_data
from incidents.queries.reporting import Report

PLOTTED = (Metric.TTC, Metric.TTR)


def sheet(report: Report) -> Sheet:
    """Return the texts and values of the page."""
    scope = "all sites" if report.is_whole else report.site.name
    lede = say.lede(report.kind, report.period, scope, len(report.rows), report.ages, at=report.at)
    return Sheet(
        title=f"Incident report {report.period.name}, {scope}",
        mark="DRILLS" if report.kind is Kind.DRILL else "",
        lede=lede,
        boxes=[_box(tile) for tile in report.tiles],
        plots=[_plot(report, metric) for metric in PLOTTED],
        head=["Site", "Incidents", *(tile.metric.label for tile in report.tiles)],
        table=[
            [
                line.name,
                str(line.count),
                *(say.site_figure(line, tile, RANKED_FROM) for tile in report.tiles),
            ]
            for line in report.sites
        ],
        notes=_notes(report),
        foot=_foot(report),
    )


def _box(tile: Tile) -> Box:
    figures = tile.summary
    lines = [say.figures_line(figures), say.verdict_line(tile), say.basis(figures)]
    return Box(
        label=f"{tile.metric.label}, median",
        value=say.value(figures) or "no figure",
        verdict=tile.said.words,
        lines=[line for line in lines if line],
    )


def _plot(report: Report, metric: Metric) -> Plot:
    held = next(tile.band for tile in report.tiles if tile.metric is metric)
    columns = report_columns.by_severity(report.rows, metric)
    band = report_columns.band(held, metric)
    marks = report_columns.marks(columns, band)
    return Plot(
        title=f"{metric.label} by severity",
        columns=[_column(one) for one in columns],
        marks=[(one, words(timedelta(seconds=one))) for one in marks],
        band=band,
    )


def _column(one: Dots) -> Column:
    return Column(one.label, one.done, one.running, one.middle)


def _notes(report: Report) -> list[str]:
    ages = ", ".join(f"{age.total} {age.label}" for age in report.ages if age.total)
    notes = [
        "Dots: finished, rings: still running; line: median from five on; gray: middle half of "
        "what it is held against. Open incidents count for as long as they have run.",
        say.late(report.lateness),
        f"Open now, since they were declared: {ages}." if ages else "None is open now.",
    ]
    notes += [f"{name}: {words}." for name, words in report_duties.lines(report.duties)]
    for title, reading in report.sla:
        shown = reading.note if reading.value is None else f"{reading.value:.1f}%"
        notes.append(f"{title}: {shown}.")
    notes += [
        f"Restated: {one.reference}, {one.metric.label.lower()} was {one.was}, is {one.now}."
        for one in report.restated
    ]
    return notes


def _foot(report: Report) -> list[str]:
    data = report_data.digest(report_data.data(report))
    frozen = [f"{tile.metric.label} {tile.baseline[:16]}" for tile in report.tiles if tile.baseline]
    return [
        f"As of {report.at:%Y-%m-%d %H:%M:%S} UTC. Period {report.period.start:%Y-%m-%d} to "
        f"{report.period.last_day:%Y-%m-%d}, by the date of detection, UTC.",
        f"Data SHA-256 {data}",
        f"Frozen baselines: {', '.join(frozen)}" if frozen else "No baseline was frozen before.",
    ]
