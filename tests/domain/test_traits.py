"""Traits: each state is said to be in or out of each set; nobody writes down a set of states anywhere else."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest

from adapters.postgres.listing_queries import in_state
from adapters.postgres.tables.listing import DOUBTED
from domain.deciding.traits import TraitsAreUnsound, traits
from domain.deciding.words import Word
from domain.orders import order as values
from domain.orders.order import (
    EXCHANGES,
    FLASHES,
    LINES,
    ORDERS,
    PAYMENTS,
    RECALLS,
    REFUNDS,
    RETURNS,
    SHIPMENTS,
    ExchangeState,
    FlashState,
    LineState,
    PaymentState,
    RecallState,
    RefundState,
    ReturnState,
    ShipmentState,
    State,
)

ROOT = Path(__file__).parents[2]
TABLES: Mapping[type[Word], Mapping[str, frozenset[Word]]] = {
    State: ORDERS,
    ShipmentState: SHIPMENTS,
    PaymentState: PAYMENTS,
    RefundState: REFUNDS,
    LineState: LINES,
    ReturnState: RETURNS,
    FlashState: FLASHES,
    RecallState: RECALLS,
    ExchangeState: EXCHANGES,
}
FREE = ("row", "cover", "traits", "Machine")
"""Calls that may name several states: each checks by itself what a new one needs."""
WRITTEN = sorted(path for room in ("domain", "verification", "hub/desk") for path in (ROOT / room).rglob("*.py"))
NAMES = {name for name, found in vars(values).items() if any(found is table for table in TABLES.values())}
"""The names of the tables."""


class Lamp(Word):
    OFF = "off"
    ON = "on"
    OUT = "out"


KINDS: tuple[type[Word], ...] = (*TABLES, Lamp)


LAMPS = """
    lit: it gives light
    | sound: it can be lit: again, or still
    - + off
    + + on
    - - out
