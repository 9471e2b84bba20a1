"""An order's timeline over HTTP: sorted by what entries did, in pages, with operators' acts for who may see them."""

from collections.abc import Mapping
from typing import Any

import pytest

from contracts.commands import ReleaseQuarantine
from domain import rights
from hub.desk import timeline
from tests.api.books import Books
from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
PATH = "/v1/orders/o-1/timeline"


async def told(api: Api, **asked: Any) -> Mapping[str, Any]:
    answer = await api.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


async def history(api: Api, bug: set[str]) -> None:
    """An order that is paid, noted and held, of which an operator gave a record up and let the others go on."""
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await stuck(api, bug)
    choice = (await api.act("/v1/ops/failed/preview", {"order": "o-1"})).json()["choice_token"]
    done = await api.as_(name="olga").act("/v1/ops/failed/skip", {"why": "nobody needs it", "choice_token": choice})
    assert done.status_code == 200, done.text
    await stage.until_rows("SELECT 1 FROM set_aside WHERE order_id = 'o-1' AND closed_as = 'dead_letter'")
    version = (await api.get("/v1/orders/o-1")).json()["version"]
    held = await api.act("/v1/orders/o-1/hold", {"reason": "she calls back"}, version=version)
    assert held.status_code == 200, held.text
    await stuck(api, bug)
    token = stage.token(rights.OPERATE, name="olga")
    await stage.say("hub.commands", ReleaseQuarantine(reason="mended"), "o-1", token=token)
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = 'o-1' AND type = 'order.comment.v1'")


async def stuck(api: Api, bug: set[str]) -> None:
    """A note that waits, as the rules fail on it; the next one will be decided."""
    bug.add("o-1")
    answer = await api.act("/v1/orders/o-1/notes", {"text": "she calls"})
    assert answer.json()["code"] == "held"
    bug.clear()


async def test_entries_are_picked_by_what_they_did(api: Api, bug: set[str]) -> None:
    await history(api, bug)

    everything = await told(api)
    picked = {kind.value: await told(api, kind=kind) for kind in timeline.EntryKind}
    some = await told(api, kind="state,people")
    repeated = await told(api, kind=["state", "people"])

    for kind, page in picked.items():
        assert page["items"] == [each for each in everything["items"] if kind in each["kinds"]]
    whats = {kind: {each["what"] for each in page["items"]} for kind, page in picked.items()}
    assert whats["people"] == {"order.comment.v1", "order.hold.v1"}
    assert whats["partners"] == {"order.placed.v1", "payment.authorized.v1", "fraud.scored.v1"}
    assert "payment.authorized.v1" in whats["money"]
    assert "fraud.scored.v1" not in whats["money"]
    assert "order.comment.v1" in whats["messages"]
    assert "order.hold.v1" not in whats["messages"]
    assert {each["seq"] for each in picked["state"]["items"]} == {
        each["seq"] for each in everything["items"] if each["state"] != each["was"]
    }
    assert some == repeated
    assert {each["seq"] for each in some["items"]} == {
        each["seq"] for kind in ("state", "people") for each in picked[kind]["items"]
    }


async def test_pages_of_some_kinds_lead_to_the_end_with_each_entry_and_act_once(api: Api, bug: set[str]) -> None:
    await history(api, bug)
    wanted = await told(api, kind="people,money")

    items, acts = list[Any](), list[Any]()
    cursor: dict[str, Any] | None = {}
    while cursor is not None:
        page = await told(api, kind="people,money", limit=1, **cursor)
        assert len(page["items"]) <= 1
        items, acts = items + page["items"], acts + page["acts"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None

    assert (items, acts) == (wanted["items"], wanted["acts"])
    assert len(items) > 3


async def test_a_page_looks_at_so_many_entries_and_says_where_to_go_on(
    beside: Api, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "LOOKED_AT", 5)
    monkeypatch.setattr(timeline, "LOOKS", 2)
    await books.store(*["o-1"] * 25)

    pages = list[tuple[Any, Any]]()
    cursor: dict[str, Any] | None = {}
    while cursor is not None:
        page = await told(beside, kind="people", limit=2, **cursor)
        pages.append((page["items"], page["next_cursor"]))
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None

    assert pages == [([], "16"), ([], "6"), ([], None)]


async def test_operators_acts_are_told_to_who_may_see_them_and_others_hear_that_there_may_be_some(
    api: Api, bug: set[str]
) -> None:
    await history(api, bug)

    audited = await told(api)
    plain = await told(api.as_(rights.READ))

    assert [(each["who"], each["what"], each["why"]) for each in audited["acts"]] == [
        ("olga", "retry", "mended"),
        ("olga", "skip", "nobody needs it"),
    ]
    assert (audited["hidden"], plain["hidden"]) == ([], ["acts"])
    assert (plain["items"], plain["acts"]) == (audited["items"], [])
    assert "olga" not in str(plain)
    assert (await told(api, kind="partners"))["acts"] == []


async def test_a_word_that_is_none_is_refused_with_the_choice(beside: Api, books: Books) -> None:
    await books.store("o-1")

    refused = await beside.get(PATH, params={"kind": "state,peple"})

    assert refused.status_code == 422
    assert refused.json()["code"] == "data_invalid"
    assert "state, people, partners, money, messages" in refused.json()["detail"]
    assert "peple" in str(refused.json()["errors"])
