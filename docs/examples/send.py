"""Send one message to the hub as a partner would: python send.py BOOTSTRAP TOPIC TYPE ORDER_ID JSON [--token TOKEN].

Needs nothing but aiokafka. The message is a CloudEvent in binary mode: attributes in headers, data as the value.
"""

import argparse
import asyncio
import json
import sys
import uuid

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError


def arguments() -> argparse.Namespace:
    """Read the command line; `data` must be JSON."""
    parser = argparse.ArgumentParser(description="Send one message to the hub as a partner would.")
    parser.add_argument("bootstrap_servers", help="e.g. 127.0.0.1:9092")
    parser.add_argument("topic", help="e.g. shop.events")
    parser.add_argument("type", help="e.g. order.placed.v1")
    parser.add_argument("order_id", help="which order it is about; it is the record's key, too")
    parser.add_argument("data", type=json.loads, help="the message's fields, as JSON")
    parser.add_argument("--source", default="/partners/example", help="who says it; with the id it is unique")
    parser.add_argument("--id", default=None, help="the event's id; drawn if none is given")
    parser.add_argument("--token", default=None, help="a command's signed token")
    return parser.parse_args()


def headers(given: argparse.Namespace) -> list[tuple[str, bytes]]:
    """Return the CloudEvents attributes as Kafka headers."""
    attributes = {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": given.id or str(uuid.uuid4()),
        "ce_source": given.source,
        "ce_type": given.type,
        "ce_subject": given.order_id,
    }
    if given.token:
        attributes["hub-token"] = given.token
    return [(name, text.encode()) for name, text in attributes.items()]


async def send(given: argparse.Namespace) -> None:
    """Write the record and wait until Kafka has it."""
    producer = AIOKafkaProducer(bootstrap_servers=given.bootstrap_servers, enable_idempotence=True)
    try:
        await producer.start()
        done = await producer.send_and_wait(
            given.topic,
            key=given.order_id.encode(),
            value=json.dumps(given.data).encode(),
            headers=headers(given),
        )
    finally:
        await producer.stop()
    print(f"{given.type} is at {done.topic}/{done.partition}/{done.offset}")


if __name__ == "__main__":
    wanted = arguments()
    try:
        asyncio.run(send(wanted))
    except KafkaConnectionError:
        sys.exit(f"No Kafka answers at {wanted.bootstrap_servers}; is the hub up?")
