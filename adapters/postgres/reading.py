"""Reading: an engine whose transactions PostgreSQL itself lets change nothing."""

from sqlalchemy.ext.asyncio import AsyncEngine


def read_only(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine as one that only reads: its transactions are READ ONLY, its connections are the same."""
    return engine.execution_options(postgresql_readonly=True)
