"""What the outside world may answer, as errors that the pipeline tells apart."""


class Sentence(Exception):
    """An error whose docstring is its message."""

    def __str__(self) -> str:
        return (self.__doc__ or "").format(**vars(self))


class LostShard(Sentence):
    """Another process took shard {shard}; this one writes no more for it."""

    def __init__(self, shard: int) -> None:
        super().__init__(shard)
        self.shard = shard


class ShardsDiffer(Sentence):
    """The database has other shards than this process was told."""


class OtherShards(ShardsDiffer):
    """This database holds shards {there}, not {asked}. Correct HUB_DATABASE__PART or HUB_DATABASE__URL."""

    def __init__(self, there: str, asked: str) -> None:
        super().__init__(there, asked)
        self.there = there
        self.asked = asked


class ShardCountDiffers(ShardsDiffer):
    """This hub has {there} shards, not {asked}; only hub shard grow changes that. Set HUB_SHARDS={there}."""

    def __init__(self, there: int, asked: int) -> None:
        super().__init__(there, asked)
        self.there = there
        self.asked = asked


class HubRuns(Sentence):
    """Processes of the hub still run: stop them all, then run hub db upgrade again."""


class KeyIsOfOther(Sentence):
    """operation {number} has this key, and was something else: take a new key."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class ChoiceHasGrown(Sentence):
    """{now} records are meant by now, {shown} were previewed: nothing was done; look at a preview again."""

    def __init__(self, now: int, shown: int) -> None:
        super().__init__(now, shown)
        self.now = now
        self.shown = shown


class OrderIdReserved(Sentence):
    """Order {order_id} is called like something that is no order: keep this version, and tell who maintains the hub."""

    def __init__(self, order_id: str) -> None:
        super().__init__(order_id)
        self.order_id = order_id


class ReaderEnded(Sentence):
    """The client that reads for shard {shard} has ended by an error of its own; the shard is opened anew."""

    def __init__(self, shard: int) -> None:
        super().__init__(shard)
        self.shard = shard


class TwoWriters(Sentence):
    """An order of shard {shard} was changed by somebody who doesn't own it; look for a second writer."""

    def __init__(self, shard: int) -> None:
        super().__init__(shard)
        self.shard = shard


class StoreRefused(Sentence):
    """PostgreSQL can't store what this batch holds ({sqlstate}): {detail}."""

    def __init__(self, sqlstate: str, detail: str) -> None:
        super().__init__(sqlstate, detail)
        self.sqlstate = sqlstate
        self.detail = detail


class Overtaken(Sentence):
    """An operator changed a record of shard {shard} while it was being tried again; it is read anew."""

    def __init__(self, shard: int) -> None:
        super().__init__(shard)
        self.shard = shard


class NumberTaken(Sentence):
    """Another order took a number by which a batch of shard {shard} found its own; it is decided again."""

    def __init__(self, shard: int) -> None:
        super().__init__(shard)
        self.shard = shard


class UnknownOutcome(Sentence):
    """{system} did not answer a commit: it may have happened or not ({detail}). The shard is taken over again."""

    def __init__(self, system: str, detail: str) -> None:
        super().__init__(system, detail)
        self.system = system
        self.detail = detail


class ShardAccident(Sentence):
    """Shard {shard} stopped: {what}. {todo}."""

    def __init__(self, shard: int, what: str, todo: str) -> None:
        super().__init__(shard, what, todo)
        self.shard = shard
        self.what = what
        self.todo = todo


class ReplayIsStopped(Exception):
    """An operator has stopped a replay that was under way."""
