"""A report as a file: the same figures as the page, in the form that is asked for."""

import json

from incidents.paper import one_page
from incidents.queries import report_data, report_sheet
from incidents.queries.reporting import Report

FORMS = ("csv", "json", "pdf")


def write(report: Report, form: str) -> bytes:
    """Return the bytes of ``report`` as one of `FORMS`.

    Raises:
        KeyError: there is no such form.
    """
    return {"csv": _csv, "json": _json, "pdf": _pdf}[form](report)


def _csv(report: Report) -> bytes:
    return report_data.as_csv(report).encode()


def _json(report: Report) -> bytes:
    # Without indentation the encoder is the compiled one: five thousand rows are not read by eye.
    return (json.dumps(report_data.document(report), ensure_ascii=False) + "\n").encode()


def _pdf(report: Report) -> bytes:
    return one_page.draw(report_sheet.sheet(report))
