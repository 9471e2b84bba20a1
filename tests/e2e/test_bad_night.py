"""An operator at night, with the command line alone: what is wrong, why, and how to get it going."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli import application
from hub.cli.exits import OF_KIND
from hub.desk.health import read as health
from hub.errors import HubError
from hub.processes import environment_of
from tests.e2e.fleet import Fleet
from tests.integration.messages import CLEAR, authorized, journal, named, placed
from tests.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.e2e]

HEADERS = [("ce_specversion", b"1.0"), ("ce_source", b"/partners/fraud"), ("ce_type", b"fraud.scored.v1")]


@pytest.fixture
async def fleet(stage: Stage, tmp_path: Path) -> AsyncIterator[Fleet]:
    """The hub as a process: what it logs is not taken for what a command prints."""
    fleet = Fleet(stage, tmp_path, 1)
    yield fleet
    await fleet.stop()


async def hub(stage: Stage, *words: str, code: int = 0) -> str:
    """Run a command as an operator does; return what it printed.

    In a thread of this process: a new one for each of the forty commands would take most of the test's time.
    """
    async with asyncio.timeout(60):
        done = await asyncio.to_thread(
            CliRunner().invoke, application(), list(words), env=environment_of(stage.settings)
        )
    refused = done.exception if isinstance(done.exception, HubError) else None
    ended = done.exit_code if refused is None else OF_KIND[refused.kind]
    assert ended == code, f"{words}: {ended} {done.output} {done.exception!r}"
    return done.output if refused is None else str(refused)


async def told(stage: Stage, *words: str, code: int = 0) -> Any:
    """Run a command for its JSON."""
    return json.loads(await hub(stage, *words, "--json", code=code))


async def test_why_an_order_is_stuck_is_found_and_mended_by_the_command_line_alone(
    stage: Stage, fleet: Fleet, tmp_path: Path
) -> None:
    (order,) = named(0)
    await fleet.start()
    await stage.say("shop.events", placed(), order)
    await stage.say("payment.events", authorized(order), order)
    headers = [*HEADERS, ("ce_id", b"f-1"), ("ce_subject", order.encode())]
    await stage.write("fraud.events", key=order.encode(), value=b'{"verdict":7}', headers=headers, partition=0)
    await stage.until_state(order, "risk_review")
    await stage.until_read()

    assert "Waits for fraud.scored" in await hub(stage, "order", "show", order)
    (group,) = await told(stage, "failed", "list")
    assert (group["code"], group["topic"], group["count"]) == ("data_invalid", "fraud.events", 1)
    (row,) = await told(stage, "failed", "list", "--each", "--topic", "fraud.events")
    shown = await hub(stage, "failed", "show", str(row["id"]))
    assert '"verdict": 7' in shown
    assert "verdict" in row["detail"]
    await told(stage, "failed", "retry", str(row["id"]), "--why", "perhaps now", code=6)
    done = await told(
        stage,
        "failed",
        "edit",
        str(row["id"]),
        "--set",
        "verdict=clear",
        "--why",
        "said so by telephone",
        "--who",
        "ann",
    )
    assert done["became"] == {"applied": 1}

    await stage.until_state(order, "availability_requested")
    assert await told(stage, "failed", "list") == []
    history = await told(stage, "operations")
    assert [(each["action"], each["who"]) for each in history][:1] == [("edit", "ann")]
    mended = tmp_path / "value.json"
    mended.write_text("{}")
    assert "is done with" in await hub(
        stage, "failed", "edit", str(row["id"]), "--value", str(mended), "--why", "x", code=2
    )


async def test_what_an_operator_types_wrong_is_answered_with_a_sentence(stage: Stage) -> None:
    assert "say which" in await hub(stage, "failed", "retry", "--why", "all of it", code=2)
    assert "No record has the number 99" in await hub(stage, "failed", "show", "99", code=3)
    assert "No operation has the number 99" in await hub(stage, "failed", "progress", "99", code=3)
    assert "no topic that the hub reads" in await hub(stage, "topics", "pause", "nonsense", "--why", "x", code=2)
    wrong = await hub(stage, "topics", "pause", "nonsense", "--why", "x", "--dry-run", code=2)
    assert "no topic that the hub reads" in wrong
    assert "is not paused" in await hub(stage, "partner", "resume", "/nobody", "--why", "x", code=2)
    assert "say what to change" in await hub(stage, "failed", "edit", "1", "--why", "x", code=2)
    assert "Not ready" in await hub(stage, "health", code=1)


async def test_partners_topics_and_shards_are_paused_and_resumed_and_health_says_so(stage: Stage, fleet: Fleet) -> None:
    (order,) = named(0)
    await fleet.start()
    await stage.say("shop.events", placed(), order)
    await stage.until_state(order, "payment_pending")

    async def ready() -> bool:
        return bool((await health(stage.desk)).ready)

    await stage.until(ready, "the hub has said that it is ready")
    for words in (("partner", "pause", "/partners/test"), ("topics", "pause", "fraud.events"), ("shard", "pause", "1")):
        assert "dry run" in await hub(stage, *words, "--why", "looking", "--dry-run")
        await hub(stage, *words, "--why", "maintenance", "--who", "ann")

    view = await told(stage, "health", code=1)
    assert view["reasons"] == ["shard 1: stopped: paused by ann: maintenance"]
    assert sorted(view["notes"])[:2] == ["1 partners paused", "2 partitions paused"]
    paused = [f"fraud.events/{number} is paused: paused by ann: maintenance" for number in range(2)]
    assert sorted(view["notes"])[2:] == paused
    assert (await told(stage, "partner", "list"))[0]["source"] == "/partners/test"
    for words in (
        ("partner", "resume", "/partners/test"),
        ("topics", "resume", "fraud.events"),
        ("shard", "resume", "1"),
    ):
        await hub(stage, *words, "--why", "over")
    await stage.until(ready, "the hub is ready again")
    assert len(await told(stage, "operations")) == 6


async def test_a_replayed_window_changes_nothing_that_is_known_and_goes_on_after_an_interruption(
    stage: Stage, fleet: Fleet
) -> None:
    orders = named(0, count=5)
    await fleet.start()
    for number, order in enumerate(orders):
        await stage.say("shop.events", placed(f"N-{number}"), order)
        await stage.say("fraud.events", CLEAR, order)
    await stage.until_read()
    before = [await journal(stage, order) for order in orders]
    window = ("--since", "2020-01-01T00:00:00", "--until", "2100-01-01T00:00:00", "--why", "has all arrived?")

    assert (await told(stage, "replay", "fraud.events", *window, "--dry-run"))["records"] == 5
    assert (await told(stage, "replay", "fraud.events", *window, "--key", "n-1", "--limit", "2"))["records"] == 2
    assert (await told(stage, "replay", "fraud.events", *window, "--key", "n-1"))["records"] == 3
    assert (await told(stage, "replay", "fraud.events", *window, "--order", orders[0]))["records"] == 1
    await stage.until_read()

    assert [await journal(stage, order) for order in orders] == before
    assert len(await stage.records("fraud.events")) == 11
    await hub(stage, "replay", "hub.internal", *window, code=2)
    await fleet.stop()
    report = await told(stage, "verify")
    assert report["ok"], report
