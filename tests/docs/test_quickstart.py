"""The quickstart's scripts, run as a reader would, against a real hub."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from tests.stage import Stage

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
SECONDS = 60.0


async def script(name: str, *arguments: str) -> str:
    """Run one of the scripts to its end; return what it printed, and fail with what it complained of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLES / name),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(SECONDS):
        out, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return out.decode()


def said(kafka: Stage, topic: str, event_type: str, data: object, *more: str) -> tuple[str, ...]:
    """Return the arguments of send.py for a message about the quickstart's order."""
    place = kafka.kafka.topic(topic)
    return (kafka.kafka.bootstrap_servers, place, event_type, "order-0001", json.dumps(data), *more)


@pytest.mark.integration
async def test_the_quickstart_goes_as_it_says(stage: Stage) -> None:
    order = json.loads((EXAMPLES / "order.json").read_text())
    stage.start_hub()

    await script("send.py", *said(stage, "shop.events", "order.placed.v1", order, "--id", "placed-1"))
    await stage.until_state("order-0001", "payment_pending")
    asked = await script(
        "watch.py", stage.kafka.bootstrap_servers, stage.kafka.topic("payment.requests"), "--seconds", "8"
    )
    request = re.search(r'authorization_requested\.v1 order-0001 .*"request_id":"([^"]+)"', asked)
    assert request is not None, asked
    paid = {"request_id": request[1], "payment_id": "pay-1", "amount": {"amount": 9980, "currency": "EUR"}}
    await script("send.py", *said(stage, "payment.events", "payment.authorized.v1", paid))
    await script("send.py", *said(stage, "fraud.events", "fraud.scored.v1", {"verdict": "clear"}))
    await stage.until_state("order-0001", "availability_requested")

    await script("send.py", *said(stage, "shop.events", "order.placed.v1", order, "--id", "placed-1"))
    await script("send.py", *said(stage, "shop.events", "order.placed.v1", order, "--id", "placed-2"))
    await script("send.py", *said(stage, "fraud.events", "fraud.scored.v1", {"verdict": 1}))
    await stage.until_read()
    rows = await stage.rows("SELECT event_id, outcome FROM journal WHERE type = 'order.placed.v1' ORDER BY seq")
    aside = await stage.rows("SELECT kind, code FROM set_aside")
    assert [(row["event_id"], row["outcome"]) for row in rows] == [("placed-1", "applied"), ("placed-2", "late")]
    assert [(row["kind"], row["code"]) for row in aside] == [("dead_letter", "data_invalid")]


async def test_a_script_says_in_a_sentence_that_no_kafka_answers() -> None:
    with pytest.raises(AssertionError, match="No Kafka answers at 127"):
        await script("send.py", "127.0.0.1:1", "shop.events", "order.placed.v1", "order-0001", "{}")
