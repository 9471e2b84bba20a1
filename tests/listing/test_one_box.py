"""The one box: as what people's texts are understood, and what they find."""

import pytest

from contracts.partitioning import home
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.order import Contact, Order
from hub.desk import Desk, open_desk, order_lists, search
from hub.desk.one_box import understand
from hub.desk.order_lists import OrderFilter
from hub.desk.paging import Paging
from hub.desk.search import Found
from hub.desk.stores import Stores
from tests.domain.story import brought_to
from tests.listing.shelf import Shelf
from tests.stage import SHARDS

PAGE = Paging(b"key")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("W-4018227", ["number w4018227"]),
        ("w 401 8227", ["number w4018227", "name_postcode w 4018227"]),
        ("Ada@Example.org", ["email ada@example.org"]),
        ("+33 6 12 34 56 78", ["number +33612345678", "phone 33612345678"]),
        ("0033 (0)6.12.34.56.78", ["number 0033(0)612345678", "phone 33612345678"]),
        ("06 12 34 56 78", ["number 0612345678", "phone 0612345678"]),
        ("Vasseur", ["name vasseur"]),
        ("  JEAN-LUC d'Évreux ", ["name jean luc d evreux"]),
        ("vasseur 59800", ["number vasseur59800", "name_postcode vasseur 59800"]),
        ("Smith SW1A 1AA", ["number smithsw1a1aa", "name_postcode smith sw1a1aa"]),
        ("tail:4412", ["tail 4412"]),
        ("email:ada", ["email ada"]),
        ("name:vasseur postcode:59800", ["name_postcode vasseur 59800"]),
        ("postcode:59800", ["name_postcode 59800"]),
        ('name:"de la tour"', ["name de la tour"]),
        ("sku:Shirt-1-M vasseur", ["sku+name shirt1m vasseur"]),
        ("phone:0612345678", ["phone 0612345678"]),
        ("tracking:3s123 state:sent", ["tracking 3s123"]),
        ("state:sent", []),
        ("", []),
        ("  ", []),
        ("état:envoyé", ["name etat envoye"]),
        ("!!", ["number !!"]),
    ],
)
def test_a_text_is_understood_as_what_it_looks_like(text: str, kinds: list[str]) -> None:
    found = [f"{each.understood.kind} {each.understood.value}" for each in understand(text).alternatives]

    assert found == kinds


@pytest.mark.parametrize(
    ("text", "tail"), [("4412", "4412"), ("123456", "123456"), ("12 34 56", "123456"), ("W4412", "")]
)
def test_few_digits_may_be_the_end_of_a_number(text: str, tail: str) -> None:
    assert [each.understood.value for each in understand(text).otherwise] == ([tail] if tail else [])


def customer(name: str, email: str, phone: str, postcode: str, country: str = "FR") -> Contact:
    address = facts.Address(name=name, street="1 rue", city="Lille", postcode=postcode, country=country)
    return Contact(facts.Customer(email, name=name, email=email, phone=phone), address)


def order(number: str, contact: Contact, store: str = "lille", state: str = "sent", customer_id: str = "c-1") -> Order:
    made = brought_to(state).order
    parcels = tuple(changed(each, tracking_number=f"3S-{number}-NL") for each in made.shipments)
    known = changed(made, id=f"id-{number}", number=number, store=store, shipments=parcels)
    return changed(known, contact=contact, customer_id=customer_id)


VASSEUR = customer("Élodie Vasseur", "elodie@vasseur.fr", "06 12 34 56 78", "59800")
SMITH = customer("John Smith", "j.smith@example.co.uk", "+44 7911 123456", "SW1A 1AA", "GB")
ORDERS = (
    order("W-100", VASSEUR, customer_id="c-7"),
    order("W-101", VASSEUR, customer_id="c-7", state="delivered"),
    order("W-200", SMITH, store="london"),
    order("X-94412", SMITH, store="london"),
    order("D-1", VASSEUR, state="draft"),
)


@pytest.fixture
async def desk(shelf: Shelf) -> Desk:
    for each in ORDERS:
        await shelf.put(each, shard=home(each.id, SHARDS))
    await shelf.project()
    async with open_desk(shelf.settings) as desk:
        return Desk(desk.settings, shelf.engine, desk.log)


