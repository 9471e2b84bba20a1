"""notification.requests: e-mails that the hub wants sent; personal data only by reference."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.message import Code, Id, Request


class EmailRequested(Request):
    """Send this template to this customer; the request id makes it one e-mail per order, event and recipient (A-35)."""

    name: ClassVar[str] = "email.requested"

    request_id: Id
    template: Code
    number: Id
    customer_id: Id
    locale: Code
    rma_code: Id | None = None
    refund_id: Id | None = None
    resend: Annotated[int, Field(ge=1)] | None = None
    store: Id | None = None
