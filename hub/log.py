"""Logs: structlog, one JSON object a line, or coloured lines on a terminal; never a payload, never personal data."""

import logging
import sys
from typing import Any

import structlog


def configure(level: str, as_json: bool | None = None) -> None:
    """Set logging up for this process; JSON unless standard error is a terminal."""
    machine = not sys.stderr.isatty() if as_json is None else as_json
    renderer: Any = structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # The client libraries tell of every broken connection at length; the shards say what it means.
    logging.basicConfig(level=logging.CRITICAL)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
