"""A state that is new: whatever must know it says so when it is imported, not on the first order that gets there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "domain"
ORDER = "orders/order"
STATE = f"{ORDER}/state.py"
ENGRAVING = (
    (STATE, '    SENT = "sent", 80\n', '    ENGRAVING = "engraving"\n    SENT = "sent", 80\n'),
    (STATE, '"engraving"\n', '"engraving", 75\n'),
    (STATE, " - - picking\n", " - - picking\n    - - - - - - - - + + + - - + + - + - - - engraving\n"),
    (STATE, '"engraving", 75\n', '"engraving", 75, "picking"\n'),
    (
        "orders/lifecycle.py",
        "] = (\n    row(",
        '] = (\n    row("O-99", PICKING, facts.CustomerAnswered, State.ENGRAVING),\n    row(',
    ),
    (
        "orders/lifecycle.py",
        "] = (\n    row(",
        '] = (\n    row("O-99", State.ENGRAVING, facts.CarrierInTransit, SENT),\n    row(',
    ),
    (
        "orders/view/system_words.py",
        "    State.SENT: OrderWords(",
        '    State.ENGRAVING: OrderWords(None, None, None, None, None, None, ""),\n    State.SENT: OrderWords(',
    ),
    ("orders/view/waiting.py", "    State.SENT: (", '    State.ENGRAVING: ("x", "engraver"),\n    State.SENT: ('),
)
"""All that an order's new state asks for, in the order in which it is asked: file, place, and the place after it."""
ASKED = (
    "domain.orders.order.state.State, its ranks, has no entry for State.ENGRAVING: write beside its word how far",
    "domain.orders.order.state.ORDERS can't be right: State.ENGRAVING has no line: say + or - of it in the column of "
    "each set:\n  unapproved: it is a draft, or still waits for its money or a person's judgment\n  doubted: a person",
    "it has 12 cells for 13 columns: give it as many",
    "The table of the order can't be right: nothing leads to State.ENGRAVING: write the row to it",
    "The table of the order can't be right: nothing leads away from State.ENGRAVING: write the row that does, or say",
    "domain.orders.view.system_words.ORDER has no entry for State.ENGRAVING: say what each system calls such an order",
    "domain.orders.view.waiting._EXPECTED has no entry for State.ENGRAVING: name the message",
)
OTHERS = [
    (
        "PaymentState",
        f"{ORDER}/payment.py",
        "domain.orders.order.payment.PAYMENTS can't be right",
        "open: its money is",
    ),
    ("RefundState", f"{ORDER}/refunds.py", "domain.orders.order.refunds.REFUNDS can't be right", "payable: it is"),
    ("ReturnState", f"{ORDER}/returns.py", "domain.orders.order.returns.RETURNS can't be right", "open: its goods can"),
    ("ExchangeState", f"{ORDER}/exchanges.py", "domain.orders.order.exchanges.EXCHANGES can't be right", "given: its"),
    (
        "FlashState",
        f"{ORDER}/flash_reorders.py",
        "domain.orders.order.flash_reorders.FLASHES can't be right",
        "live: it",
    ),
    ("RecallState", f"{ORDER}/recalls.py", "domain.orders.order.recalls.RECALLS can't be right", "acceptable: its"),
    (
        "ShipmentState",
        f"{ORDER}/shipments.py",
        "domain.orders.order.shipments.SHIPMENTS can't be right",
        "out: its goods",
    ),
    ("LineState", f"{ORDER}/lines.py", "domain.orders.order.lines.LINES can't be right", "kept: it is in the order"),
    ("HoldState", "orders/holds.py", "The table of the hold can't be right: nothing leads to HoldState.LOST", ""),
    (
        "Deadline",
        "deciding/deadlines.py",
        "domain.deciding.deadlines.OWED has no entry for Deadline.LOST: name the",
        "",
    ),
]
"""What asks first for a new member of each enumeration, and the beginning of one of its questions."""
PLACED = [
    (
        "RefundState",
        f"{ORDER}/refunds.py",
        "domain.orders.money.refunds._NEXT has no entry for RefundState.LOST: say what may be done",
    ),
    (
        "ReturnState",
        f"{ORDER}/returns.py",
        "domain.orders.returns.returns._NEXT has no entry for ReturnState.LOST: say what may be done",
    ),
    (
        "ExchangeState",
        f"{ORDER}/exchanges.py",
        "domain.orders.returns.exchanges._AWAITED has no entry for ExchangeState.LOST: say which",
    ),
    (
        "ShipmentState",
        f"{ORDER}/shipments.py",
        "domain.orders.gates._REACHED has no entry for ShipmentState.LOST: say which column",
    ),
    (
        "PaymentState",
        f"{ORDER}/payment.py",
        "The table of the payment can't be right: nothing leads to PaymentState.LOST",
    ),
    ("FlashState", f"{ORDER}/flash_reorders.py", "The table of the flash can't be right: nothing leads to"),
    ("RecallState", f"{ORDER}/recalls.py", "The table of the recall can't be right: nothing leads to"),
]
"""What asks next, once each set knows it."""


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """A copy of the rules."""
    shutil.copytree(DOMAIN, tmp_path / "domain", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def edit(rooms: Path, file: str, before: str, after: str) -> None:
    path = rooms / "domain" / file
    text = path.read_text()
    assert text.count(before) == 1, (file, before)
    path.write_text(text.replace(before, after))


def imported(rooms: Path) -> str:
    """What importing the rules and their views ends with; nothing when it ends well."""
    asked = [sys.executable, "-B", "-c", "import domain.orders.decide, domain.orders.view.projection"]
    return subprocess.run(asked, cwd=rooms, capture_output=True, text=True, check=False).stderr


def test_a_new_state_of_an_order_is_asked_for_in_every_table_before_anything_runs(rooms: Path) -> None:
    for (file, before, after), asks in zip(ENGRAVING, ASKED, strict=False):
        edit(rooms, file, before, after)
        assert asks in imported(rooms)

    edit(rooms, *ENGRAVING[-1])

    assert imported(rooms) == ""


@pytest.mark.parametrize(("kind", "file", "asks", "question"), OTHERS)
def test_a_new_state_of_another_thing_is_asked_for_before_anything_runs(
    rooms: Path, kind: str, file: str, asks: str, question: str
) -> None:
    add(rooms, kind, file)

    told = imported(rooms)

    assert asks in told
    assert question in told


@pytest.mark.parametrize(("kind", "file", "asks"), PLACED)
def test_a_new_state_that_each_set_knows_is_asked_for_by_the_tables(
    rooms: Path, kind: str, file: str, asks: str
) -> None:
    add(rooms, kind, file)
    path = rooms / "domain" / file
    row = re.search(r"^    ([+-](?: [+-])*) \w+\n", path.read_text(), re.MULTILINE)
    assert row is not None

    path.write_text(path.read_text().replace(row[0], f"{row[0]}    {row[1].replace('+', '-')} lost\n"))

    assert asks in imported(rooms)


def add(rooms: Path, kind: str, file: str) -> None:
    """Add the member `LOST` to an enumeration."""
    head = re.search(rf'class {kind}\(Word\):\n    """[^"]*"""\n\n', (rooms / "domain" / file).read_text())
    assert head is not None
    edit(rooms, file, head[0], f'{head[0]}    LOST = "lost"\n')
