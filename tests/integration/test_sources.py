"""Sources: nobody writes under another party's name, or the hub's, so that the real one's records look like repeats."""

import pytest

from contracts.message import Message
from contracts.shop import CancellationRequested
from hub.desk import attention
from hub.desk.proof import prove
from hub.partner_settings import SourceSettings
from tests.integration.messages import authorized, header, journal, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

(ORDER,) = named(0)
REGISTERED = {"payment.events": ("/pay/*",), "shop.events": ("/partners/test", "/shops/*")}
CANCEL: Message = CancellationRequested(reason="changed my mind")


def registered(stage: Stage, unknown: str = "told") -> None:
    sources = SourceSettings.model_validate({"registered": REGISTERED, "unknown": unknown})
    stage.start_hub(stage.settings.model_copy(update={"sources": sources}))


async def _codes(stage: Stage, topic: str) -> list[str]:
    return [header(letter, "hub_failure_code") for letter in await stage.records(f"{topic}.dlt")]


async def _told(stage: Stage) -> list[str]:
    notes = (await attention.read(stage.desk, attention.Query())).notes
    return [f"{note.kind}: {note.detail.split(': ', 1)[1]}" for note in notes]


async def test_a_source_of_another_topic_is_refused_and_the_real_record_counts(stage: Stage) -> None:
    registered(stage)
    await stage.say("shop.events", placed(), ORDER)
    await stage.say("shop.events", CANCEL, ORDER, event_id="p-1", source="/pay/one")
    await stage.until_read()
    await stage.say("payment.events", authorized(ORDER), ORDER, event_id="p-1", source="/pay/one")
    await stage.until_read()

    assert await _codes(stage, "shop.events") == ["source_unknown"]
    assert await journal(stage, ORDER) == [("order.placed", "applied"), ("payment.authorized", "applied")]
    assert await _told(stage) == [
        "source_unknown: /pay/one is not registered for shop.events (HUB_SOURCES__REGISTERED), but for payment.events"
    ]
    await stage.records()
    report = await prove(stage.desk)
    assert report.ok, report.differences


@pytest.mark.parametrize("source", ["/hub/orders", "/hub/timers", "/hub/anything"])
async def test_nobody_writes_under_the_hubs_own_name(stage: Stage, source: str) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), ORDER)
    await stage.until_state(ORDER, "payment_pending")
    (timer, *_) = await stage.rows("SELECT timer_id, due_at FROM timers")
    event = f"{ORDER}:timer:{timer['timer_id']}:{int(timer['due_at'].timestamp() * 1000)}"
    await stage.say("shop.events", CANCEL, ORDER, event_id=event, source=source)
    await stage.until_read()

    assert await _codes(stage, "shop.events") == ["source_unknown"]
    assert await stage.state(ORDER) == "payment_pending"


@pytest.mark.parametrize(
    ("unknown", "codes", "notes"),
    [("taken", [], 0), ("told", [], 1), ("refused", ["source_unknown"], 1)],
)
async def test_a_source_that_nobody_registered_is_taken_told_or_refused(
    stage: Stage, unknown: str, codes: list[str], notes: int
) -> None:
    registered(stage, unknown)
    await stage.say("shop.events", placed(), ORDER, source="/shops/new")
    await stage.say("payment.events", authorized(ORDER), ORDER, source="/stranger")
    await stage.say("fraud.events", CANCEL, ORDER, source="/anybody")
    await stage.until_read()

    assert await _codes(stage, "payment.events") == codes
    assert len(await _told(stage)) == notes
    assert ("payment.authorized", "applied") not in await journal(stage, ORDER) or not codes


def test_sources_of_a_topic_that_is_not_read_are_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"reads no topic order\.events"):
        SourceSettings(registered={"order.events": ("/a",)})
