"""Audit, partners, webhooks and contracts on pages: what stands there, for whom, and what forms do."""

import csv
import io
import json
import re

import pytest

from domain import rights
from hub.console.pages.audit import MOST
from tests.api.server import Api, running_api
from tests.api.webhook_yard import settings_for
from tests.console.visitor import Visiting, hidden, text_of
from tests.stage import Stage

pytestmark = pytest.mark.integration
KEY = "what seals secrets of webhooks, in tests"
COLIBRI = "/ops/partners/~L2NhcnJpZXJzL2NvbGlicmk"


async def test_the_audit_says_who_did_what_and_gives_it_as_a_file(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside)
    operation = "INSERT INTO operation (key, action, who, why, wish) VALUES (:key, 'retry', :who, :why, '{}')"
    await beside.stage.change(operation, key="k-1", who="olga", why="=HYPERLINK(1)")
    many_of = """INSERT INTO operation (key, action, who, why, wish)
      SELECT 'o-' || n, 'retry', 'omar', 'often', '{}' FROM generate_series(1, :count) AS n"""
    await beside.stage.change(many_of, count=MOST + 5)

    page = await ann.get("/ops/audit?kind=operation&by=olga")
    signed = await ann.get("/ops/audit?kind=sign_in")
    nothing = await ann.get("/ops/audit?kind=unlock")
    told = await ann.get("/ops/audit.csv?kind=operation&by=olga")
    many = await ann.get("/ops/audit.csv?kind=operation")
    wrong = await ann.get("/ops/audit?since=yesterday")

    assert ("=HYPERLINK(1)" in text_of(page), "often" in text_of(page)) == (True, False)
    assert "Signed in" in text_of(signed)
    assert "Nothing of this kind was done" in text_of(nothing)
    (row,) = csv.DictReader(io.StringIO(told.text))
    assert (row["by"], row["why"], row["kind"]) == ("olga", "'=HYPERLINK(1)", "operation")
    assert told.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert len(list(csv.reader(io.StringIO(many.text)))) == MOST + 1
    assert ('role="alert"' in wrong.text, wrong.status_code) == (True, 200)


async def test_a_partner_gets_a_key_once_is_changed_over_and_loses_it(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside, rights.MANAGE_PARTNERS, rights.AUDIT)
    form = await ann.get("/ops/partner-acts/key")
    wanted = {"once": hidden(form, "once"), "source": "/carriers/colibri", "topics": "carrier.events", "why": "new"}

    refused = await ann.send("/ops/partner-acts/key", wanted | {"topics": "hub.commands"})
    made = await ann.send("/ops/partner-acts/key", wanted)
    page = await ann.get(COLIBRI)
    (rotate,) = re.findall(r'href="(/ops/partner-acts/rotate[^"]+)"', page.text)
    changing = await ann.get(rotate.replace("&amp;", "&"))
    other = await ann.send("/ops/partner-acts/rotate", wanted | {"once": hidden(changing, "once")})
    (first, second) = (re.findall(r"hubk_[\w-]+", each.text) for each in (made, other))
    old = hidden(changing, "key")
    ended = await ann.send("/ops/partner-acts/revoke", {"source": "/carriers/colibri", "key": old, "why": "changed"})

    assert (refused.status_code, made.status_code, other.status_code) == (422, 201, 201)
    assert (len(first), len(second), first != second) == (1, 1, True)
    assert "checked" in changing.text
    assert "hubk_" not in page.text
    assert ended.headers["location"] == COLIBRI
    assert [row["id"] for row in await beside.stage.rows("SELECT id FROM api_key WHERE revoked_at IS NOT NULL")] == [
        old
    ]
    assert "Ended" in text_of(await ann.get(COLIBRI))


async def test_a_partner_is_paused_with_a_reason_and_goes_on(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside, rights.OPERATE)
    form = await ann.get("/ops/partner-acts/pause?source=/carriers/colibri")
    told = {"source": "/carriers/colibri", "once": hidden(form, "once")}

    silent = await ann.send("/ops/partner-acts/pause", told | {"why": ""})
    await ann.send("/ops/partner-acts/pause", told | {"why": "replays last week"})
    paused, listed = await ann.get(COLIBRI), await ann.get("/ops/partners")
    await ann.send("/ops/partner-acts/resume", {"source": "/carriers/colibri", "why": "done"})

    assert silent.status_code == 422
    assert "“replays last week”" in text_of(paused)
    assert "/carriers/colibri" in text_of(listed)
    assert "/ops/partner-acts/key" not in paused.text
    assert await beside.stage.rows("SELECT 1 FROM pause") == []


