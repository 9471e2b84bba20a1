"""The gate matrix and the commands, as tables: what may be commanded when, and which scope it needs."""

from collections.abc import Iterator
from typing import Final

from consumers.commands import inbound
from domain.orders import facts
from domain.orders.commands import MANAGE, SCOPES
from domain.orders.gates import COLUMNS, MATRIX, ROWS, refusals
from tests.rules.tables import NOTHING

_BY_CONTENT: Final = {
    "order.approve": "`orders.manage` for a draft, `fraud.review` for a doubted order",
    "order.cancel": "`orders.manage`; `fraud.review` with the reason `fraud_proven`",
    "order.release_hold": "`orders.manage`; `orders.logistics_release` for the hold `logistics`",
    "order.unlock": "`orders.manage`; `orders.unlock` with force",
    "return.validate": "`return.receive` or `return.create`",
    "refund.request": "`orders.manage` for items, `refund.create` for goodwill",
}
"""Commands whose scope depends on what they say."""


def matrix() -> Iterator[str]:
    """Return the gate matrix and its legend."""
    heads = [" ".join(sorted(str(state) for state in column)) for column in COLUMNS]
    yield f"| command | {' | '.join(heads)} | rules |"
    yield f"|---|{'---|' * len(heads)}---|"
    for name, gate in MATRIX.items():
        cells = " | ".join("yes" if cell == "+" else f"`{cell}`" for cell in gate.cells)
        yield f"| {name} | {cells} | {', '.join(gate.ids) or NOTHING} |"
    yield ""
    for letter, refusal in refusals().items():
        yield f"- `{letter}`: {refusal}"


def commands() -> Iterator[str]:
    """Return every command by its name on the wire, with its row of the matrix and its scope."""
    yield "| command | says | row | scope |"
    yield "|---|---|---|---|"
    for message, fact in sorted(inbound.facts.items(), key=lambda pair: pair[0].name):
        assert issubclass(fact, facts.Command)
        row = "item refund, goodwill refund" if message.name == "refund.request" else ROWS.get(fact, "–")
        scope = _BY_CONTENT.get(message.name, f"`{SCOPES.get(fact, MANAGE)}`")
        says = " ".join((message.__doc__ or "").split())
        yield f"| `{message.name}` | {says} | {row} | {scope} |"
