"""Failed records on pages: by cause, one by one, and whole; each act on what was seen, once, with its reason."""

import json
import re
from urllib.parse import unquote

import httpx2
import pytest

from contracts.envelope import Envelope
from contracts.shop import OrderPlaced
from domain import rights
from tests.api.server import Api
from tests.console.visitor import Visiting, hidden, text_of
from tests.integration.messages import named, placed

pytestmark = pytest.mark.integration
LETTERS = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, headers, source)
  SELECT 0, 1, i, :kind, :code, :detail, 'fraud.events', :headers, '/partners/fraud'
  FROM generate_series(1, :count) AS i"""


async def letters(
    api: Api, count: int, code: str = "data_invalid", kind: str = "dead_letter", detail: str = "odd"
) -> None:
    await api.stage.change(LETTERS, headers=b"[]", count=count, code=code, kind=kind, detail=detail)


async def broken(api: Api, order: str) -> int:
    """Have an order fail whose lines have a quantity that none can have; return the record's number."""
    told = json.loads(placed(f"N-{order}").encoded())
    told["lines"][0] |= {"quantity": -2}
    headers = Envelope(f"e-{order}", "/partners/test", OrderPlaced.type(), order, None).headers()
    await api.stage.write("shop.events", key=order.encode(), value=json.dumps(told).encode(), headers=headers)
    rows = await api.stage.until_rows(
        "SELECT id FROM set_aside WHERE kind = 'dead_letter' AND key = :k", k=order.encode()
    )
    return int(rows[0]["id"])


def form_of(page: httpx2.Response, **told: str) -> dict[str, str]:
    """Fill the form of an act as it stands on a page."""
    return {name: hidden(page, name) for name in ("key", "choice_token")} | told


async def test_causes_say_how_many_failed_and_when_and_what_helps(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside)
    empty = await ann.get("/ops/failed")
    await letters(beside, 3, detail="<b>odd</b>")
    await letters(beside, 1, "rule", "quarantined")

    page = await ann.get("/ops/failed")
    narrowed = await ann.get("/ops/failed?kind=quarantined")
    peek = await ann.get("/ops/failed/peek?kind=dead_letter&code=data_invalid", **{"HX-Request": "true"})

    assert "Nothing waits for anybody" in text_of(empty)
    assert "4 records, 2 causes" in text_of(page)
    assert "<b>odd</b>" in text_of(page)
    assert "3 in the last 24 hours" in page.text
    assert ("data_invalid" in text_of(narrowed), "Quarantine" in text_of(narrowed)) == (False, True)
    assert "then make the same change to the others" in text_of(peek)
    assert "<html" not in peek.text


@pytest.mark.parametrize(("do", "kind", "touched"), [("retry", "dead_letter", 3), ("archive", "dead_letter", 3)])
async def test_an_act_touches_what_was_seen_and_not_what_failed_since(
    beside: Api, visiting: Visiting, do: str, kind: str, touched: int
) -> None:
    ann = await visiting.signed_in(beside)
    await letters(beside, 3)
    form = await ann.get(f"/ops/failed/acts/{do}?kind={kind}")
    await letters(beside, 2)

    done = await ann.send(f"/ops/failed/acts/{do}", form_of(form, why="mended"))
    again = await ann.send(f"/ops/failed/acts/{do}", form_of(form, why="mended"))
    page = await ann.get("/ops/failed")

    assert "3 records" in text_of(form)
    assert (done.headers["location"], again.headers["location"]) == ("/ops/failed", "/ops/failed")
    (row,) = await beside.stage.rows("SELECT action, who, why, touched FROM operation")
    assert tuple(row.values()) == (do, "ann", "mended", touched)
    assert "“mended”, operation 1, by ann" in text_of(page)


async def test_what_is_chosen_by_boxes_is_meant_and_nothing_chosen_is_nothing(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside)
    await letters(beside, 2, "one")
    await letters(beside, 3, "two")
    await letters(beside, 4, "three")
    ids = [row["id"] for row in await beside.stage.rows("SELECT id FROM set_aside ORDER BY id LIMIT 2")]

    causes = await ann.get("/ops/failed/acts/retry?some=yes&cause=code%3Done&cause=code%3Dtwo")
    records = await ann.get(f"/ops/failed/acts/retry?some=yes&ids={ids[0]}&ids={ids[1]}")
    nothing = await ann.get("/ops/failed/acts/retry?some=yes&kind=dead_letter")
    skipped = await ann.get("/ops/failed/acts/skip?kind=dead_letter")

    assert [re.search(r"again: (\d+) record", text_of(each))[1] for each in (causes, records)] == ["5", "2"]  # type: ignore[index]
    assert "Nothing is chosen" in text_of(nothing)
    assert 'name="why"' not in nothing.text
    assert skipped.status_code == 200


async def test_a_refused_act_says_why_and_shows_what_is_there_now(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside)
    await letters(beside, 3)
    form = await ann.get("/ops/failed/acts/retry?kind=dead_letter")

    forged = await ann.send(
        "/ops/failed/acts/retry", form_of(form, why="mended", kind="dead_letter") | {"choice_token": "forged"}
    )
    silent = await ann.send("/ops/failed/acts/retry", form_of(form, why=" ", kind="dead_letter"))

    assert (forged.status_code, silent.status_code) == (400, 422)
    assert 'role="alert"' in forged.text
    assert "3 records" in text_of(forged)
    assert await beside.stage.rows("SELECT 1 FROM operation") == []


