"""`hub gateway ask`: a party on a real socket is asked what the hub wants to know, and the hub takes its answers."""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.parties.client import Address, Client, Refused
from adapters.parties.party import Party, Question
from contracts.fraud import FraudScored, ScoreRequested
from contracts.message import Message
from contracts.topics import FRAUD, FRAUD_REQUESTS
from hub import gateways
from hub.errors import NotUsable
from hub.party_settings import PartySettings
from hub.processes import environment_of
from hub.settings import Settings
from tests.api.receiver import Answer, Receiver, receiving
from tests.integration.messages import placed
from tests.stage import Stage

ROOT = Path(__file__).parents[2]
ROOMS = ("adapters", "consumers", "contracts", "domain", "hub", "producers", "verification", "simulators")
PATH = "/v1/scores"
CLEAR = Answer(body='{"score": 7}')


def question(asked: Message, order_id: str) -> Question | None:
    return Question(PATH, {"reference": order_id}) if isinstance(asked, ScoreRequested) else None


def answer(asked: Message, told: Mapping[str, Any]) -> FraudScored:
    return FraudScored(verdict="clear", score=told["score"])


PARTY = Party("fraud", FRAUD_REQUESTS, FRAUD, question, answer)


def settings_for(stage: Stage, receiver: Receiver, **more: Any) -> Settings:
    party = PartySettings(url=receiver.url(""), **more)
    return stage.settings.model_copy(update={"gateways": {"fraud": party}})


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[None]:
    """Run the gateway as long as the block."""
    stop = asyncio.Event()
    running = asyncio.create_task(gateways.serve(settings, PARTY, stop))
    try:
        yield
    finally:
        stop.set()
        await running


@pytest.fixture
async def party() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        receiver.does[PATH] = lambda _: CLEAR
        yield receiver


async def scores(stage: Stage) -> list[tuple[str, str]]:
    """The scores in the journal: of which order, and what came of each."""
    rows = await stage.rows("SELECT order_id, outcome FROM journal WHERE type = 'fraud.scored.v1' ORDER BY order_id")
    return [(row["order_id"], row["outcome"]) for row in rows]


async def ordered(stage: Stage, *orders: str) -> None:
    for number, order in enumerate(orders):
        await stage.say("shop.events", placed(f"W-{number}"), order)
        await stage.until_state(order, "payment_pending")


@pytest.mark.integration
async def test_a_party_that_is_away_is_asked_again_under_the_same_key_until_it_answers(
    stage: Stage, party: Receiver
) -> None:
    party.does[PATH] = lambda n: Answer(503, {"Retry-After": "0"}) if n < 2 else CLEAR
    stage.start_hub()
    await ordered(stage, "o-1")
    async with asking(settings_for(stage, party, key="sk-1")):
        await stage.until(lambda: _scored(stage, 1), "the score is in the journal")

    assert len(party.came[PATH]) == 3
    assert len({each.headers["idempotency-key"] for each in party.came[PATH]}) == 1
    assert {each.headers["authorization"] for each in party.came[PATH]} == {"Bearer sk-1"}


@pytest.mark.integration
@pytest.mark.parametrize(
    "refusal", [Answer(400), Answer(body="no JSON"), Answer(body="{}"), Answer(body='{"score": 101}')]
)
async def test_a_question_without_an_answer_holds_up_no_other(stage: Stage, party: Receiver, refusal: Answer) -> None:
    party.does[PATH] = lambda n: refusal if n == 0 else CLEAR
    stage.start_hub()
    await ordered(stage, "o-1", "o-2")
    async with asking(settings_for(stage, party, concurrency=1)):
        await stage.until(lambda: _scored(stage, 1), "the other order's score is in the journal")

    assert len(party.came[PATH]) == 2


@pytest.mark.integration
async def test_a_party_that_stays_away_is_asked_for_so_long(stage: Stage, party: Receiver) -> None:
    party.does[PATH] = lambda n: Answer(503) if n == 0 else CLEAR
    stage.start_hub()
    await ordered(stage, "o-1", "o-2")
    async with asking(settings_for(stage, party, concurrency=1, patience=timedelta())):
        await stage.until(lambda: _scored(stage, 1), "the other order's score is in the journal")

    assert len(party.came[PATH]) == 2


async def test_a_party_that_asks_for_much_patience_gets_no_more_than_is_set(party: Receiver) -> None:
    party.does[PATH] = lambda _: Answer(503, {"Retry-After": "3600"})
    client = Client(Address(party.url(""), None, timedelta(seconds=15), timedelta(seconds=4)))

    with pytest.raises(Refused, match="status 503"):
        await client.ask(Question(PATH, {}), "k-1", asyncio.Event())

    await client.close()
    assert len(party.came[PATH]) == 2


@pytest.mark.integration
async def test_what_a_gateway_did_not_answer_before_it_was_stopped_the_next_one_does(
    stage: Stage, party: Receiver
) -> None:
    party.does[PATH] = lambda n: Answer(503) if n == 0 else CLEAR
    stage.start_hub()
    await ordered(stage, "o-1")
    async with asking(settings_for(stage, party)):
        await stage.until(lambda: _asked(party), "the party is asked")
    async with asking(settings_for(stage, party)):
        await stage.until(lambda: _scored(stage, 1), "the score is in the journal")

    assert await scores(stage) == [("o-1", "applied")]


async def _asked(party: Receiver) -> bool:
    return bool(party.came[PATH])


async def _scored(stage: Stage, count: int) -> bool:
    return len(await scores(stage)) == count


@pytest.mark.integration
async def test_the_gateway_of_the_how_to_works_as_a_process(stage: Stage, party: Receiver, tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    page = (ROOT / "docs/howto/add-a-gateway.md").read_text()
    module, imported, row = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "adapters/parties/fraud.py").write_text(module)
    table = tmp_path / "hub/gateways.py"
    told = table.read_text().replace("\nfrom adapters", f"\n{imported}from adapters", 1)
    table.write_text(re.sub(r"^GATEWAYS: .*\n", row, told, flags=re.MULTILINE))
    stage.start_hub()
    await ordered(stage, "o-1")

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-B", "-m", "hub", "gateway", "ask", "fraud"),
        cwd=tmp_path,
        env=environment_of(stage.settings) | {"HUB_GATEWAYS": json.dumps({"fraud": {"url": party.url("")}})},
    )
    try:
        await stage.until(lambda: _scored(stage, 1), "the score is in the journal", patience=120)
    finally:
        process.terminate()
        code = await process.wait()

    (asked,) = party.came[PATH]
    assert (code, asked.told["reference"], await scores(stage)) == (0, "o-1", [("o-1", "applied")])


@pytest.mark.parametrize(("name", "said"), [("fraud", "set HUB_GATEWAYS"), ("weather", "no gateway is called")])
def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setattr(gateways, "GATEWAYS", (PARTY,))

    with pytest.raises(NotUsable, match=said):
        gateways.run(Settings(), name)


def test_a_key_never_travels_in_clear_text() -> None:
    with pytest.raises(ValueError, match="must be https"):
        PartySettings(url="http://api.fraud.example")
