"""Staying alive: started in any order, ended politely, ended by its watchdog when stuck, refused with a sentence."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from hub.desk.health import read as health
from hub.desk.proof import prove
from hub.watchdog import STUCK
from tests.e2e.fleet import Fleet
from tests.integration.messages import CLEAR, authorized, named, placed
from tests.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.e2e]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def door(port: int, target: tuple[str, int]) -> AsyncIterator[None]:
    """Listen on a port and pass everything on; before and after, nobody answers there."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while content := await source.read(65536):
                sink.write(content)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*target)
        for work in (pump(reader, back), pump(there, writer)):
            task = asyncio.create_task(work)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


async def place(stage: Stage, *orders: str) -> None:
    for order in orders:
        await stage.say("shop.events", placed(f"N-{order}"), order)


async def proved(stage: Stage) -> None:
    await stage.until_read()
    await stage.records()
    report = await prove(stage.desk)
    assert report.ok, report.differences


@pytest.mark.parametrize("first", ["PostgreSQL", "Kafka"])
async def test_the_hub_may_start_before_either_server(stage: Stage, tmp_path: Path, first: str) -> None:
    """The hub finds nobody at first; then one server comes, and later the other."""
    (order,) = named(0)
    url = stage.settings.database_url()
    ports = {"PostgreSQL": free_port(), "Kafka": free_port()}
    targets = {"PostgreSQL": address(url), "Kafka": address(f"kafka://{stage.kafka.bootstrap_servers}")}
    fleet = Fleet(stage, tmp_path, 1)
    member = await fleet.start(
        HUB_DATABASE__URL=url.replace(f":{targets['PostgreSQL'][1]}/", f":{ports['PostgreSQL']}/"),
        HUB_KAFKA__BOOTSTRAP_SERVERS=f"127.0.0.1:{ports['Kafka']}",
    )
    log = tmp_path / "hub-1.log"
    second = next(name for name in ports if name != first)

    async def waits() -> bool:
        return "waiting for it" in log.read_text()

    await stage.until(waits, "the hub says that it waits")
    async with door(ports[first], targets[first]):
        await place(stage, order)
        assert member.process.returncode is None
        async with door(ports[second], targets[second]):
            await stage.until_state(order, "payment_pending")
            assert member.process.returncode is None
            await fleet.stop()
    await proved(stage)


async def test_sigterm_lets_the_batches_in_hand_end_and_leaves_nothing_to_publish(stage: Stage, tmp_path: Path) -> None:
    fleet = Fleet(stage, tmp_path, 1)
    member = await fleet.start()
    orders = [f"o-{number}" for number in range(300)]
    await place(stage, *orders)
    await stage.until_rows("SELECT 1 FROM journal LIMIT 1")

    member.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(25):
        assert await member.process.wait() == 0

    assert await stage.rows("SELECT 1 FROM lease") == [], "its shards are free at once"
    hub = stage.start_hub()
    await stage.until_rows("SELECT 1 FROM orders WHERE state = 'payment_pending'", len(orders))

    async def counts() -> dict[str, int] | None:
        told = None if hub.ownership is None else hub.ownership.report()["counts"]
        return told if told and told["takeovers"] == stage.settings.shards else None

    assert (await stage.until(counts, "all shards are taken over"))["published again"] == 0
    await proved(stage)


@pytest.mark.parametrize("fault", ["decided:block:1", "decided:hang:1"])
async def test_a_stuck_process_ends_itself_and_another_goes_on(stage: Stage, tmp_path: Path, fault: str) -> None:
    (order,) = named(0)
    fleet = Fleet(stage, tmp_path, 1)
    member = await fleet.start(fault, HUB_WATCHDOG="PT3S")
    await place(stage, order)

    async with asyncio.timeout(40):
        assert await member.process.wait() == STUCK
    assert "stuck; this process ends" in (tmp_path / "hub-1.log").read_text()
    fleet.members.clear()
    await fleet.start()

    await stage.until_state(order, "payment_pending")
    await fleet.stop()
    await proved(stage)


async def test_a_user_that_postgresql_refuses_is_a_sentence_and_an_exit_code(stage: Stage, tmp_path: Path) -> None:
    parts = urlsplit(stage.settings.database_url())
    wrong = parts._replace(netloc=f"nobody_here:secret-word@{parts.hostname}:{parts.port}").geturl()
    member = await Fleet(stage, tmp_path, 1).start(HUB_DATABASE__URL=wrong)

    async with asyncio.timeout(40):
        code = await member.process.wait()

    told = (tmp_path / "hub-1.log").read_text()
    assert code == 5, told
    assert "A server refuses the hub" in told
    assert "nobody_here" in told
    assert "secret-word" not in told


