"""Dead letters: the record byte for byte, and why, in the headers that existing tools read."""

from typing import Final

from contracts.topics import BY_NAME
from contracts.wire import Outgoing, Record

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
    topic = BY_NAME[record.topic].dead_letters
    return Outgoing(topic, partition, record.key, (*record.headers, *reasons), record.value)
