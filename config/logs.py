"""Logging: structlog for everything, readable at home and JSON in production."""

import logging.config
from typing import Any

import structlog


def printable(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Escape control and direction characters: nobody writes lines into our log."""
    return {
        name: "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in value)
        if isinstance(value, str)
        else value
        for name, value in event.items()
    }


def configure(options: dict[str, Any]) -> None:
    """Send all logs through structlog to standard error; control characters are escaped."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: Any = structlog.processors.JSONRenderer()
    if options["readable"]:
        last = structlog.processors.LogfmtRenderer(
            key_order=["level", "event"], drop_missing=True, sort_keys=False
        )
        shared = shared[:2]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "wardroom": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        printable,
                        last,
                    ],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "wardroom"}},
            "root": {"handlers": ["stderr"], "level": options["level"]},
            "loggers": {
                "django.request": {"level": "ERROR"},
                "django.security": {"level": "WARNING"},
                "celery": {"level": "WARNING"},
                "casbin": {"level": "WARNING"},
                # What it cannot read is counted by who asks, without the statement's text.
                "sqlglot": {"level": "ERROR"},
            },
        }
    )
