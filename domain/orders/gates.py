"""Gates: which command an order takes in which state, as one table (matrix b.0), and what it answers elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from contracts import commands as desk
from domain.deciding.decision import Refusal
from domain.deciding.words import cover
from domain.orders import facts
from domain.orders.order import LINES, Order, Shipment, ShipmentState, State

COLUMNS: Final[tuple[frozenset[State], ...]] = tuple(
    frozenset(other for other in State if other.gates == state) for state in State if state.gates == state
)
"""The columns of the table, in the order in which an order passes them; states that share their gates share one."""
_AT: Final = MappingProxyType({state: n for n, column in enumerate(COLUMNS) for state in column})
cover(State, _AT, f"{__name__}.COLUMNS", "name the state whose gates it has, or leave that out for gates of its own")
_REACHED: Final[Mapping[ShipmentState, State | None]] = MappingProxyType(
    {
        **dict.fromkeys((ShipmentState.PLANNED, ShipmentState.AWAITING_AVAILABILITY, ShipmentState.NOT_REQUIRED)),
        ShipmentState.RESERVED: State.CONFIRMED,
        ShipmentState.RELEASED: State.CONFIRMED,
        ShipmentState.PICKING: State.PICKING,
        ShipmentState.PACKED: State.SHIPPING,
        ShipmentState.SENT: State.SENT,
        ShipmentState.DELIVERED: State.DELIVERED,
        ShipmentState.CANCELLED: State.CANCELLED,
    }
)
"""The state whose column counts for a shipment that is so; None: the order's own."""
cover(ShipmentState, _REACHED, f"{__name__}._REACHED", "say which column counts for a shipment that is so")


@dataclass(frozen=True, slots=True)
class Gate:
    """A row: a cell per column, `+` (allowed) or the letter of the refusal below; `ids`: the rules that it is from."""

    cells: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _No:
    code: str
    detail: str
    hint: str


_LOOK: Final = "hub order show lists what may be done now"
_BACK: Final = "have it returned once it is sent: return.create"
_NO: Final[Mapping[str, _No]] = MappingProxyType(
    {
        ".": _No("gate", "the order is {state}: there is nothing to do this to", _LOOK),
        "g": _No("gate", "an order that is {state} can't be changed like this", _LOOK),
        "e": _No("gate", "the order is {state} already", "place another order: order.draft"),
        "u": _No("duplicate", "the order exists already; it is {state}", "look at the order as it stands"),
        "v": _No("gate", "only a draft is voided; this order is {state}", "cancel the order"),
        "c": _No(
            "gate_confirmed",
            "the order is {state}: its goods are set aside for it as it stands",
            "recall it with the intent to modify: order.recall",
        ),
        "k": _No("gate_confirmed", "the order is {state}: its goods are packed or gone as they are", _BACK),
        "f": _No(
            "gate_confirmed",
            "the order is {state}: its price is fixed",
            "refund the difference after shipping: refund.request",
        ),
        "r": _No(
            "gate_confirmed",
            "the order is {state}: the warehouse has it",
            "ask the warehouse to stop it: order.recall",
        ),
        "d": _No("gate", "the order is {state}: the warehouse doesn't have it yet", "change or cancel it directly"),
        "p": _No("packed", "the order is {state}: its goods are packed or gone", _BACK),
        "s": _No("not_shipped", "this needs goods that were sent; the order is {state}", "wait until they are sent"),
        "m": _No("gate", "no money of this order is taken yet; it is {state}", "change the price, or cancel"),
    }
)
_CONTENTS: Final = ("O-26", "OSM-40", "OSM-41", "OSM-42", "OSM-43", "OSM-44", "EP-12")

#                                   draft
#                                   |payment_pending
#                                   ||risk_review, risk_follow_up
#                                   |||approved
#                                   ||||availability_requested
#                                   |||||processing
#                                   ||||||confirmed
#                                   |||||||picking
#                                   ||||||||shipping
#                                   |||||||||sent
#                                   ||||||||||delivered, completed
#                                   |||||||||||cancelled, voided
MATRIX: Final[Mapping[str, Gate]] = MappingProxyType(
    {
        "submit": Gate("+uuuuuuuuuuu", ("OMC-11",)),
        "call": Gate("+ggggggggggg", ("O-02", "O-03", "OMC-11", "OMC-13")),
        "void": Gate("+vvvvvvvvvvv", ("OMC-06", "OMC-14")),
        "approve": Gate("+g+........e", ("OSM-27", "OSM-79")),
        "follow up": Gate("gg+........e"),
        "cheque": Gate(".+gggggggggg", ("OSM-30", "OSM-31")),
        "modify": Gate("++++++cckkke", _CONTENTS),
        "price": Gate("++++++fffffe", ("O-26", "OSM-49", "OSM-51")),
        "address": Gate("++++++cckkke", ("O-26", "OSM-46", "OSM-47", "OSM-48", "EP-13")),
        "split": Gate("g+++++cckkke", ("S-02", "EP-34", "EP-36")),
        "cancel": Gate("++++++rrpppe", ("OSM-36", "OSM-38", "EP-14")),
        "recall": Gate("dddddd++pppe", ("OSM-37", "OSM-38")),
        "hold": Gate("g+++++rrpppe", ("EP-09", "OMC-15")),
        "release hold": Gate(".++++++++++e", ("EP-10", "OMC-16")),
        "flash": Gate("ggggg+gggggg", ("OSM-57",)),
        "item refund": Gate("sssssssss++s", ("OSM-67",)),
        "goodwill refund": Gate("mm++++++++++", ("EP-53", "EP-54", "EP-55")),
        "return": Gate("sssssssss++s", ("OSM-81", "EP-15", "EP-16")),
        "zero order": Gate("sssssssss++s", ("OSM-74",)),
        "resend": Gate("g+++++++++++", ("OMC-35",)),
        "lock": Gate("++++++cckkke", ("K-01",)),
        "note": Gate("++++++++++++", ("EP-22", "OSM-65", "PEL-25")),
    }
)
"""The gate matrix: rows are kinds of commands, columns states."""


