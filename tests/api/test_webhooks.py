"""Webhooks against a receiver on a real socket, with the standard's own library as the other side."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from standardwebhooks import WebhookVerificationError

from adapters.postgres.webhook_deliveries import Deliveries
from adapters.webhooks import schedule
from adapters.webhooks.schedule import PAUSES
from tests.api.receiver import Answer, Receiver, receiving
from tests.api.server import Api, api_settings, running_api
from tests.api.webhook_yard import Yard, settings_for, yard
from tests.stage import Stage, Template, new_stage

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
LEASE = timedelta(seconds=2)
KEY = "what seals secrets of webhooks, in tests"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Stage, Api, Receiver]]:
    async with new_stage(template, tmp_path_factory.mktemp("webhooks")) as stage, receiving() as receiver:
        stage.settings = settings_for(stage, keys=(KEY,))
        stage.settings = api_settings(stage)
        async with running_api(stage) as api:
            yield stage, api, receiver


@pytest_asyncio.fixture(loop_scope="module")
async def at(opened: tuple[Stage, Api, Receiver]) -> AsyncIterator[Yard]:
    async with yard(*opened) as found:
        yield found


async def test_an_example_is_signed_as_the_standard_says_and_marked(at: Yard) -> None:
    thin = await at.webhook()
    full = await at.webhook(payload="full", types=["order.created.v1"])
    await thin.example(type="order.cancelled.v1")
    sent = await full.example()
    await thin.until_taken(1)
    await full.until_taken(1)

    (one,), (other,) = thin.came, full.came
    assert one.verified(thin.secret)["type"] == "order.cancelled.v1"
    assert set(one.told) == {"type", "timestamp", "data"}
    assert set(one.told["data"]) == {"event_id", "order_id", "number", "version", "example"}
    assert other.verified(full.secret)["data"]["event"]["store"]
    assert (other.id, other.told["type"]) == (sent["message_id"], "order.created.v1")
    assert one.headers["content-type"] == "application/json"
    assert one.headers["host"] == f"127.0.0.1:{at.receiver.port}"
    with pytest.raises(WebhookVerificationError):
        one.verified(full.secret)


async def test_whose_owner_may_read_orders_no_more_is_told_thinly(at: Yard) -> None:
    reader = at.api.as_("webhooks.manage", "orders.read", name="max")
    hook = await at.webhook(api=reader, payload="full", types=["order.created.v1"])
    manager = at.api.as_("webhooks.manage", name="max")
    await manager.act(f"/v1/webhooks/{hook.id}", {"ordered": True}, method="PATCH")
    await hook.example()
    await hook.until_taken(1)

    (one,) = hook.came
    assert "event" not in one.told["data"]
    await manager.act(f"/v1/webhooks/{hook.id}", {}, method="DELETE")


async def test_a_receiver_that_fails_is_tried_ten_times_in_three_days_then_left_alone(at: Yard) -> None:
    hook = await at.webhook(lambda n: Answer(500, body=f"no {n}") if n < len(PAUSES) else Answer())
    await hook.example()
    for tries in range(1, len(PAUSES)):
        (newest, *_), (delivery,) = await hook.attempts(tries), await hook.deliveries()
        pause = (delivery["next_at"] - newest["at"]).total_seconds()
        assert (pause, delivery["tries"]) == (PAUSES[tries], tries)
        at.ahead = delivery["next_at"] - datetime.now(UTC)
    await hook.attempts(len(PAUSES))

    shown = await hook.show()
    assert (shown["enabled"], "10 tries of" in shown["disabled_because"]) == (False, True)
    noted = "SELECT detail FROM attention WHERE kind = 'webhook_disabled' AND detail LIKE :id"
    (note,) = await at.stage.rows(noted, id=f"%{hook.id}%")
    assert "10 tries of" in note["detail"]
    assert len({each.id for each in hook.came}) == 1
    told = (await hook.api.get(f"/v1/webhooks/{hook.id}/attempts?limit=3")).json()
    assert [each["told"] for each in told["items"]] == ["no 9", "no 8", "no 7"]

    await hook.api.act(f"/v1/webhooks/{hook.id}", {"enabled": True}, method="PATCH")
    since = {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    recovered = await hook.api.act(f"/v1/webhooks/{hook.id}/recover", since, key="k-recover")
    again = await hook.api.act(f"/v1/webhooks/{hook.id}/recover", since, key="k-recover")
    await hook.until_taken(1)
    assert (recovered.json(), again.json()) == ({"recovered": 1}, {"recovered": 1})
    assert len({each.id for each in hook.came}) == 1


async def test_a_receiver_that_asks_for_time_gets_it_for_all_that_waits(at: Yard) -> None:
    busy = {"Retry-After": "120"}
    hook = await at.webhook(lambda n: Answer(429, busy) if n == 0 else Answer())
    first = await hook.example()
    await hook.attempts()
    second = await hook.example()
    other = await at.webhook()
    await other.example()
    await other.until_taken(1)  # so there was time for it
    assert len(hook.came) == 1
    at.move(seconds=100)
    await other.example()
    await other.until_taken(2)
    assert len(hook.came) == 1

    at.move(seconds=25)
    await hook.until_taken(2)
    assert {each.id for each in hook.came} == {first["message_id"], second["message_id"]}


@pytest.mark.parametrize("status", [502, 504])
async def test_a_receiver_behind_a_busy_gateway_is_left_alone_for_longer_each_time(at: Yard, status: int) -> None:
    hook = await at.webhook(lambda n: Answer(status) if n < 3 else Answer())
    rests = []
    await hook.example()
    await hook.attempts()  # before more is due: calls that are under way together fail as one
    for _ in range(2):
        await hook.example()
    for tries in range(1, 4):
        newest = (await hook.attempts(tries))[0]
        shown = await hook.show()
        rests.append(round((datetime.fromisoformat(shown["rests_until"]) - newest["at"]).total_seconds()))
        at.ahead = max(each["next_at"] for each in await hook.deliveries()) - datetime.now(UTC)
        at.move(seconds=rests[-1])
    await hook.until_taken(3)

    assert rests == [5, 10, 20]


async def test_a_receiver_that_is_gone_gets_nothing_more_until_its_owner_enables_it(at: Yard) -> None:
    hook = await at.webhook(lambda n: Answer(410) if n == 0 else Answer())
    await hook.example()
    await hook.attempts()
    await hook.example()
    shown = await hook.show()
    assert (shown["enabled"], "410" in shown["disabled_because"]) == (False, True)
    other = await at.webhook()
    await other.example()
    await other.until_taken(1)
    assert len(hook.came) == 1

    await hook.api.act(f"/v1/webhooks/{hook.id}", {"enabled": True}, method="PATCH")
    await hook.until_taken(1)
    assert [each["state"] for each in await hook.deliveries()] == ["failed", "delivered"]


async def test_a_redirect_is_a_failure_and_followed_nowhere(at: Yard) -> None:
    elsewhere = "/elsewhere"
    hook = await at.webhook(lambda _: Answer(301, {"Location": at.receiver.url(elsewhere)}))
    await hook.example()
    (attempt,) = await hook.attempts()

    assert (attempt["status"], attempt["delivered"]) == (301, False)
    assert at.receiver.came[elsewhere] == []


async def test_receivers_that_hang_hold_up_nobody_else(at: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "REST", schedule.LONGEST_REST)  # longer than the test, however slow the machine is
    hanging = [await at.webhook(lambda _: Answer(hang=True)) for _ in range(3)]
    for hook in hanging:
        for _ in range(6):
            await hook.example()
    quick = await at.webhook()
    for _ in range(30):
        await quick.example()
    await quick.until_taken(30)

    for hook in hanging:
        assert "no answer in 0.5 s" in (await hook.attempts())[-1]["told"]
        assert at.receiver.most[hook.path] <= at.api.settings.webhooks.each
        assert len(hook.came) <= at.api.settings.webhooks.each  # then it is left alone
        assert (await hook.show())["rests_until"] is not None


async def test_a_status_counts_though_the_rest_of_the_answer_never_comes(at: Yard) -> None:
    hook = await at.webhook(lambda _: Answer(body="so far", drip=True))
    await hook.example()
    await hook.until_taken(1)

    assert (await hook.attempts())[0]["told"] == "so far"


async def test_what_a_receiver_answers_is_kept_only_so_far(at: Yard) -> None:
    hook = await at.webhook(lambda _: Answer(400, body="x" * 100_000 + "\0"))
    await hook.example()

    assert (await hook.attempts())[0]["told"] == "x" * 500


async def test_after_a_rotation_both_secrets_sign_for_a_day(at: Yard) -> None:
    hook = await at.webhook()
    rotated = await hook.api.act(f"/v1/webhooks/{hook.id}/rotate", key="k-rotate")
    again = await hook.api.act(f"/v1/webhooks/{hook.id}/rotate", key="k-rotate")
    fresh = rotated.json()["secret"]
    assert fresh == again.json()["secret"] != hook.secret
    await hook.example()
    await hook.until_taken(1)
    at.move(hours=24, minutes=1)
    await hook.example()
    await hook.until_taken(2)

    during, after = hook.came
    assert during.verified(fresh) == during.verified(hook.secret)
    assert after.verified(fresh)
    with pytest.raises(WebhookVerificationError):
        after.verified(hook.secret)
    (row,) = await at.stage.rows("SELECT secret, previous_secret FROM webhook WHERE id = :id", id=hook.id)
    assert not any(each.startswith("whsec_") for each in row.values())


async def test_an_attempt_is_replayed_under_the_same_id_once_for_its_key(at: Yard) -> None:
    hook = await at.webhook()
    sent = await hook.example()
    await hook.until_taken(1)
    (attempt,) = (await hook.api.get(f"/v1/webhooks/{hook.id}/attempts")).json()["items"]
    path = f"/v1/webhooks/attempts/{attempt['id']}/replay"
    answers = [await hook.api.act(path, key="k-replay") for _ in range(3)]
    stranger = await at.api.as_("webhooks.manage", name="eve").act(path)
    await hook.attempts(2)

    assert [each.status_code for each in answers] == [202] * 3
    assert (stranger.status_code, hook.taken) == (404, [sent["message_id"]] * 2)


async def test_what_is_older_than_two_weeks_is_dropped(at: Yard) -> None:
    hook = await at.webhook()
    await hook.example()
    await hook.until_taken(1)
    early = await Deliveries(at.stage.engine, LEASE, 4, lambda: timedelta(days=13)).tidy()
    late = await Deliveries(at.stage.engine, LEASE, 4, lambda: timedelta(days=15)).tidy()

    assert early == 0 < late
    assert await hook.deliveries() == []
    assert await at.stage.rows("SELECT 1 FROM webhook_attempt WHERE webhook_id = :id", id=hook.id) == []