async def test_a_webhook_is_made_changed_tried_and_deleted(stage: Stage, visiting: Visiting) -> None:
    stage.settings = settings_for(stage, keys=(KEY,))
    async with running_api(stage, project=False) as beside:
        ann = await visiting.signed_in(beside)
        empty, form = await ann.get("/webhooks"), await ann.get("/webhook-acts/create")
        wish = {
            "url": "http://127.0.0.1:9000/hub",
            "types": "order.created.v1, order.sent.v1",
            "once": hidden(form, "once"),
        }

        wrong = await ann.send("/webhook-acts/create", wish | {"url": "ftp://127.0.0.1/"})
        made = await ann.send("/webhook-acts/create", wish)
        repeated = await ann.send("/webhook-acts/create", wish)
        (webhook,) = [row["id"] for row in await beside.stage.rows("SELECT id FROM webhook")]
        path = f"/webhooks/{webhook}"
        page = await ann.get(path)
        drawn = await ann.send("/webhook-acts/rotate", {"webhook": webhook, "once": "r-1"})
        example = await ann.send("/webhook-acts/example", {"webhook": webhook, "type": "order.sent.v1", "once": "e-1"})
        recovered = await ann.send(
            "/webhook-acts/recover", {"webhook": webhook, "since": "2026-01-01T00:00", "once": "c-1"}
        )
        await ann.send(
            "/webhook-acts/change", {"webhook": webhook, "url": wish["url"], "stores": "lille", "ordered": "yes"}
        )
        await ann.send("/webhook-acts/disable", {"webhook": webhook})
        resting = await ann.get(path)
        await ann.send("/webhook-acts/enable", {"webhook": webhook})
        enabled = await ann.get(path)
        gone = await ann.send("/webhook-acts/delete", {"webhook": webhook})

        assert "You have no webhook yet" in text_of(empty)
        assert (wrong.status_code, 'value="ftp://127.0.0.1/"' in wrong.text) == (422, True)
        assert [each.status_code for each in (made, repeated, drawn)] == [201, 201, 201]
        assert "whsec_" in made.text
        assert "whsec_" not in page.text
        assert "order.created.v1, order.sent.v1" in text_of(page)
        assert "Nothing was sent yet" in text_of(page)
        assert example.headers["location"] == f"{path}?done=example"
        assert recovered.headers["location"] == f"{path}?done=recover"
        assert ("Disabled" in text_of(resting), "lille" in text_of(resting)) == (True, True)
        assert "Sends" in text_of(enabled)
        assert (gone.headers["location"], (await ann.get(path)).status_code) == ("/webhooks?done=delete", 404)


async def test_a_contract_is_shown_and_a_message_is_held_against_it(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside, rights.MANAGE_WEBHOOKS)
    path = "/contracts/shop.events/order.placed.v1"
    topics, page = await ann.get("/contracts"), await ann.get(path)
    told = (await beside.get(f"/v1{path}")).json()["example"]

    good = await ann.send(path, {"event": json.dumps(told)})
    told["data"]["lines"][0]["quantity"] = 0
    bad = await ann.send("/contracts", {"event": json.dumps(told)})
    nothing = await ann.send(path, {"event": "{"})
    odd = await ann.send(path, {"event": "[]"})

    assert "order.placed.v1" in text_of(topics)
    assert ("customer.email" in text_of(page), "lines[].quantity" in text_of(page)) == (True, True)
    assert "The hub would take it" in text_of(good)
    assert "1 fault" in text_of(bad)
    assert "← Input should be greater than or equal to 1" in text_of(bad)
    assert "That is no JSON" in text_of(nothing)
    assert odd.status_code == 200
    assert (await ann.get("/contracts/shop.events/nothing.v1")).status_code == 404


@pytest.mark.parametrize("path", ["/ops/audit", "/ops/partners", "/webhooks"])
async def test_who_may_not_is_told_what_he_lacks(beside: Api, visiting: Visiting, path: str) -> None:
    rob = await visiting.signed_in(beside, rights.READ)

    page = await rob.get(path)

    assert page.status_code == 403
    assert re.search(r"audit\.read|orders\.operate|webhooks\.manage", text_of(page))
    assert f'href="{path}"' not in page.text.split("<main")[0]
