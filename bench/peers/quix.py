"""The peer `quix`: Quix Streams, one stateful step over the five topics, exactly once inside Kafka, no database.

It runs in an environment of its own, as its packages are older than the project's. Its PostgreSQL sink delivers at
least once and can't join the Kafka transaction, so none is used.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from quixstreams import Application

from bench.peers import messages, rules
from bench.peers.surroundings import BOOTSTRAP, FOLDER, GROUP, OUT_PREFIX, PREFIX

STATUS, HISTORY, DEAD_LETTER = range(3)
COMMIT_SECONDS: Final = 0.1
NEW: Final[rules.Stored] = {"s": None, "v": 0, "l": [], "t": None, "seen": [], "parked": []}


def step(raw: bytes, key: Any, timestamp: int, headers: Any, state: Any) -> list[tuple[int, bytes]]:
    """Take one record; return what is to be published, each with its kind."""
    try:
        event = messages.EVENT.validate_json(raw)
    except ValueError:
        return [(DEAD_LETTER, raw)]
    stored: rules.Stored = state.get("o") or {
        name: value[:] if isinstance(value, list) else value for name, value in NEW.items()
    }
    if str(event.id) in stored["seen"]:
        return []
    stored["seen"].append(str(event.id))
    order, out = advance(stored, event, raw)
    if order is not None:
        lines = [list(line) for line in order.lines]
        stored.update(s=order.status, v=order.version, l=lines, t=order.updated_at.isoformat())
    state.set("o", stored)
    return out


def advance(
    stored: rules.Stored, event: messages.Event, raw: bytes
) -> tuple[rules.Order | None, list[tuple[int, bytes]]]:
    """Apply an event, then what was parked for it; or park it."""
    order_id, order, out = str(event.data.order_id), order_of(stored), []
    todo: messages.Event | None = event
    while todo is not None:
        new = rules.apply(order, todo)
        if new is None:
            stored["parked"].append(raw.decode())
            break
        before = order.status if order else None
        out.append((HISTORY, b'["%b",%d,"%b"]' % (order_id.encode(), new.version, str(todo.id).encode())))
        if before != new.status:
            out.append((STATUS, rules.status_event(order_id, new, before, str(todo.id))))
        order, todo = new, None
        for place, text in enumerate(stored["parked"]):
            waiting = messages.EVENT.validate_json(text)
            if rules.apply(order, waiting) is not None:
                todo = waiting
                stored["parked"].pop(place)
                break
    return order, out


def order_of(stored: rules.Stored) -> rules.Order | None:
    """Return the order in a stored state."""
    if not stored["s"]:
        return None
    lines = tuple(rules.Line(*line) for line in stored["l"])
    return rules.Order(stored["s"], stored["v"], lines, datetime.fromisoformat(stored["t"]))


def only(kind: int) -> Callable[[tuple[int, bytes]], bool]:
    """Return a filter for one kind of output."""
    return lambda value: value[0] == kind


def application() -> Application:
    """Return the application, which makes its topics."""
    return Application(
        broker_address=BOOTSTRAP,
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        state_dir=FOLDER + "/state",
        processing_guarantee="exactly-once",
        commit_interval=COMMIT_SECONDS,
        loglevel="WARNING",
        auto_create_topics=True,
        consumer_extra_config={"session.timeout.ms": 6000},
        producer_extra_config={"linger.ms": 5, "partitioner": "murmur2_random", "transaction.timeout.ms": 10000},
    )


def main() -> None:
    """Run until SIGTERM."""
    app = application()

    def topic(name: str) -> Any:
        raw = dict.fromkeys(("key_deserializer", "value_deserializer", "key_serializer", "value_serializer"), "bytes")
        return app.topic(name, **raw)

    frame: Any = None
    for name in messages.TOPICS:
        one = app.dataframe(topic(PREFIX + name))
        frame = one if frame is None else frame.concat(one)
    frame = frame.apply(step, stateful=True, metadata=True, expand=True)
    for kind, name in ((STATUS, messages.STATUS), (HISTORY, messages.HISTORY), (DEAD_LETTER, messages.DEAD_LETTERS)):
        frame.filter(only(kind)).apply(lambda value: value[1]).to_topic(topic(OUT_PREFIX + name))
    app.run()


if __name__ == "__main__":
    main()
