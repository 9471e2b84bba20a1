"""A hub whose process believes that it is twenty days later than it is."""

import datetime as module

from hub.cli import main

AHEAD = module.timedelta(days=20)


class Wrong(module.datetime):
    """What the process takes for the time."""

    @classmethod
    def now(cls, tz: module.tzinfo | None = None) -> "Wrong":
        """Return a time that is not yet."""
        return super().now(tz) + AHEAD


if __name__ == "__main__":
    from consumers.shard import clock, shard, ticking

    for each in (clock, shard, ticking):
        vars(each)["datetime"] = Wrong
    main()
