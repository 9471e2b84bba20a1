"""One entry of a timeline whole, and the fields that changed since a version: as the rules themselves decide it."""

from types import SimpleNamespace
from typing import cast

import pytest

from contracts.message import Money
from contracts.payments import ChequeReceived
from contracts.shop import OrderLine
from domain import rights
from hub.api.context import Context
from hub.api.timelines import entries_since
from tests.api.books import Books
from tests.api.server import Api
from tests.integration.messages import approve, placed

pytestmark = pytest.mark.integration


async def held(api: Api) -> tuple[int, int]:
    """An order that was changed twice; its version before, and the entry of the first change."""
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    version = (await api.get("/v1/orders/o-1")).json()["version"]
    address = {"street": "2 rue Haute", "city": "Lille", "postcode": "59800", "country": "FR"}
    done = await api.act(
        "/v1/orders/o-1/edit", {"carrier": "swift", "addresses": [{"address": address}]}, version=version
    )
    assert done.status_code == 200, done.text
    await api.act("/v1/orders/o-1/hold", {"reason": "she calls back"}, version=version + 1)
    entries = (await api.get("/v1/orders/o-1/timeline")).json()["items"]
    return version, next(each["seq"] for each in entries if each["what"] == "order.edit.v1")


async def test_an_entry_tells_what_was_said_what_it_led_to_and_what_it_changed(api: Api) -> None:
    version, seq = await held(api)

    told = (await api.get(f"/v1/orders/o-1/timeline/{seq}")).json()

    assert (told["what"], told["who"], told["hidden"]) == ("order.edit.v1", "ann", [])
    assert told["said"]["fact"]["carrier"] == "swift"
    assert {each["type"] for each in told["messages"]} == set(told["told"])
    assert all(each["data"] is not None and each["id"] for each in told["messages"])
    changed = {each["path"]: (each["before"], each["after"]) for each in told["changes"]}
    assert changed["/carrier"] == (None, "swift")
    assert changed["/version"] == (version, version + 1)
    assert changed["/contact/shipping_address/postcode"] == ("59000", "59800")


async def test_changes_since_a_version_are_told_field_by_field(api: Api) -> None:
    version, _ = await held(api)

    told = (await api.get("/v1/orders/o-1/changes", params={"since": version})).json()
    later = (await api.get("/v1/orders/o-1/changes", params={"since": version + 1})).json()
    none = (await api.get("/v1/orders/o-1/changes", params={"since": version + 2})).json()

    paths = {each["path"] for each in told["fields"]}
    assert [each["what"] for each in told["items"]] == ["order.edit.v1", "order.hold.v1"]
    assert {"/carrier", "/version"} <= paths
    assert any(path.startswith("/holds") for path in paths)
    assert "/carrier" not in {each["path"] for each in later["fields"]}
    assert (none["items"], none["fields"]) == ([], [])


async def test_changes_are_told_to_the_last_one_in_pages_and_a_lost_edit_has_the_newest(
    beside: Api, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    await books.store(*["o-1"] * 250)
    context = cast(Context, SimpleNamespace(desk=SimpleNamespace(engine=beside.stage.engine)))

    seqs, cursor, pages = list[int](), "0", 0
    while cursor is not None:
        page = (await beside.get("/v1/orders/o-1/changes", params={"since": 7, "cursor": cursor})).json()
        seqs, cursor, pages = seqs + [each["seq"] for each in page["items"]], page["next_cursor"], pages + 1
    newest = await entries_since(context, "o-1", 7)

    assert (seqs, pages) == (list(range(8, 251)), 3)
    assert [each.seq for each in newest] == list(range(151, 251))


async def test_operators_see_the_entry_without_what_people_said(api: Api) -> None:
    _, seq = await held(api)

    told = (await api.as_(rights.OPERATE).get(f"/v1/orders/o-1/timeline/{seq}")).json()

    assert (told["said"], {str(each["data"]) for each in told["messages"]}) == (None, {"None"})
    assert "/carrier" in {each["path"] for each in told["changes"]}
    assert not any("contact" in each["path"] for each in told["changes"])
    assert "59800" not in str(told)
    assert told["hidden"]


@pytest.mark.parametrize(("seq", "status"), [("999", 404), ("0", 422), ("x", 422)])
async def test_an_entry_that_is_none_is_not_there(api: Api, seq: str, status: int) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")

    told = await api.get(f"/v1/orders/o-1/timeline/{seq}")

    assert told.status_code == status
    assert told.json()["code"] in ("not_found", "data_invalid")


async def test_a_history_too_long_to_follow_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    version, seq = await held(api)
    monkeypatch.setattr("hub.desk.history.ROWS", 1)

    told = (await api.get(f"/v1/orders/o-1/timeline/{seq}")).json()
    since = (await api.get("/v1/orders/o-1/changes", params={"since": version})).json()

    assert told["changes"] is None
    assert told["said"]["fact"]["carrier"] == "swift"
    assert since["fields"] is None


async def test_operators_see_nothing_personal_in_what_came_or_went_whole(api: Api) -> None:
    line = OrderLine(line=1, sku="cup", quantity=1, unit_price=4500, personalisation="To Ada with love")
    stray = ChequeReceived(amount=Money(amount=1, currency="EUR"), drawer="Grace Hopper")
    await api.stage.say("payment.events", stray, "o-1")  # too early: it is kept with the order
    await api.stage.say("shop.events", placed("W-1", lines=(line,), shipping_fee=0), "o-1")
    await api.stage.until_state("o-1", "payment_pending")
    operator = api.as_(rights.OPERATE)

    told = [await operator.get(f"/v1/orders/o-1/timeline/{seq}") for seq in (1, 2)]
    told.append(await operator.get("/v1/orders/o-1"))
    seen = [await api.get(f"/v1/orders/o-1/timeline/{seq}") for seq in (1, 2)]

    assert {each.status_code for each in (*told, *seen)} == {200}
    for secret in ("To Ada with love", "Grace Hopper", "ada@example.org", "rue Basse"):
        assert not any(secret in each.text for each in told), secret
        assert any(secret in str(each.json()["changes"]) for each in seen), secret
