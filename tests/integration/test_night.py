"""The operator's night: each kind of trouble is found, explained and mended with the command line alone."""

import asyncio
import json
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from contracts.carriers import CarrierCollected
from contracts.commands import HoldOrder
from contracts.envelope import Envelope
from hub.processes import environment_of
from tests.gateway.till import authorization, till
from tests.integration.messages import CLEAR, approve, authorized, available, handed_over, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

SOURCE = "/carriers/small & slow"
Environment = Mapping[str, str]


async def hub(words: str, environment: Environment) -> str:
    """Type a command; return what it printed, and fail where it failed."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "hub", *shlex.split(words)],
        env=dict(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, (words, out, err)
    return out.decode()


async def attention(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await hub("attention --json", environment_of(stage.settings)))
    return found


async def explained(stage: Stage, order: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await hub(f"order show {order} --json", environment_of(stage.settings)))
    return found


async def mend(stage: Stage, do: str) -> None:
    """Type what attention says, with a reason."""
    (command,) = re.findall(r"hub ([^,;]*?--why) …", do)
    await hub(f"{command} 'it is mended'", environment_of(stage.settings))


async def until_calm(stage: Stage, *kinds: str) -> None:
    async def calm() -> bool:
        view = await attention(stage)
        return not any(view[kind] for kind in kinds)

    await stage.until(calm, f"nothing is listed under {kinds}")


async def test_a_paused_partner_with_an_order_of_which_nothing_else_is_known(stage: Stage) -> None:
    stage.start_hub()
    await hub(f"partner pause {shlex.quote(SOURCE)} --why 'it floods us'", environment_of(stage.settings))
    await stage.say("shop.events", placed(), "o-1", source=SOURCE)
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'held'")

    view, order = await attention(stage), await explained(stage, "o-1")

    (partner,) = view["partners"]
    assert partner["what"] == SOURCE
    assert "it floods us; 1 records kept" in partner["because"]
    (kept,) = order["kept"]
    assert order["state"].startswith("kept back")
    assert (kept["what"], kept["do"]) == ("held", partner["do"])
    assert "source_paused" in await hub("order show o-1", environment_of(stage.settings))
    await mend(stage, partner["do"])
    await stage.until_state("o-1", "payment_pending")
    await until_calm(stage, "partners")


async def test_a_paused_partition(stage: Stage) -> None:
    stage.start_hub()
    await hub("topics pause fraud.events --partition 0 --why maintenance", environment_of(stage.settings))

    (partition,) = (await attention(stage))["paused"]

    assert partition["what"] == "fraud.events/0"
    assert partition["because"].endswith(": maintenance")
    await mend(stage, partition["do"])
    await until_calm(stage, "paused")


async def test_a_stopped_shard_and_then_one_that_nobody_works_on(stage: Stage) -> None:
    stage.start_hub()
    await stage.until_read()
    await hub("shard pause 1 --why 'a look at its disk'", environment_of(stage.settings))
    await stage.until_rows("SELECT 1 FROM shard WHERE stopped IS NOT NULL")

    (shard,) = (await attention(stage))["stopped"]

    assert (shard["what"], "a look at its disk" in shard["because"]) == ("shard 1", True)
    await mend(stage, shard["do"])
    await until_calm(stage, "stopped", "unattended")
    await stage.stop_hubs()
    lost = (await attention(stage))["unattended"]
    assert [(each["what"], each["do"]) for each in lost] == [("shard 0", "hub run"), ("shard 1", "hub run")]
    assert all("no process works on it" in each["because"] for each in lost)


@pytest.mark.parametrize("known", [False, True])
async def test_an_order_in_quarantine_and_what_waits_behind_it(stage: Stage, bug: set[str], known: bool) -> None:
    (order,) = named(0)
    stage.start_hub()
    if known:
        await stage.say("shop.events", placed(), order)
        await stage.until_state(order, "payment_pending")
    bug.add(order)
    await stage.say("shop.events", placed(), order)
    await stage.say("carrier.events", CarrierCollected(tracking_number="T-1"), order)
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'quarantined'", 2)

    (listed,), shown = (await attention(stage))["quarantined"], await explained(stage, order)

    assert (listed["order_id"], listed["waiting"]) == (order, 2)
    assert "ZeroDivisionError" in listed["reason"]
    assert {each["do"] for each in shown["kept"]} == {listed["do"]}
    bug.clear()
    await mend(stage, listed["do"])
    await until_calm(stage, "quarantined")
    assert (await explained(stage, order))["kept"] == []


async def test_a_word_list_in_quarantine(stage: Stage) -> None:
    stage.start_hub()
    await stage.until_read()
    await stage.change(
        "INSERT INTO quarantine (shard, order_id, reason) VALUES (:k, 'wordlist:themes', 'ValueError: no')", k=0
    )

    (listed,) = (await attention(stage))["quarantined"]

    assert (listed["order_id"], listed["do"]) == (
        "wordlist:themes",
        "once it is mended: hub failed retry --order wordlist:themes --why …",
    )
    assert "wordlist:themes" in await hub("attention", environment_of(stage.settings))


async def test_a_number_that_no_order_has(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("carrier.events", CarrierCollected(tracking_number="T-9"), None, key=b"ref:T-9")
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'waiting'")

    (number,) = (await attention(stage))["waiting"]

    assert number["what"] == "tracking T9"
    (command,) = re.findall(r"hub (failed show \d+)", number["do"])
    assert "T9" in await hub(command, environment_of(stage.settings))


async def test_records_that_failed_and_an_order_of_which_only_they_are_known(stage: Stage) -> None:
    stage.start_hub()
    event = Envelope("e-1", "/shops/test", placed().type(), "o-1").headers()
    await stage.write("shop.events", key=b"o-1", value=b'{"number": 7}', headers=event)
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'dead_letter'")

    (group,), shown = (await attention(stage))["failed"], await explained(stage, "o-1")

    assert group["because"].startswith("data_invalid: ")
    assert "--cause data_invalid" in group["do"]
    (kept,) = shown["kept"]
    assert (kept["what"], shown["version"]) == ("dead_letter", 0)
    (number,) = re.findall(r"hub failed retry (\d+)", kept["do"])
    await hub(f"failed archive {number} --why 'the shop sends it anew'", environment_of(stage.settings))
    await until_calm(stage, "failed")


async def test_two_orders_that_claim_one_parcel(stage: Stage) -> None:
    stage.start_hub()
    first, second = named(0, count=2)
    for number, order in enumerate((first, second)):
        await stage.say("shop.events", placed(f"N-{number}"), order)
        await stage.say("payment.events", authorized(order), order)
        await stage.say("fraud.events", CLEAR, order)
        await stage.say("availability.events", available(order), order)
        await stage.say("warehouse.events", handed_over(order, "T-1"), order)
        await stage.until_state(order, "sent")
    await stage.until_rows("SELECT 1 FROM orders WHERE attention AND order_id = :o", o=second)

    (seen,) = [each for each in (await attention(stage))["orders"] if each["order_id"] == second]

    assert "tracking_taken" in [each["what"] for each in seen["reasons"]]


async def test_a_note_is_closed_by_the_command_that_it_tells(stage: Stage) -> None:
    said = "tracking T-1 already belongs to order o-1"
    await stage.change(
        "INSERT INTO attention (shard, kind, order_id, detail) VALUES (0, 'reference_taken', 'o-2', :said)", said=said
    )

    (note,) = (await attention(stage))["notes"]

    assert (note["kind"], note["detail"]) == ("reference_taken", said)
    await mend(stage, note["do"])
    assert (await attention(stage))["notes"] == []
    (done,) = json.loads(await hub("operations --json", environment_of(stage.settings)))
    assert (done["action"], done["why"], done["touched"]) == ("close note", "it is mended", 1)


async def test_a_held_order_says_who_goes_on(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await stage.say("hub.commands", HoldOrder(reason="wait"), "o-1", token=stage.token())
    await stage.until_rows("SELECT 1 FROM orders WHERE attention")

    (order,) = (await attention(stage))["orders"]

    assert [(each["kind"], each["do"]) for each in order["reasons"]] == [("hold", "order.release_hold")]


async def test_a_call_in_doubt_and_a_request_that_is_none(stage: Stage) -> None:
    async with till(stage, tries=1) as at:
        away = at.settings.gateway.model_copy(update={"url": "http://127.0.0.1:9", "tries": 1})
        at.start(at.settings.model_copy(update={"gateway": away}))
        await at.request(authorization("a-1"), "o-1")
        await stage.write("payment.requests", key=b"o-2", value=b"{}", partition=0)
        await at.until_state("a-1", "given_up")
        await stage.until_rows("SELECT 1 FROM gateway_calls WHERE state = 'unreadable'")

        calls = {each["what"]: each for each in (await attention(stage))["calls"]}

        assert "ConnectError" in calls["authorize of order o-1"]["because"]
        assert "signature_invalid" in calls["none of order o-2"]["because"]
        for call in calls.values():
            await mend(stage, call["do"])
        assert [each["what"] for each in (await attention(stage))["calls"]] == ["authorize of order o-1"]
        await at.stop()
        at.start()
        await at.until_state("a-1", "answered")
        await until_calm(stage, "calls")
