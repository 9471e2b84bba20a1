"""Accidents: API, hub and servers fail under clients that repeat what got no answer; each act is carried out once."""

import asyncio
import json
import random
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from hub.api import serving
from hub.processes import environment_of
from hub.settings import Settings
from tests.api.server import Api, api_settings, running_api
from tests.chaos.proxy import Proxy
from tests.chaos.spotting import PostgresSpotter
from tests.integration.messages import approve
from tests.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.e2e]
NOTES = 20


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@dataclass
class ApiProcess:
    """`hub api` as a process, killed and started again on the same port."""

    settings: Settings
    folder: Path
    port: int
    running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        told = self.settings.model_copy(update={"api": self.settings.api.model_copy(update={"port": self.port})})
        with (self.folder / "api.log").open("ab") as log:
            self.running = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub", "api", env=environment_of(told), stdout=log, stderr=log
            )

    async def kill(self) -> None:
        assert self.running is not None
        self.running.send_signal(signal.SIGKILL)
        await self.running.wait()


async def until_taken(client: httpx2.AsyncClient, url: str, headers: dict[str, str], body: object) -> httpx2.Response:
    """Send an act again and again until there is an answer; the key stays the same."""
    deadline = asyncio.get_running_loop().time() + 480
    while True:
        with suppress(httpx2.HTTPError):
            answer = await client.post(url, json=body, headers=headers)
            if answer.status_code < 500 and answer.status_code not in (202, 429):
                return answer
        assert asyncio.get_running_loop().time() < deadline, "no answer in eight minutes"
        await asyncio.sleep(0.05)


async def test_each_act_is_carried_out_once_though_the_api_is_killed_again_and_again(
    stage: Stage, tmp_path: Path
) -> None:
    stage.settings = api_settings(stage)
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    api, rng = ApiProcess(stage.settings, tmp_path, free_port()), random.Random(7)
    await api.start()
    signed = {"Authorization": f"Bearer {stage.token()}"}
    url = f"http://127.0.0.1:{api.port}/v1/orders/o-1/notes"
    done = asyncio.Event()

    async def killing(client: httpx2.AsyncClient) -> int:
        """Kill the API a moment after each time that it answers, until all is done."""
        kills = 0
        while not done.is_set():
            with suppress(httpx2.HTTPError):
                await client.get(f"http://127.0.0.1:{api.port}/livez")
                with suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), rng.uniform(0.5, 3.0))
                await api.kill()
                kills += 1
                await api.start()
            await asyncio.sleep(0.05)
        return kills

    told = list[str]()
    async with httpx2.AsyncClient(timeout=10) as client:
        killer = asyncio.create_task(killing(client))
        try:
            for number in range(0, NOTES, 10):
                keys = [str(uuid4()) for _ in range(10)]
                acts = (
                    until_taken(client, url, {**signed, "Idempotency-Key": key}, {"text": f"note {number + n}"})
                    for n, key in enumerate(keys)
                )
                answers = await asyncio.gather(*acts)
                assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
                told += [each.json()["command_id"] for each in answers]
        finally:
            done.set()
            kills = await killer
            await api.kill()

    rows = await stage.rows("SELECT event_id FROM journal WHERE type = 'order.comment.v1' AND outcome = 'applied'")
    assert sorted(row["event_id"] for row in rows) == sorted(told)
    assert len(set(told)) == NOTES
    assert kills >= 2


async def test_an_act_waits_for_a_hub_that_is_away_and_counts_from_when_it_was_sent(stage: Stage) -> None:
    stage.settings = api_settings(stage)
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await stage.stop_hubs()

    async with running_api(stage) as api:
        pending = await api.act("/v1/orders/o-1/notes", {"text": "called"}, key="k-1", headers={"Prefer": "wait=0"})
        waiting = (await api.get(pending.headers["location"])).json()
        stage.start_hub()
        known = await api.get(pending.headers["location"], headers={"Prefer": "wait=30"})
        again = await api.act("/v1/orders/o-1/notes", {"text": "called"}, key="k-1")

    assert (pending.status_code, waiting["state"], known.json()["state"]) == (202, "waiting", "accepted")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    rows = await stage.rows("SELECT 1 FROM journal WHERE type = 'order.comment.v1'")
    assert len(rows) == 1


async def test_an_act_behind_records_in_quarantine_is_held(api: Api, bug: set[str]) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    bug.add("o-1")
    first = await api.act("/v1/orders/o-1/notes", {"text": "one"}, headers={"Prefer": "wait=20"})
    second = await api.act("/v1/orders/o-1/notes", {"text": "two"}, headers={"Prefer": "wait=20"})

    assert [(each.status_code, each.json()["code"]) for each in (first, second)] == [(409, "held")] * 2