async def test_archived_records_come_back(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside)
    await letters(beside, 2)
    form = await ann.get("/ops/failed/acts/archive?kind=dead_letter")
    await ann.send("/ops/failed/acts/archive", form_of(form, why="nobody needs them"))
    gone, archived = await ann.get("/ops/failed"), await ann.get("/ops/failed?archived=true")

    back = await ann.get("/ops/failed/acts/restore?archived=true&kind=dead_letter")
    await ann.send("/ops/failed/acts/restore", form_of(back, why="somebody does"))

    assert ("0 records" in text_of(gone), "2 records" in text_of(archived)) == (True, True)
    assert "2 records, 1 cause" in text_of(await ann.get("/ops/failed"))


async def test_records_come_page_by_page_in_their_order(beside: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(beside)
    await letters(beside, 5)

    page = await ann.get("/ops/failed/records?kind=dead_letter&limit=3")
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following is not None
    last = await ann.get(unquote(following[1].replace("&amp;", "&")))

    assert [each.text.count('name="ids"') for each in (page, last)] == [3, 2]


async def test_an_edit_is_tried_out_then_made_to_all_that_are_like_it(api: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(api)
    numbers = [await broken(api, order) for order in named(0, count=2)]
    path = f"/ops/failed/{numbers[0]}"
    page = await ann.get(path)
    (value,) = re.findall(r'<textarea class="code"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    edited = value.replace("&#34;", '"').replace("-2", "2")

    checked = await ann.send(f"{path}/edit", {"value": edited, "go": "check", "why": ""})
    nothing = await ann.send(f"{path}/edit", {"value": value.replace("&#34;", '"'), "go": "many", "why": "w"})
    many = await ann.send(f"{path}/edit", {"value": edited, "go": "many", "why": "two, they say"})
    fields = hidden(many, "set")
    done = await ann.send(f"{path}/like", form_of(many, why="two, they say", set=fields))

    assert "← Input should be greater than or equal to 1" in text_of(page)
    assert "Tried now it would become: dead letter" in text_of(page)
    assert "So it would become: applied" in text_of(checked)
    assert nothing.status_code == 422
    assert json.loads(fields) == {"lines.0.quantity": 2}
    assert "The same change to 2 records" in text_of(many)
    assert done.headers["location"] == "/ops/failed"
    await api.stage.until_rows("SELECT 1 FROM journal WHERE outcome = 'applied'", count=2)
    closed = await ann.get(path)
    assert ("done with" in text_of(closed), "<textarea" in closed.text) == (True, False)


async def test_one_record_is_edited_with_its_headers_and_a_refusal_keeps_what_was_written(
    api: Api, visiting: Visiting
) -> None:
    ann = await visiting.signed_in(api)
    path = f"/ops/failed/{await broken(api, named(0)[0])}"
    form = {"value": '{"number": "kept"}', "header.ce_id": "e-mended", "go": "do"}

    refused = await ann.send(f"{path}/edit", {**form, "why": ""})
    done = await ann.send(f"{path}/edit", {**form, "why": "mended"})
    (row,) = await api.stage.until_rows("SELECT edited_value FROM set_aside WHERE edited_headers IS NOT NULL")

    assert refused.status_code == 422
    assert ("kept" in refused.text, "e-mended" in refused.text) == (True, True)
    assert (done.headers["location"], json.loads(row["edited_value"])) == ("/ops/failed", {"number": "kept"})


async def test_who_only_looks_finds_no_act_and_who_may_not_read_no_record(api: Api, visiting: Visiting) -> None:
    number = await broken(api, named(0)[0])
    max_ = await visiting.signed_in(api, rights.AUDIT)
    olga = await visiting.signed_in(api, rights.OPERATE)
    rob = await visiting.signed_in(api, rights.READ)

    looked = await max_.get("/ops/failed")
    acted = await max_.send("/ops/failed/acts/retry", {"why": "w", "choice_token": "t", "key": "k"})
    record = await olga.get(f"/ops/failed/{number}")
    refused = await rob.get("/ops/failed")

    assert (looked.status_code, acted.status_code, refused.status_code) == (200, 403, 403)
    assert "/ops/failed/acts" not in looked.text
    assert "orders.operate" in text_of(refused)
    assert ("Ada" in record.text, "<textarea" in record.text) == (False, False)
    assert "Retry 1" in text_of(record)


async def test_an_operation_under_way_is_shown_to_all_and_can_be_stopped(beside: Api, visiting: Visiting) -> None:
    ann, max_ = await visiting.signed_in(beside), await visiting.signed_in(beside, rights.AUDIT)
    await letters(beside, 3)
    form = await ann.get("/ops/failed/acts/retry?kind=dead_letter")
    await ann.send("/ops/failed/acts/retry", form_of(form, why="mended"))

    async def waiting() -> str:
        found = text_of(await max_.get("/ops/failed/running"))
        return found if "3 to go" in found else ""

    seen = await beside.stage.until(waiting, "the operation is seen by others")
    asked = await ann.get("/ops/operations/1/stop")
    await ann.send("/ops/operations/1/stop", {"key": hidden(asked, "key"), "why": "too early"})

    assert ("Trying again" in seen, "Stop" in seen) == (True, False)
    assert "3 records are not tried any more" in text_of(asked)
    assert await beside.stage.rows("SELECT 1 FROM set_aside WHERE asked IS NOT NULL") == []
