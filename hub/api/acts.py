"""The acts: one row says of each where it stands, which command it is, and what of the address goes into it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from contracts import commands as c
from contracts.commands import Command
from contracts.subjects import ORDER as ORDERS
from contracts.topics import COMMANDS

ORDER: Final = "order"
RETURN: Final = "return"
REFUND: Final = "refund"
FLASH: Final = "flash"
BODY: Final = "body"
"""The order is named by the member `order` of the body."""


@dataclass(frozen=True, slots=True)
class Row:
    """An act: its route, its command, and how the order is named.

    `edits`: it needs If-Match. `filled` are fields of the command that stand in the address, by their names there;
    `flags` are those that a query parameter sets. `variants` are the commands that a member of the body chooses where
    it is true. `made`: 201 with the address of what was made.
    """

    method: str
    path: str
    command: type[Command]
    edits: bool = False
    named_by: str = ORDER
    filled: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    variants: Mapping[str, type[Command]] = field(default_factory=dict)
    made: bool = False
    begins: bool = False

    @property
    def summary(self) -> str:
        """Return in a few words what it does."""
        return self.command.name

    @property
    def operation_id(self) -> str:
        """Return the name that it has in OpenAPI; an order that need not be named makes another operation."""
        name = self.command.name.replace(".", "_")
        return name if self.named_by in (ORDER, RETURN) else f"{name}_without_order"

    def chosen(self, document: Mapping[str, Any]) -> "Row":
        """Return the row with the command that a body chooses."""
        for member, command in self.variants.items():
            if document.get(member) is True:
                return replace(self, command=command)
        return self


def _of_order(path: str, command: type[Command], *, edits: bool = False, method: str = "POST", **more: Any) -> Row:
    return Row(method, f"/orders/{{order}}{path}", command, edits, **more)


def _of_return(path: str, command: type[Command]) -> Row:
    return Row("POST", f"/returns/{{rma}}{path}", command, named_by=RETURN, filled={"rma_code": "rma"})


def _of_refund(path: str, command: type[Command]) -> tuple[Row, Row]:
    return _either(f"/refunds/{{refund}}{path}", command, REFUND, {"refund_id": "refund"})


def _of_flash(path: str, command: type[Command]) -> tuple[Row, Row]:
    return _either(f"/flash-reorders/{{flash}}{path}", command, FLASH, {"flash_id": "flash"})


def _either(path: str, command: type[Command], named_by: str, filled: Mapping[str, str]) -> tuple[Row, Row]:
    """Return an act's row below its order, and without one: people who work down a list know what it lists."""
    return _of_order(path, command, filled=filled), Row("POST", path, command, named_by=named_by, filled=filled)


_ROWS: Final[tuple[Row, ...]] = (
    Row("POST", "/orders", c.DraftOrder, variants={"submit": c.SubmitOrder}, made=True, begins=True),
    _of_order("/submit", c.SubmitOrder),
    _of_order("/park", c.ParkCall),
    _of_order("/void", c.VoidOrder, variants={"call": c.VoidCall}),
    _of_order("/void-call", c.VoidCall),
    _of_order("/transfer", c.TransferCall),
    _of_order("/lock", c.LockOrder),
    _of_order("/lock", c.UnlockOrder, method="DELETE", flags=("force",)),
    _of_order("/edit", c.EditOrder, edits=True),
    _of_order("/modify", c.ModifyOrder, edits=True),
    _of_order("/prices", c.ChangePrice, edits=True),
    _of_order("/prices/reset", c.ResetPrice, edits=True),
    _of_order("/address", c.ChangeAddress, edits=True),
    _of_order("/split", c.SplitShipment, edits=True),
    _of_order("/shipments/{shipment}/cancel", c.CancelShipment, edits=True, filled={"shipment_id": "shipment"}),
    _of_order("/cancel", c.CancelOrder, edits=True),
    _of_order("/recall", c.RecallOrder, edits=True),
    _of_order("/hold", c.HoldOrder, edits=True),
    _of_order("/suspend", c.SuspendOrder, edits=True),
    _of_order("/resume", c.ResumeOrder, edits=True),
    _of_order("/holds/{hold}", c.ReleaseHold, edits=True, method="DELETE", filled={"hold": "hold"}),
    _of_order("/approve", c.ApproveOrder, edits=True),
    _of_order("/follow-up", c.FollowUpOrder, edits=True),
    _of_order("/cheque/check", c.CheckCheque, edits=True),
    _of_order("/cheque/authorize", c.AuthorizeCheque, edits=True),
    _of_order("/cheque/validate", c.ValidateCheque, edits=True),
    _of_order("/payment/clear-retries", c.ClearRetries),
    _of_order("/payment/retry", c.RetryPayment),
    _of_order("/payment/note", c.NotePayment),
    _of_order("/payment/book", c.BookPayment),
    _of_order("/payment/write-off", c.WriteOffPayment),
    _of_order("/copy", c.CreateZeroOrder),
    _of_order("/notes", c.CommentOrder),
    _of_order("/links", c.LinkOrder),
    _of_order("/alerts", c.FlagAlert),
    _of_order("/alerts/{alert}", c.ClearAlert, method="DELETE", filled={"alert": "alert"}),
    _of_order("/emails", c.ResendEmail),
    _of_order("/items/correct", c.CorrectItem),
    Row("POST", "/items/{model}/correct", c.CorrectItem, named_by=BODY, filled={"model": "model"}),
    _of_order("/returns", c.CreateReturn, edits=True, made=True),
    _of_return("/confirm", c.ConfirmReturn),
    _of_return("/cancel", c.CancelReturn),
    _of_return("/switch-outcome", c.SwitchReturnOutcome),
    _of_return("/receive", c.ReceiveReturn),
    _of_return("/validate", c.ValidateReturn),
    _of_return("/close-short", c.CloseReturnShort),
    _of_return("/refuse", c.RefuseReturn),
    _of_order("/refunds", c.RequestRefund, edits=True, made=True),
    *_of_refund("/approve", c.ApproveRefund),
    *_of_refund("/cancel", c.CancelRefund),
    *_of_refund("/retender", c.RetenderRefund),
    *_of_refund("/manual-done", c.RefundDone),
    _of_order("/flash-reorders", c.CreateFlash, edits=True, made=True),
    *_of_flash("/add", c.AddToFlash),
    *_of_flash("/remove", c.RemoveFromFlash),
    *_of_flash("/send", c.SendFlash),
    *_of_flash("/cancel", c.CancelFlash),
    _of_order("/quarantine/release", c.ReleaseQuarantine),
    _of_order("/quarantine/discard", c.DiscardQuarantined),
)


def derived(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield a row for each command to an order that has none: a new command has a route, which wants the version."""
    known = {row.command for row in rows} | {command for row in rows for command in row.variants.values()}
    for command in COMMANDS.messages:
        if issubclass(command, Command) and command.aggregate == ORDERS and command not in known:
            noun, _, verb = command.name.partition(".")
            path = verb if noun == ORDERS else f"{noun}/{verb}"
            yield _of_order(f"/{path.replace('_', '-').replace('.', '/')}", command, edits=True)


TABLE: Final = (*_ROWS, *derived(_ROWS))
"""Every act, each with a route of its own below `/v1`."""
SUCCESS: Final = MappingProxyType({True: 201, False: 200})