async def test_fifty_clients_with_one_version_make_one_change(api: Api) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    version = (await api.get("/v1/orders/o-1")).json()["version"]

    patient = {"Prefer": "wait=30"}
    acts = (api.act("/v1/orders/o-1/hold", {"reason": f"by {n}"}, version=version, headers=patient) for n in range(50))
    answers = await asyncio.gather(*acts)

    assert sorted(each.status_code for each in answers) == [200] + [412] * 49
    winner = next(each for each in answers if each.status_code == 200).json()["command_id"]
    rows = await stage.rows("SELECT event_id FROM journal WHERE type = 'order.hold.v1' AND outcome = 'applied'")
    assert [row["event_id"] for row in rows] == [winner]


async def test_a_key_for_something_else_is_refused_and_nothing_is_done(api: Api) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await api.act("/v1/orders/o-1/notes", {"text": "one"}, key="k-1")

    other = await api.act("/v1/orders/o-1/notes", {"text": "two"}, key="k-1")
    elsewhere = await api.as_(name="bea").act("/v1/orders/o-1/notes", {"text": "two"}, key="k-1")

    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert elsewhere.status_code == 200
    assert len(await stage.rows("SELECT 1 FROM journal WHERE type = 'order.comment.v1'")) == 2


async def test_no_token_and_no_text_stands_in_the_log(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await api.act("/v1/orders/o-1/notes", {"text": "secret words"})

    told = capfd.readouterr()
    rows = json.dumps([dict(row) for row in await stage.rows("SELECT * FROM api_call")], default=str)
    for text in (told.out, told.err, rows):
        assert "secret words" not in text
        assert "Bearer" not in text


async def test_an_api_that_starts_before_its_database_waits_for_it(stage: Stage) -> None:
    there = make_url(stage.settings.database_url())
    proxy = Proxy(there.port or 5432, PostgresSpotter, port=free_port())
    url = SecretStr(there.set(port=proxy.port).render_as_string(hide_password=False))
    behind = stage.settings.model_copy(update={"database": stage.settings.database.model_copy(update={"url": url})})
    settings = api_settings(replace(stage, settings=behind))
    stop, where = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving_ = asyncio.create_task(serving.serve(settings, stop, where.set_result))
    await asyncio.wait({serving_, where}, timeout=3)
    assert not serving_.done()
    assert not where.done()

    await proxy.start()
    try:
        await asyncio.wait({serving_, where}, return_when=asyncio.FIRST_COMPLETED)
        async with httpx2.AsyncClient(timeout=30) as client:
            assert (await client.get(f"{where.result()}/readyz")).status_code == 200
    finally:
        stop.set()
        await serving_
        await proxy.close()


async def test_an_act_that_kafka_did_not_take_is_carried_out_by_its_repeat(api: Api) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    nowhere = stage.settings.kafka.model_copy(update={"bootstrap_servers": f"127.0.0.1:{free_port()}"})
    async with running_api(replace(stage, settings=stage.settings.model_copy(update={"kafka": nowhere}))) as cut_off:
        refused = await cut_off.act("/v1/orders/o-1/notes", {"text": "called"}, key="k-1")

    done = await api.act("/v1/orders/o-1/notes", {"text": "called"}, key="k-1")

    assert (refused.status_code, refused.json()["code"]) == (503, "kafka_away")
    assert done.status_code == 200, done.text
    assert len(await stage.rows("SELECT 1 FROM journal WHERE type = 'order.comment.v1'")) == 1


async def test_who_guesses_tokens_is_slowed_down_and_nobody_who_was_let_in_before(api: Api) -> None:
    key = (await api.act("/v1/partner-keys", {"source": "/shops/lille", "topics": ["shop.events"]})).json()["key"]

    async def shown(path: str, token: str) -> int:
        signed = {"Authorization": f"Bearer {token}"}
        return (await api.client.post(f"{api.base}{path}", json={}, headers=signed)).status_code

    guesses = [await shown("/v1/partner-keys", f"guess-{n}") for n in range(3)]
    guesses += [await shown("/v1/events", f"hubk_{n}_guess") for n in range(5)]
    right = [await shown("/v1/events", key), (await api.as_(name="bea").get("/v1/me")).status_code]

    assert guesses == [401] * 5 + [429] * 3
    assert right == [429] * 2  # a guess is not looked at, however right it is
    assert (await api.get("/v1/me")).status_code == 200
    figures = (await api.get("/metrics")).text
    assert 'hub_api_requests_total{method="POST",route="/v1/events",status="429"} 4.0' in figures


async def test_a_method_that_somebody_made_up_is_no_label(beside: Api) -> None:
    for method in ("GET", "PROPFIND", "NONSENSE"):
        await beside.client.request(method, f"{beside.base}/v1/me")

    figures = (await beside.get("/metrics")).text

    assert 'method="none",route="/v1/me",status="405"} 2.0' in figures
    assert "NONSENSE" not in figures
