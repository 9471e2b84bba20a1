"""Dead letters: the record byte for byte but for a token, and why, in the headers that existing tools read.

One that is larger than its topic takes goes out without its value, which the store keeps: `hub failed show` has it.
"""

from typing import Final

from contracts.topics import BY_NAME, DEAD_LETTER_EXTRA, HEADROOM
from contracts.values import changed
from contracts.wire import Outgoing, Record, without_token

MAX_DETAIL: Final = 2000


def dead_letter(record: Record, code: str, detail: str, group: str, partition: int) -> Outgoing:
    """Return the dead letter of a record; `code` is the stable key by which causes are grouped."""
    reasons: list[tuple[str, bytes | None]] = [
        ("kafka_dlt-original-topic", record.topic.encode()),
        ("kafka_dlt-original-partition", record.partition.to_bytes(4, "big")),
        ("kafka_dlt-original-offset", record.offset.to_bytes(8, "big")),
        ("kafka_dlt-original-timestamp", record.appended_at.to_bytes(8, "big", signed=True)),
        ("kafka_dlt-original-timestamp-type", b"LogAppendTime"),
        ("kafka_dlt-original-consumer-group", group.encode()),
        ("kafka_dlt-exception-fqcn", f"hub.{code}".encode()),
        ("kafka_dlt-exception-message", detail[:MAX_DETAIL].encode(errors="replace")),
        ("hub_failure_code", code.encode()),
        ("hub_retryable", b"false"),
    ]
    topic = BY_NAME[record.topic]
    letter = Outgoing(
        topic.dead_letters, partition, record.key, (*without_token(record.headers), *reasons), record.value
    )
    largest = topic.max_bytes + DEAD_LETTER_EXTRA - HEADROOM
    if letter.size <= largest:
        return letter
    # A partner's codec can pack a record below its topic's limit that is larger than any topic takes.
    kept = ("hub_value_withheld", f"{len(record.value or b'')} bytes, kept in the hub's database".encode())
    short = changed(letter, headers=(*letter.headers, kept), value=None)
    return short if short.size <= largest else changed(short, key=None, headers=(*reasons, kept))