async def test_health_tells_what_keeps_a_shard(stage: Stage) -> None:
    (order,) = named(0)
    assert (await health(stage.desk)).reasons != []
    stage.start_hub()
    await place(stage, order)
    await stage.until_state(order, "payment_pending")

    async def ready() -> bool:
        return bool((await health(stage.desk)).ready)

    await stage.until(ready, "the hub is ready")
    await stage.change("UPDATE shard SET stopped = 'somebody looks at it' WHERE k = 1")
    view = await health(stage.desk)

    assert view.reasons == ["shard 1: stopped: somebody looks at it"]
    assert view.live is True


async def test_two_stuck_looks_of_a_frozen_process_are_forgiven(stage: Stage, tmp_path: Path) -> None:
    """A process that was stopped and goes on is not stuck, however long it slept."""
    (order,) = named(0)
    fleet = Fleet(stage, tmp_path, 1)
    member = await fleet.start(HUB_WATCHDOG="PT3S")
    await place(stage, order)
    await stage.until_state(order, "payment_pending")

    await fleet.freeze(8)
    await stage.say("payment.events", authorized(order), order)
    await stage.say("fraud.events", CLEAR, order)

    await stage.until_state(order, "availability_requested")
    assert member.process.returncode is None
    await fleet.stop()
    await proved(stage)


async def test_the_largest_records_do_not_fill_the_memory(stage: Stage, tmp_path: Path) -> None:
    """A hundred and fifty megabytes of records that become dead letters, in pieces that fit."""
    (order,) = named(0)
    content = b"[" + b"7," * 475_000
    for number in range(150):
        headers = [("ce_specversion", b"1.0"), ("ce_source", b"/partners/test"), ("ce_type", b"fraud.scored.v1")]
        headers += [("ce_id", f"b-{number}".encode()), ("ce_subject", order.encode())]
        await stage.write("fraud.events", key=order.encode(), value=content, headers=headers, partition=number % 2)
    fleet = Fleet(stage, tmp_path, 1)
    member = await fleet.start()
    process, most = psutil.Process(member.process.pid), 0

    async def read() -> bool:
        nonlocal most
        most = max(most, process.memory_info().rss)
        rows = await stage.rows("SELECT count(*) AS n FROM set_aside WHERE kind = 'dead_letter'")
        return bool(rows[0]["n"] == 150)

    await stage.until(read, "every record is a dead letter", 120)

    assert most < 400_000_000, f"{most / 1e6:.0f} MB"
    await fleet.stop()


async def test_a_record_that_processes_die_of_costs_its_own_order_alone(stage: Stage, tmp_path: Path) -> None:
    hangs, other = named(0, "hangs")[0], named(0)[0]
    ends: list[int | None] = []
    fleet = Fleet(stage, tmp_path, 0, module="tests.e2e.hanging", settings={"HUB_WATCHDOG": "PT2S"})
    await stage.say("shop.events", placed(), hangs)
    await stage.say("shop.events", placed(), other)

    while len(ends) < 8:
        member = await fleet.start()
        done = asyncio.create_task(stage.until_state(other, "payment_pending"))
        await asyncio.wait([done, ended := asyncio.create_task(member.process.wait())], return_when="FIRST_COMPLETED")
        if done.done():
            ended.cancel()
            break
        done.cancel()
        ends.append(member.process.returncode)

    assert set(ends) == {STUCK}
    (row,) = await stage.rows("SELECT order_id, reason FROM quarantine")
    assert row["order_id"] == hangs
    assert "processes died while they decided on this record" in row["reason"]
    await stage.until_read()
    await fleet.stop()
    await stage.change("UPDATE quarantine SET made_by = 'the version before'")
    stage.start_hub()
    await stage.until_state(hangs, "payment_pending")


async def test_a_process_whose_clock_is_wrong_lets_no_deadline_pass_and_says_so(stage: Stage, tmp_path: Path) -> None:
    order = named(0)[0]
    fleet = Fleet(stage, tmp_path, 0, module="tests.e2e.wrong_clock")
    await fleet.start()
    await stage.say("shop.events", placed(), order)
    await stage.until_state(order, "payment_pending")
    deadlines = await stage.rows("SELECT timer_id, due_at FROM timers ORDER BY timer_id")

    async def told() -> bool:
        rows = await stage.rows("SELECT report FROM member")
        return "clock of this process is 1728000 s ahead" in str(rows)

    await stage.until(told, "the process says that its clock is wrong")
    await asyncio.sleep(2)  # a few looks for deadlines
    assert await stage.rows("SELECT timer_id, due_at FROM timers ORDER BY timer_id") == deadlines
    assert await stage.records("hub.internal") == []
    await fleet.stop()
