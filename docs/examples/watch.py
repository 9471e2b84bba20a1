"""Print what the hub publishes: python watch.py BOOTSTRAP TOPIC [TOPIC …] [--seconds N].

Needs nothing but aiokafka. Only committed records are read, from the beginning of each topic.
"""

import argparse
import asyncio
import sys
from contextlib import suppress

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Print what the hub publishes.")
    parser.add_argument("bootstrap_servers", help="e.g. 127.0.0.1:9092")
    parser.add_argument("topics", nargs="+", help="e.g. order.events payment.requests")
    parser.add_argument("--seconds", type=float, default=None, help="stop after so long; forever if not given")
    return parser.parse_args()


async def watch(given: argparse.Namespace) -> None:
    """Print each record as: topic, type, order id, the reason if it is a dead letter, data."""
    consumer = AIOKafkaConsumer(
        *given.topics,
        bootstrap_servers=given.bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    try:
        await consumer.start()
        async with asyncio.timeout(given.seconds):
            async for record in consumer:
                # A dead letter carries whatever its sender wrote, and numbers of the hub: nothing of it need be text.
                headers = {name: (content or b"").decode(errors="replace") for name, content in record.headers}
                about = [headers.get(name, "-") for name in ("ce_type", "ce_subject")]
                reason = [headers["hub_failure_code"]] if "hub_failure_code" in headers else []
                print(record.topic, *about, *reason, (record.value or b"").decode(errors="replace"), flush=True)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    wanted = arguments()
    try:
        with suppress(KeyboardInterrupt, TimeoutError):
            asyncio.run(watch(wanted))
    except KafkaConnectionError:
        sys.exit(f"No Kafka answers at {wanted.bootstrap_servers}; is the hub up?")
