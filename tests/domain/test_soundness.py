"""Tables that can't be right: each is refused when it is made, in words that name the row and say what to do."""

from collections.abc import Callable
from functools import partial

import pytest

from domain.deciding.machine import Machine
from domain.deciding.soundness import TableIsUnsound
from domain.deciding.transitions import NEW, GuardWithoutWords, always, otherwise, row
from domain.deciding.words import Word, WordsLeftOut, cover
from domain.orders.facts import ParcelPacked, PickingStarted
from domain.orders.gates import COLUMNS, Gate, MatrixIsUnsound, check
from domain.orders.lifecycle import MACHINES
from domain.orders.scratchpad import OrderMachine, OrderPad, OrderTransition
from domain.orders.steps import Step


class Lamp(Word):
    OFF = "off"
    ON = "on"


class Bell(Word):
    ON = "on"


Row = OrderTransition[Lamp]
LIT: Row = row("A", Lamp.OFF, PickingStarted, Lamp.ON)


def dark(draft: OrderPad, lamp: Lamp) -> bool:
    """Tell whether it is dark (A-01)."""
    return True


def late(draft: OrderPad, lamp: Lamp) -> bool:
    """Tell whether it is late."""
    return True


def silent(draft: OrderPad, lamp: Lamp) -> bool:
    return True


def vague(draft: OrderPad, lamp: Lamp) -> bool:
    """Return something."""
    return True


def machine(
    *rows: Row, told: bool = False, unique: bool = False, ends: tuple[Lamp, ...] = (Lamp.OFF, Lamp.ON)
) -> OrderMachine[Lamp]:
    return Machine(
        "lamp",
        rows,
        Lamp,
        (Lamp.OFF,),
        ends,
        lambda draft: (),
        str,
        lambda lamp: lamp,
        lambda draft, lamp, state: None,
        told=told,
        unique=unique,
    )


def refused(*rows: Row, told: bool = False, unique: bool = False) -> str:
    with pytest.raises(TableIsUnsound) as error:
        machine(*rows, told=told, unique=unique)
    assert str(error.value).startswith("The table of the lamp can't be right: ")
    return str(error.value).split(": ", 1)[1]


def test_a_row_takes_one_of_a_thing_or_several() -> None:
    one = row("A", Lamp.OFF, ParcelPacked, Lamp.ON, when=dark)
    several = row("A", (Lamp.OFF, Lamp.ON), (ParcelPacked, Step.ASK), when=(dark, late), then=(lambda d, s: None,))

    assert (one.source, one.on) == (frozenset({Lamp.OFF}), (ParcelPacked,))
    assert (one.target, one.when, one.effects) == (Lamp.ON, "it is dark", ())
    assert (several.source, several.on) == (frozenset({Lamp.OFF, Lamp.ON}), (ParcelPacked, Step.ASK))
    assert (several.target, several.when) == (None, "it is dark, and it is late")
    assert len(several.effects) == 1


def test_a_row_that_asks_several_things_is_taken_when_all_are_so() -> None:
    def never(draft: OrderPad, lamp: Lamp) -> bool:
        """Tell whether never."""
        return False

    asked: Callable[..., bool] = row("A", Lamp.OFF, ParcelPacked, Lamp.ON, when=(dark, never)).guard

    assert not asked(None, Lamp.OFF)
    assert row("A", Lamp.OFF, ParcelPacked, Lamp.ON).guard is always


@pytest.mark.parametrize("guard", [silent, vague, partial(dark), lambda draft, lamp: True])
def test_a_guard_that_says_nothing_for_readers_is_refused(guard: Callable[[OrderPad, Lamp], bool]) -> None:
    with pytest.raises(GuardWithoutWords, match=r"^Row O-99: readers can't be told what .+ asks\. Begin its docstring"):
        row("O-99", Lamp.OFF, PickingStarted, Lamp.ON, when=guard)


def test_a_row_to_a_state_of_something_else_is_refused() -> None:
    told = refused(LIT, row("B", Lamp.ON, ParcelPacked, Bell.ON))

    assert told == "row B names Bell.ON, which is no Lamp: name one of its states."


def test_a_row_from_a_state_of_something_else_is_refused() -> None:
    assert "row B names Bell.ON, which is no Lamp" in refused(LIT, row("B", (Lamp.OFF, Bell.ON), ParcelPacked))


def test_a_row_that_starts_nowhere_is_refused() -> None:
    told = "row B starts from no state or by nothing: say from where and on what, or take it out."

    assert refused(LIT, row("B", frozenset({Lamp.ON}) - {Lamp.ON}, ParcelPacked)) == told
    assert refused(LIT, row("B", Lamp.ON, ())) == told


