"""Reads as the product does them, on a database that is not the product's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connections

from governance import registries
from governance.models import Governed
from governance.postgresql.base import DatabaseWrapper

PAGE = 50


def read(*, host: str, user: str, database: str, at: datetime) -> tuple[int, list[str]]:
    """Read every measure and the first page of every list; return how many reads, and faults.

    It happens in a thread whose default connection leads there, in the role of the
    application, and cannot write.
    """
    wanted = {
        **connections["default"].settings_dict,
        "HOST": host,
        "PORT": "",
        "USER": user,
        "PASSWORD": "",
        "NAME": database,
        "ROLE": settings.APP_ROLE,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"options": "-c default_transaction_read_only=on"},
    }
    with ThreadPoolExecutor(1, thread_name_prefix="smoke") as pool:
        return pool.submit(_read, wanted, at).result()


def _read(wanted: dict[str, Any], at: datetime) -> tuple[int, list[str]]:
    # Connections belong to a thread; this one ends with ours.
    connection = DatabaseWrapper(wanted, "default")
    connections["default"] = connection
    reads = [*_measures(at), *_pages()]
    faults = []
    try:
        for name, work in reads:
            try:
                work()
            except (DatabaseError, ObjectDoesNotExist, ArithmeticError, ValueError) as error:
                faults.append(f"{name}: {' '.join(str(error).split())[:200]}")
    finally:
        connection.close()
        del connections["default"]
    return len(reads), faults


def _measures(at: datetime) -> list[tuple[str, Callable[[], object]]]:
    return [
        (f"measure {name}", lambda measure=measure: measure.value(None, at))  # type: ignore[misc]
        for name, measure in registries.measures
    ]


def _pages() -> list[tuple[str, Callable[[], object]]]:
    found: list[tuple[str, Callable[[], object]]] = []
    for model in apps.get_models():
        if issubclass(model, Governed):
            rows = cast(Any, model)._default_manager.all()[:PAGE]
            found.append((f"list {model._meta.label_lower}", lambda rows=rows: list(rows)))  # type: ignore[misc]
    return found
