"""hub.commands: what people tell an order to do."""

from consumers.inbound import Inbound
from contracts import commands
from contracts.topics import COMMANDS
from domain import facts

inbound = Inbound(
    COMMANDS,
    {
        commands.SubmitOrder: facts.SubmitOrder,
        commands.ApproveOrder: facts.ApproveOrder,
        commands.FollowUpOrder: facts.FollowUpOrder,
        commands.CancelOrder: facts.CancelOrder,
        commands.CreateReturn: facts.CreateReturn,
        commands.ConfirmReturn: facts.ConfirmReturn,
        commands.ValidateReturn: facts.ValidateReturn,
        commands.ReceiveReturn: facts.ReceiveReturn,
        commands.CloseReturnShort: facts.CloseReturnShort,
        commands.CancelReturn: facts.CancelReturn,
        commands.RefuseReturn: facts.RefuseReturn,
        commands.SwitchReturnOutcome: facts.SwitchReturnOutcome,
        commands.ApproveRefund: facts.ApproveRefund,
        commands.CancelRefund: facts.CancelRefund,
        commands.CreateFlash: facts.CreateFlash,
        commands.AddToFlash: facts.AddToFlash,
        commands.RemoveFromFlash: facts.RemoveFromFlash,
        commands.SendFlash: facts.SendFlash,
        commands.CancelFlash: facts.CancelFlash,
        commands.CommentOrder: facts.CommentOrder,
        commands.ReleaseQuarantine: facts.ReleaseQuarantine,
        commands.DiscardQuarantined: facts.DiscardQuarantined,
    },
)
