"""All partners in one process: started together, ended when everything is quiet."""

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from simulators.administrator import Administrator
from simulators.agents import Agents
from simulators.availability import SouthernStockDesk, StockDesk
from simulators.carriers import Carriers
from simulators.customer_service import CustomerService
from simulators.errors import first_of
from simulators.flash_reorders import ReorderDesk
from simulators.fraud import FraudService
from simulators.ledger import Ledger
from simulators.partner import Partner
from simulators.payments import PaymentService
from simulators.returns_desk import ReturnsDesk
from simulators.settings import Simulation
from simulators.shop import Shop
from simulators.warehouse import SouthernWarehouse, Warehouse

PARTNERS: Final[tuple[type[Partner], ...]] = (
    Shop,
    PaymentService,
    FraudService,
    StockDesk,
    SouthernStockDesk,
    ReorderDesk,
    Warehouse,
    SouthernWarehouse,
    Carriers,
    ReturnsDesk,
    CustomerService,
    Agents,
    Administrator,
)
LOOK: Final = 0.1  # seconds between two looks at whether all is quiet


async def simulate(
    settings: Simulation,
    *,
    stop: asyncio.Event | None = None,
    report: Callable[[str, int], None] | None = None,
    without: Collection[str] = (),
) -> dict[str, Any]:
    """Run all partners until `stop` is set or nothing was heard or sent for `settings.quiet` seconds.

    The partners named in `without` stay at home: somebody else plays them, such as a gateway.

    Returns the partners' books as plain JSON values; `report` hears of every count as (name, total) meanwhile.
    Raises SimulationError.
    """
    ledger = Ledger(report)
    partners = [kind(settings, ledger) for kind in PARTNERS if kind.slug not in without]
    ending = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            for partner in partners:
                tasks.create_task(partner.run(ending), name=partner.slug)
            tasks.create_task(_end(partners, settings.quiet, stop, ending))
    except BaseExceptionGroup as group:
        raise first_of(group) from None
    return ledger.document()


async def _end(partners: list[Partner], quiet: float | None, stop: asyncio.Event | None, ending: asyncio.Event) -> None:
    started = asyncio.gather(*(partner.started.wait() for partner in partners))
    while not ending.is_set():
        await asyncio.sleep(LOOK)
        asked = stop is not None and stop.is_set()
        still = quiet is not None and started.done() and _quiet_for(partners) >= quiet
        if asked or still:
            ending.set()
    started.cancel()


def _quiet_for(partners: list[Partner]) -> float:
    return time.monotonic() - max(partner.quiet_since for partner in partners)
