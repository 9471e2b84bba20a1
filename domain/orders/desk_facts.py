"""Commands of the service desk: drafting, editing, locking, holding, recalling, cheques and refunds by hand."""

from contracts.desk import *  # noqa: F403
