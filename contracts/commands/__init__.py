"""hub.commands: what a CSR tool may tell the hub to do with an order.

Import commands from this package: `from contracts.commands import CancelOrder`. Its modules hold them by subject.
"""

# The published documents list the commands in this order. A few have a place of their own, apart from their module.
# ruff: noqa: F403, I001
from contracts.commands.command import *
from contracts.commands.lines import *
from contracts.commands.lifecycle import *
from contracts.commands.returns import *
from contracts.commands.refunds import ApproveRefund as ApproveRefund
from contracts.commands.refunds import CancelRefund as CancelRefund
from contracts.commands.flash_reorders import *
from contracts.commands.notes import CommentOrder as CommentOrder
from contracts.commands.quarantine import *
from contracts.commands.drafts import *
from contracts.commands.edits import *
from contracts.commands.shipments import *
from contracts.commands.locks import *
from contracts.commands.holds import *
from contracts.commands.alerts import *
from contracts.commands.recalls import *
from contracts.commands.payments import *
from contracts.commands.refunds import *
from contracts.commands.notes import *