def test_a_state_that_nothing_leads_to_is_refused_with_the_rows_from_there() -> None:
    told = refused(row("B", Lamp.ON, ParcelPacked, Lamp.OFF))

    assert told == (
        "nothing leads to Lamp.ON: write the row to it, or say that things may begin there; "
        "row B starts from Lamp.ON, where nothing leads to: write the row to there, or take it out."
    )


def test_a_state_that_nothing_leads_away_from_is_refused_unless_things_may_end_there() -> None:
    stays: Row = row("B", Lamp.ON, ParcelPacked)

    with pytest.raises(TableIsUnsound) as error:
        machine(LIT, stays, ends=(Lamp.OFF,))

    told = "nothing leads away from Lamp.ON: write the row that does, or say that things may end there."
    assert str(error.value) == f"The table of the lamp can't be right: {told}"
    assert machine(LIT, stays, ends=(Lamp.ON,))


def test_a_row_from_nothing_is_refused_where_things_begin_otherwise() -> None:
    assert "row B starts from nowhere, where nothing leads to" in refused(LIT, row("B", NEW, ParcelPacked, Lamp.OFF))


@pytest.mark.parametrize("above", [LIT, row("A", Lamp.OFF, PickingStarted, Lamp.ON, when=dark)])
def test_a_row_below_one_that_is_always_taken_before_it_is_refused(above: Row) -> None:
    told = refused(above, row("B", (Lamp.OFF, Lamp.ON), (PickingStarted, ParcelPacked), when=(dark, late)))

    assert told == (
        "row B from Lamp.OFF on PickingStarted is never reached, row A above it is always taken: "
        "put it above, or take it out."
    )


def test_a_row_below_one_that_asks_something_else_has_its_turn() -> None:
    assert machine(
        row("B", Lamp.OFF, PickingStarted, when=(dark, late)), row("B", Lamp.OFF, PickingStarted, when=dark), LIT
    )


def test_a_row_below_one_that_stays_has_its_turn_only_where_settling_tries_again() -> None:
    stays: Row = row("A", Lamp.OFF, PickingStarted)
    below: Row = row("B", Lamp.OFF, PickingStarted, Lamp.ON)

    assert "row B from Lamp.OFF on PickingStarted is never reached" in refused(stays, below)
    assert machine(stays, below, told=True)
    assert machine(row("A", Lamp.OFF, Step.AUTOMATIC), row("B", Lamp.OFF, Step.AUTOMATIC, Lamp.ON))


def test_an_otherwise_without_the_other_way_above_it_is_refused() -> None:
    told = refused(LIT, row("B", Lamp.ON, Step.ASK, when=otherwise))

    assert told == (
        "row B from Lamp.ON on Step.ASK says otherwise, but no row above it starts there: "
        "say when, or leave `when` out."
    )


def test_a_rule_with_two_rows_is_refused_only_where_each_has_one() -> None:
    twice: tuple[Row, Row] = (LIT, row("A", Lamp.ON, ParcelPacked, Lamp.OFF))

    told = refused(*twice, unique=True)

    assert told == "rule A has 2 rows: give each its own, or let the table have several a rule."
    assert machine(*twice)


def test_every_table_says_when_in_words() -> None:
    for each in MACHINES:
        for line in each.table:
            assert bool(line.when) is bool(line.guards), (each.name, line.id)
            assert not line.when.endswith((".", ")")), (each.name, line.id)


def test_a_table_that_leaves_a_word_out_is_refused() -> None:
    with pytest.raises(WordsLeftOut) as error:
        cover(Lamp, {Lamp.OFF: 1}, "lamps.WATTS", "say how much it takes")

    assert str(error.value) == "lamps.WATTS has no entry for Lamp.ON: say how much it takes."
    cover(Lamp, Lamp, "lamps.WATTS", "say how much it takes")


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (
            "+",
            f"it has 1 cells for {len(COLUMNS)} columns: give it as many, "
            "or let a new state share the gates of another",
        ),
        ("?" * len(COLUMNS), "nobody knows the cell ?: use + or a letter of _NO"),
    ],
)
def test_a_row_of_the_gate_matrix_that_fits_no_column_or_word_is_refused(cells: str, fault: str) -> None:
    with pytest.raises(MatrixIsUnsound) as error:
        check({"paint": Gate(cells)})

    assert str(error.value) == f"The row paint of the gate matrix can't be right: {fault}."
