"""What partners wrote is in the records alone: no reason, log, note or header of a dead letter repeats any of it."""

from dataclasses import replace
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from contracts.carriers import CarrierCollected
from contracts.envelope import Envelope
from contracts.partitioning import home
from contracts.topics import INBOUND, Topic
from contracts.wire import Record
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from hub import wiring
from hub.desk import attention
from hub.settings import LimitSettings
from tests.contracts.marked import MARK, marked
from tests.integration.messages import placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

OURS: Final = ("kafka_dlt-", "hub_")
UNBOUNDED: Final = {"unreadable_in_a_row": 10**6, "failed_in_a_row": 10**6, "quarantined": 10**6}


def _failing(order: Any, received: Any, known: Any) -> Any:
    raise ValueError(f"what may be in an error: {received.fact.written().decode()}")


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that fail on everything, with an error that quotes all there is."""
    monkeypatch.setattr(wiring, "KINDS", Kinds(replace(ORDER, decide=_failing), WORD_LIST))


async def _said(stage: Stage, topics: list[str]) -> str:
    """Everything that is said of records anywhere but in the records themselves."""
    rows = await stage.rows("SELECT kind, code, detail FROM set_aside")
    rows += await stage.rows("SELECT reason FROM quarantine")
    rows += await stage.rows("SELECT kind, detail FROM attention")
    rows += await stage.rows("SELECT stopped FROM shard")
    letters = [letter for topic in topics for letter in await stage.records(f"{topic}.dlt")]
    heard = await attention.read(stage.desk, attention.Query())
    return f"{rows} {[_added(letter) for letter in letters]} {heard}"


def _added(letter: Record) -> list[tuple[str, bytes | None]]:
    return [(name, content) for name, content in letter.headers if name.startswith(OURS)]


@pytest.mark.parametrize("topic", [pytest.param(topic, id=topic.name) for topic in INBOUND])
async def test_nothing_that_is_said_of_a_record_repeats_what_is_in_it(
    stage: Stage, talkative: None, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    written = 0
    with capture_logs() as logs:
        stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings.model_validate(UNBOUNDED)}))
        for kind in topic.messages:
            for value in marked(topic, kind, MARK, [MARK]):
                written += 1
                order = f"o-{written}"
                headers = Envelope(f"e-{written}", "/partners/test", kind.type(), order).headers()
                at = home(order, stage.settings.shards)
                await stage.write(topic.name, key=order.encode(), value=value, headers=headers, partition=at)
        await stage.until_read()

    codes = {row["code"] for row in await stage.rows("SELECT DISTINCT code FROM set_aside")}
    assert codes & {"data_invalid", "signature_invalid"}
    assert MARK not in await _said(stage, [topic.name])
    assert MARK not in f"{logs} {caplog.text}"
    if "rule_failed" in codes:
        (reason, *_) = await stage.rows("SELECT reason FROM quarantine")
        assert reason["reason"].startswith("ValueError in consumers.shard.deciding, line ")
        assert any(each["event"] == "quarantined" for each in logs)


async def test_nothing_that_is_said_of_a_record_repeats_what_its_envelope_says(stage: Stage) -> None:
    topic, order = "shop.events", "o-1"
    good = dict(Envelope("e-1", "/partners/test", placed().type(), order).headers())
    attributes = ("ce_specversion", "ce_type", "ce_time", "content-type", f"ce_{MARK.lower()}")
    values = (
        MARK.encode(),
        MARK.encode() + b"\xff",
        f"{MARK}\x00".encode(),
        f"application/cloudevents+{MARK}".encode(),
    )
    with capture_logs() as logs:
        stage.start_hub()
        for attribute in attributes:
            for value in values:
                headers = list((good | {attribute: value}).items())
                await stage.write(topic, key=order.encode(), value=f'{{"a": "{MARK}"'.encode(), headers=headers)
        for number in ("N-1", "N-2"):  # one id, two contents
            await stage.say(topic, placed(number), order, event_id=MARK)
        await stage.until_rows("SELECT 1 FROM set_aside WHERE code = 'id_reused'")
        await stage.say(
            "carrier.events", CarrierCollected(tracking_number="T-1"), None, key=f"ref:tracking:{MARK}".encode()
        )
        await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'waiting'")

    rows = await stage.rows("SELECT code, detail FROM set_aside")
    letters = [letter for name in (topic, "carrier.events") for letter in await stage.records(f"{name}.dlt")]
    said = f"{rows} {[_added(letter) for letter in letters]} {logs}".lower()
    assert MARK.lower() not in said
    assert {"specversion_unknown", "type_unknown", "time_invalid", "header_not_utf8", "format_unknown"} <= {
        row["code"] for row in rows
    }