class MatrixIsUnsound(Exception):
    """The row {row} of the gate matrix can't be right: {fault}."""

    def __init__(self, row: str, fault: str) -> None:
        super().__init__(row, fault)
        self.row = row
        self.fault = fault

    def __str__(self) -> str:
        return (self.__doc__ or "").format(**vars(self))


def check(matrix: Mapping[str, Gate]) -> None:
    """Raise `MatrixIsUnsound` unless each row has a cell for every column, and each cell a meaning."""
    for row, gate in matrix.items():
        if len(gate.cells) != len(COLUMNS):
            fault = f"it has {len(gate.cells)} cells for {len(COLUMNS)} columns: give it as many"
            raise MatrixIsUnsound(row, f"{fault}, or let a new state share the gates of another")
        strange = "".join(sorted(set(gate.cells) - set(_NO) - {"+"}))
        if strange:
            raise MatrixIsUnsound(row, f"nobody knows the cell {strange}: use + or a letter of _NO")


check(MATRIX)

THROUGH_THE_RETURN: Final = frozenset({"modify", "price", "address", "split", "cancel", "recall"})
FREE: Final = frozenset({"support", "zero"})
_ENDING: Final = (facts.CancelOrder, desk.CancelShipment, desk.RecallOrder)
_OUT_OF_STOCK: Final = "single_line_out_of_stock"


def reached(order: Order, shipment: Shipment | None) -> State:
    """Return the state whose column counts: with several shipments, that of the one concerned."""
    assert order.state is not None
    if shipment is None:
        return order.state
    return _REACHED[shipment.state] or order.state


def concerned(order: Order, command: facts.Command) -> tuple[Shipment, ...]:
    """Return the shipments that a command is about; none: the order as a whole."""
    ids = {getattr(command, "shipment_id", None)}
    numbers: set[int] = set()
    match command:
        case desk.ModifyOrder():
            numbers = {*command.remove, *(entry.line for entry in command.change)}
        case desk.ResetPrice():
            numbers = set(command.lines)
        case desk.ChangePrice() | desk.SplitShipment() | desk.RequestRefund() | facts.CreateReturn():
            numbers = {entry.line for entry in command.lines}
    return tuple(each for each in order.shipments if each.id in ids or numbers & set(each.lines))


def _whole(order: Order, row: str) -> tuple[Shipment, ...]:
    """Return the shipments of which one that passes is enough for a command on the whole order."""
    return order.live_shipments if row in ("cancel", "recall") else ()


def cell(row: str, state: State) -> str:
    """Return the cell of a row in a state."""
    return MATRIX[row].cells[_AT[state]]


def objection(order: Order, row: str, command: facts.Command) -> Refusal | None:
    """Return why the order doesn't take this command of a row of the matrix now, if so."""
    if order.state is None:
        return None
    if "exchange" in order.holds and row in THROUGH_THE_RETURN:
        return Refusal("held", "an exchange order is changed and cancelled through its return", "cancel the return")
    concerns = concerned(order, command)
    if concerns or not any(cell(row, reached(order, each)) == "+" for each in _whole(order, row)):
        for shipment in concerns or (None,):
            state = reached(order, shipment)
            letter = cell(row, state)
            if letter != "+":
                return _refusal(row, letter, state)
    return _of_several_lines(order, command)


def _of_several_lines(order: Order, command: facts.Command) -> Refusal | None:
    reason = getattr(command, "reason", None) if isinstance(command, _ENDING) else None
    live = [line for line in order.lines if line.state in LINES["kept"]]
    if reason != _OUT_OF_STOCK or len(live) < 2:
        return None
    return Refusal("gate", "this reason is for orders of one line (A-11)", "remove the missing line instead")


def refusals() -> dict[str, str]:
    """Return by letter of a cell the code, what it says, and what may be done instead."""
    return {letter: f"{no.code}: {no.detail} ({no.hint})" for letter, no in _NO.items()}


def _refusal(row: str, letter: str, state: State) -> Refusal:
    no = _NO[letter]
    return Refusal(no.code, no.detail.format(state=state), no.hint)
