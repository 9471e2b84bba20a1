"""The check finds whatever differs from the documents, and mends it; what is still to come is no difference."""

import pytest

from contracts.partitioning import home
from domain.deciding.values import changed
from hub.desk import Desk, listing
from hub.desk.operations import Act
from tests.domain.story import brought_to
from tests.domain.world import Script, played
from tests.listing.shelf import Shelf
from tests.stage import SHARDS

pytestmark = pytest.mark.integration
TAMPERED = {
    "a row is gone": ("DELETE FROM order_list WHERE order_id = 'b'", "missing"),
    "a column differs": ("UPDATE order_list SET total = total + 1 WHERE order_id = 'b'", "differs"),
    "a hash differs": ("UPDATE order_list SET digest = '' WHERE order_id = 'b'", "differs"),
    "a number is behind": ("UPDATE order_list SET seq = seq - 1 WHERE order_id = 'b'", "differs"),
    "a term is gone": (
        "DELETE FROM order_term WHERE kind = 6 AND n = (SELECT n FROM order_list WHERE order_id = 'b')",
        "differs",
    ),
    "a term is too much": (
        "INSERT INTO order_term SELECT 'evil', 6, placed_at, n FROM order_list WHERE order_id = 'b'",
        "differs",
    ),
    "a term has another time": (
        "UPDATE order_term SET placed_at = now() WHERE n = (SELECT n FROM order_list WHERE order_id = 'b')",
        "differs",
    ),
    "a refund is gone": ("DELETE FROM refund_list WHERE order_id = 'b'", "differs"),
    "a return differs": ("UPDATE return_list SET state = 'draft' WHERE order_id = 'b'", "differs"),
    "an order is gone": ("DELETE FROM orders WHERE order_id = 'b'", "extra"),
}


@pytest.fixture
async def kept(shelf: Shelf) -> Shelf:
    """Three orders, one of them returned and refunded, and all listed."""
    returned = played(Script(returned="all")).hub.decisions[-1].after
    for order_id, order in (("a", brought_to("confirmed").order), ("b", returned), ("c", brought_to("sent").order)):
        await shelf.put(changed(order, id=order_id, number=f"N-{order_id}"), shard=home(order_id, SHARDS))
    await shelf.project()
    return shelf


def desk_of(shelf: Shelf) -> Desk:
    return Desk(shelf.settings, shelf.engine, None)  # type: ignore[arg-type]  # the listing asks no log


async def test_what_is_as_it_should_be_is_no_difference(kept: Shelf) -> None:
    found = await listing.check(desk_of(kept))

    assert (found.checked, found.behind, found.differences) == (3, 0, [])
    assert (await listing.show(desk_of(kept))).differences == 0


@pytest.mark.parametrize("name", TAMPERED)
async def test_tampering_is_found_and_mended(kept: Shelf, name: str) -> None:
    statement, what = TAMPERED[name]
    assert await kept.change(statement) > 0
    desk = desk_of(kept)

    found = await listing.check(desk)
    assert [(each.order_id, each.what) for each in found.differences] == [("b", what)]
    assert (await listing.show(desk)).differences == 1
    assert [each["kind"] for each in await kept.rows("SELECT kind FROM attention WHERE NOT done")] == [
        "listing_differs"
    ]

    mended = await listing.check(desk, mend=True)
    assert mended.mended == 1
    assert (await listing.check(desk)).differences == []
    assert await kept.rows("SELECT kind FROM attention WHERE NOT done") == []


async def test_what_the_projector_has_yet_to_write_is_no_difference(kept: Shelf) -> None:
    await kept.put(changed(brought_to("picking").order, id="a"), shard=home("a", SHARDS))
    await kept.put(changed(brought_to("picking").order, id="new"), shard=home("new", SHARDS))

    found = await listing.check(desk_of(kept))

    assert (found.checked, found.behind, found.differences) == (4, 2, [])


async def test_a_sample_looks_at_so_many_orders(kept: Shelf) -> None:
    await kept.change("UPDATE order_list SET total = 1")
    desk = desk_of(kept)

    found = await listing.check(desk, sample=3)
    assert found.checked == 3
    assert len(found.differences) == 3
    assert (await listing.check(desk, sample=1)).checked == 1


async def test_a_rebuild_is_an_operation_and_mends_everything(kept: Shelf) -> None:
    await kept.change("DELETE FROM order_term")
    desk = desk_of(kept)

    assert await listing.rebuild(desk, Act("a test", "ann", "key-1"))
    assert (await listing.show(desk)).standing.state is listing.State.BUILDING
    await kept.project()

    assert await kept.differences() == []
    (done,) = await kept.rows("SELECT action, who, why FROM operation")
    assert done == {"action": "rebuild listing", "who": "ann", "why": "a test"}
    assert await listing.rebuild(desk, Act("a test", "ann", "key-1"))
    assert (await listing.show(desk)).standing.state is listing.State.CURRENT


async def test_while_the_listing_is_built_what_is_still_to_come_is_no_difference(kept: Shelf) -> None:
    await kept.change("DELETE FROM order_list")
    await kept.change("UPDATE listing_build SET walked = 'a'")

    found = await listing.look(desk_of(kept))

    assert [(each.order_id, each.what) for each in found.differences] == [("a", "missing")]
    assert found.behind == 2
