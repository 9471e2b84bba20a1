"""`hub gateway …` as an operator types it: what to set, what is in doubt, and whether the books agree."""

import asyncio
import json
import os
import sys

import pytest

from hub.desk import gateway
from hub.processes import environment_of
from simulators.payment_provider import Trick
from simulators.payment_provider.server import KEY
from tests.gateway.till import Till, authorization, capture, till
from tests.integration.messages import placed
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def hub(*words: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run a command; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "hub", *words],
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def environment(at: Till) -> dict[str, str]:
    return environment_of(at.settings) | {"HUB_GATEWAY__URL": at.provider.url, "HUB_GATEWAY__API_KEY": KEY}


async def test_without_an_address_or_a_key_the_command_says_what_to_set() -> None:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    faults = {
        "set HUB_GATEWAY__URL to": {},
        "set HUB_GATEWAY__API_KEY to": {"HUB_GATEWAY__URL": "https://pay.example"},
        "HUB_GATEWAY__URL: Value error, must be https": {"HUB_GATEWAY__URL": "http://pay.example"},
    }

    told = await asyncio.gather(*(hub("gateway", "payments", environment=clean | more) for more in faults.values()))

    for (code, out, err), fault in zip(told, faults, strict=True):
        assert (code, out) == (2, "")
        assert fault in err


async def test_calls_in_doubt_are_listed_and_a_key_is_never_printed(stage: Stage) -> None:
    async with till(stage, tries=1) as at:
        at.plan("a-1", *[Trick.TIMEOUT_BEFORE] * 50)
        at.start()
        await at.request(authorization("a-1"), "o-1")
        await at.until_state("a-1", "given_up")
        await at.stop()
        code, out, err = await hub("gateway", "list", "--unknown", "--json", environment=environment(at))

    assert (code, err) == (0, "")
    (call,) = json.loads(out)
    assert (call["order_id"], call["kind"], call["amount"], call["state"]) == ("o-1", "authorize", 4500, "given_up")
    assert "TimeoutError" in call["last_error"]
    assert KEY not in out


async def test_books_that_differ_by_a_cent_are_told_with_exit_code_one(stage: Stage) -> None:
    stage.start_hub()
    async with till(stage) as at:
        at.start()
        await stage.say("shop.events", placed(), "o-1")
        await stage.until_rows("SELECT 1 FROM orders WHERE document->'payment'->>'state' = 'authorised'")
        code, out, _ = await hub("gateway", "reconcile", environment=environment(at))
        assert (code, "1 payments: the books agree." in out) == (0, True)

        (intent,) = at.intents("o-1")
        intent["amount"] += 1
        stranger = {**intent, "id": "pi_stranger", "status": "succeeded", "amount_received": 700, "metadata": {}}
        at.provider.books.intents["pi_stranger"] = stranger
        told = await hub("gateway", "reconcile", "--json", environment=environment(at))

    assert told[0] == 1
    result = json.loads(told[1])
    assert result["differences"] == [
        {"payment_id": intent["id"], "order_id": "o-1", "what": "held", "provider": 4501, "hub": 4500},
        {"payment_id": "pi_stranger", "order_id": "", "what": "captured", "provider": 700, "hub": None},
    ]
    assert result["provider"] == {"EUR": {"captured": 700, "refunded": 0, "held": 4501}}
    assert result["hub"] == {"EUR": {"captured": 0, "refunded": 0, "held": 4500}}


async def test_a_long_ledger_is_read_page_by_page(stage: Stage) -> None:
    async with till(stage) as at:
        for number in range(250):
            entry = {"object": "payment_intent", "amount": 100, "currency": "eur", "status": "requires_capture"}
            at.provider.books.intents[f"pi_{number}"] = {"id": f"pi_{number}", "metadata": {}, **entry}
        result = await gateway.reconcile(at.desk)

    assert result.provider == {"EUR": {"captured": 0, "refunded": 0, "held": 25_000}}
    assert len(result.differences) == 250


async def test_what_differs_while_money_moves_is_listed_apart(stage: Stage) -> None:
    stage.start_hub()
    async with till(stage) as at:
        at.start()
        await stage.say("shop.events", placed(), "o-1")
        await stage.until_rows("SELECT 1 FROM orders WHERE document->'payment'->>'state' = 'authorised'")
        await stage.stop_hubs()
        payment = at.intents("o-1")[0]["id"]
        await at.request(capture("c-1", payment), "o-1")
        await at.answer("c-1")
        result = await gateway.reconcile(at.desk)

    assert result.differences == []
    assert [(each.what, each.provider, each.hub) for each in result.in_motion] == [
        ("captured", 4500, 0),
        ("held", 0, 4500),
    ]