"""


def refused(table: str) -> str:
    with pytest.raises(TraitsAreUnsound) as error:
        traits(Lamp, "lamps.LAMPS", table)
    assert str(error.value).startswith("The table lamps.LAMPS can't be right: ")
    return str(error.value).split(": ", 1)[1]


def test_a_table_gives_each_set_its_states() -> None:
    assert traits(Lamp, "lamps.LAMPS", LAMPS) == {"lit": {Lamp.ON}, "sound": {Lamp.OFF, Lamp.ON}}


def test_a_state_without_a_line_is_asked_for_in_every_set() -> None:
    assert refused(LAMPS.replace("    - - out\n", "")) == (
        "Lamp.OUT has no line: say + or - of it in the column of each set:\n"
        "  lit: it gives light\n"
        "  sound: it can be lit: again, or still."
    )


@pytest.mark.parametrize("line", ["- out", "- - - out", "- ? out", "-- out"])
def test_a_state_that_is_not_said_to_be_in_or_out_of_each_set_is_refused(line: str) -> None:
    told = refused(LAMPS.replace("- - out", line))

    assert told.startswith("Lamp.OUT has ")
    assert "for 2 sets: say + or - of it in the column of each set:\n  lit: it gives light\n  sound: " in told


def test_a_line_for_no_state_is_refused() -> None:
    assert refused(LAMPS.replace("+ on", "+ onn")).endswith(
        "\nthere is no Lamp onn: take its line out, or add the state."
    )


@pytest.mark.parametrize("line", ["    + + on\n", "    | lit: it shines\n"])
def test_a_name_or_a_state_with_two_lines_is_refused(line: str) -> None:
    assert refused(LAMPS.replace("    - - out\n", f"    - - out\n{line}")) == (
        "a name or a state has two lines: leave one."
    )


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_no_set_has_all_states_or_none_and_no_two_are_the_same(kind: type[Word]) -> None:
    sets = list(TABLES[kind].values())

    assert [found for found in sets if not found or found == set(kind)] == []
    assert len(set(sets)) == len(sets)


def test_every_set_is_asked_for_by_its_name_and_no_other_name_is() -> None:
    asked = set()
    for path in WRITTEN:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Subscript(value=ast.Name(id=table), slice=ast.Constant(value=name)) if table in NAMES:
                    asked.add((table, name))

    assert asked == {(table, name) for table in NAMES for name in getattr(values, table)}


def test_the_index_of_doubted_orders_has_those_that_are_doubted() -> None:
    assert sorted(DOUBTED.split("'")[1::2]) == sorted(map(str, ORDERS["doubted"]))
    assert in_state(ORDERS["doubted"]).sql == "t.state IN ('risk_follow_up', 'risk_review')"


def test_no_set_of_states_is_written_by_hand() -> None:
    """Such a set would not know of a new state, and nobody would be asked about it."""
    found = [
        f"{path.relative_to(ROOT)}:{each}" for path in WRITTEN for each in by_hand(path.read_text(), module_of(path))
    ]

    assert found == [], "name the set in the table of its states in domain/orders/order, and ask for it there"


def test_a_set_written_by_hand_is_found_however_it_is_written() -> None:
    here = importlib.import_module(__name__)
    for text in (
        "{Lamp.OFF, Lamp.ON}",
        "(None, Lamp.OFF, *LAMPS)",
        "lit | {Lamp.ON}",
        "a.state is Lamp.ON or b.now or a.state is Lamp.OFF",
        "a.state != Lamp.ON and a.state != Lamp.OFF",
        "a.state in lit or a.state is Lamp.OFF",
        "is_(order, Lamp.ON, Lamp.OFF)",
        "WATTS = {Lamp.ON: 9, Lamp.OFF: 0}",
    ):
        assert list(by_hand(text, here)) == ["1: " + text.removeprefix("WATTS = ")], text
    for text in (
        "(None, Lamp.OFF)",
        "lit - {Lamp.ON}",
        "a.state is Lamp.ON or b.state is State.SENT",
        "row('A', Lamp.ON, Lamp.OFF)",
        "WATTS = {Lamp.ON: 9, Lamp.OFF: 0}\ncover(Lamp, WATTS, 'WATTS', 'how much')",
    ):
        assert list(by_hand(text, here)) == [], text


def module_of(path: Path) -> ModuleType:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return importlib.import_module(name.removesuffix(".__init__"))


def by_hand(text: str, module: ModuleType) -> Iterator[str]:
    """Yield where a text names several states of one kind, or adds some to a set, with the words that do so."""
    tree = ast.parse(text)
    let = {id(inner) for node in ast.walk(tree) for inner in _let(node, tree)}
    for node in ast.walk(tree):
        if id(node) not in let and any(_is_set(node, kind, module) for kind in KINDS):
            yield f"{node.lineno}: {ast.unparse(node)}"  # type: ignore[attr-defined]


def _let(node: ast.AST, tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what may name states: what stands in a call that checks them, and tables that must cover a kind."""
    match node:
        case ast.Call(func=ast.Name(id=called)) if called in FREE:
            yield from ast.walk(node)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            if name in _covered(tree):
                yield from ast.walk(node)


def _covered(tree: ast.AST) -> set[str]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "cover")
    return {ast.unparse(call.args[1]) for call in calls}


def _is_set(node: ast.AST, kind: type[StrEnum], module: ModuleType) -> bool:
    match node:
        case ast.Set(elts=each) | ast.Tuple(elts=each) | ast.List(elts=each) | ast.Call(args=each):
            more = any(isinstance(entry, ast.Starred) for entry in each) and not isinstance(node, ast.Call)
            return _count(each, kind, module) > (0 if more else 1)
        case ast.Dict(keys=keys):
            return _count([key for key in keys if key is not None], kind, module) > 1
        case ast.BinOp(op=ast.BitOr() | ast.BitXor(), left=left, right=right):
            return any(isinstance(side, ast.Set) and _count(side.elts, kind, module) for side in (left, right))
        case ast.BoolOp(values=parts):
            asked = [part for part in parts if isinstance(part, ast.Compare)]
            named = [ast.unparse(part.left) for part in asked if _count(part.comparators, kind, module)]
            among = {ast.unparse(part.left) for part in asked if isinstance(part.ops[0], ast.In | ast.NotIn)}
            return len(set(named)) < len(named) or not among.isdisjoint(named)
    return False


def _count(nodes: list[ast.expr], kind: type[StrEnum], module: ModuleType) -> int:
    """Return how many of these are states of a kind, by whatever name the module knows them."""
    return sum(isinstance(_value(node, module), kind) for node in nodes)


def _value(node: ast.expr, module: ModuleType) -> object:
    match node:
        case ast.Name(id=name):
            return getattr(module, name, None)
        case ast.Attribute(value=inner, attr=name):
            return getattr(_value(inner, module), name, None)
    return None