async def find(desk: Desk, text: str, stores: Stores = None) -> Found:
    return await search.orders(desk, stores, text, OrderFilter(), PAGE)


def numbers(found: Found) -> set[str]:
    return {each.number for each in found.page.items}


CASES = [
    ("w100", {"W-100"}, "W-100"),
    ("W-1", set(), None),
    ("3s w-200 nl", {"W-200"}, "W-200"),
    ("tracking:3S-W-101-NL", {"W-101"}, "W-101"),
    ("elodie@vasseur.fr", {"W-100", "W-101"}, None),
    ("ELO@", set(), None),
    ("elodie@v", {"W-100", "W-101"}, None),
    ("+33 6 12 34 56 78", {"W-100", "W-101"}, None),
    ("0612345678", {"W-100", "W-101"}, None),
    ("+44 (0)7911 123456", {"W-200", "X-94412"}, None),
    ("07911 123456", {"W-200", "X-94412"}, None),
    ("vasseur", {"W-100", "W-101"}, None),
    ("Elodie VASS", {"W-100", "W-101"}, None),
    ("vasseur smith", set(), None),
    ("vass 59800", {"W-100", "W-101"}, None),
    ("vasseur 59801", set(), None),
    ("smith sw1a1aa", {"W-200", "X-94412"}, None),
    ("smith SW1A 1AA", {"W-200", "X-94412"}, None),
    ("postcode:59800", {"W-100", "W-101"}, None),
    ("4412", {"X-94412"}, None),
    ("tail:5678", {"W-100", "W-101"}, None),
    ("tail:00nl", {"W-100", "W-200"}, None),
    ("customer:C-7", {"W-100", "W-101"}, None),
    ("vasseur state:delivered", {"W-101"}, None),
    ("store:london", {"W-200", "X-94412"}, None),
    ("state:draft", set(), None),
    ("D-1", set(), None),
    ("nobody", set(), None),
]


@pytest.mark.integration
@pytest.mark.rule("EP-04")
async def test_what_people_type_finds_what_they_mean(desk: Desk) -> None:
    for text, wanted, only in CASES:
        found = await find(desk, text)
        assert (numbers(found), found.only) == (wanted, only), text


@pytest.mark.integration
async def test_who_sees_one_store_finds_nothing_of_another_nor_that_it_is_there(desk: Desk) -> None:
    here = frozenset({"lille"})

    assert numbers(await find(desk, "smith", here)) == set()
    assert numbers(await find(desk, "vasseur", here)) == {"W-100", "W-101"}
    elsewhere, nowhere = await find(desk, "W-200", here), await find(desk, "W-999", here)
    assert [each.kind for each in elsewhere.understood] == [each.kind for each in nowhere.understood]
    assert numbers(await find(desk, "store:london", here)) == set()
    assert numbers(await find(desk, "smith", frozenset())) == set()
    customers = await order_lists.of_customer(desk, frozenset({"london"}), "c-7", PAGE)
    assert customers.items == []


@pytest.mark.integration
async def test_a_text_says_as_what_it_was_understood(desk: Desk) -> None:
    found = await find(desk, "w100")
    assert [(each.kind, each.value) for each in found.understood] == [("number", "w100")]
    found = await find(desk, "vasseur 59800 state:sent")
    assert [(each.kind, each.value) for each in found.understood] == [
        ("name_postcode", "vasseur 59800"),
        ("state", "sent"),
    ]
    assert not found.narrowed


@pytest.mark.integration
async def test_a_name_that_very_many_have_is_narrowed_to_the_newest(library: Desk) -> None:
    found = await find(library, "martin")

    assert found.narrowed
    assert len(found.page.items) == PAGE.limit
    newest = [int(each.number[1:]) for each in found.page.items]
    assert newest == sorted(newest, reverse=True)
    assert newest[0] == 4_100_000


@pytest.mark.integration
async def test_who_sees_one_store_finds_all_his_own_of_a_name_that_others_have_more_often(library: Desk) -> None:
    counting = Paging(b"key", count=True)

    found = await search.orders(library, frozenset({"store-3"}), "martin", OrderFilter(), counting)

    assert not found.narrowed
    assert found.page.count is not None
    assert found.page.count.value >= 900  # every fifth of a hundred thousand, in one of twenty stores, but for drafts
    assert {each.store for each in found.page.items} == {"store-3"}
