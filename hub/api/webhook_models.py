"""What the API takes and tells about webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.api.models import Model, Moment

Url = Annotated[str, Field(min_length=1, max_length=2000)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[list[Word], Field(min_length=1, max_length=200)]


class WebhookWish(BaseModel):
    """Where to send which events: `*` stands for all types, or all stores of the owner."""

    model_config = ConfigDict(strict=True)

    url: Url
    types: Words = ["*"]
    stores: Words = ["*"]
    payload: Literal["thin", "full"] = "thin"
    ordered: bool = False


class WebhookChange(BaseModel):
    """What to change; what isn't named stays. `enabled` false lets events wait, true sends them on."""

    model_config = ConfigDict(strict=True)

    url: Url | None = None
    types: Words | None = None
    stores: Words | None = None
    payload: Literal["thin", "full"] | None = None
    ordered: bool | None = None
    enabled: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _something(cls, given: Any) -> Any:
        """Refuse null, which would leave open what stands there now."""
        if isinstance(given, dict) and any(given.get(name, "") is None for name in cls.model_fields):
            raise ValueError("a member may be left out, but not be null")
        return given


class ExampleWish(BaseModel):
    """Which type of event to make an example of; the endpoint's first one if none is named."""

    type: Word | None = None


class RecoveryWish(BaseModel):
    """Since when failed deliveries are sent again."""

    since: Moment


class WebhookModel(Model):
    """An endpoint. `disabled_because` says why it is sent nothing; `secret` is told by the act that drew it alone."""

    id: str
    url: str
    types: list[str]
    stores: list[str]
    payload: str
    ordered: bool
    enabled: bool
    disabled_because: str | None
    disabled_at: datetime | None
    previous_secret_until: datetime | None
    rests_until: datetime | None
    created_at: datetime
    changed_at: datetime


class WebhookSecretModel(WebhookModel):
    """An endpoint with its secret: keep it, it is not told again."""

    secret: str | None


class WebhooksModel(Model):
    """The caller's endpoints."""

    items: list[WebhookModel]


class DeliveryModel(Model):
    """An event for an endpoint: `state` is pending, delivered or failed; `message_id` is its `webhook-id`."""

    id: int
    webhook_id: str
    message_id: str
    event_id: str
    type: str
    order_id: str
    state: str
    tries: int
    next_at: datetime


class RecoveredModel(Model):
    """How many deliveries are sent again."""

    recovered: int


class AttemptModel(Model):
    """A try: `told` is the beginning of the answer, or why there is none; `state` is its delivery's now."""

    id: int
    at: datetime
    delivered: bool
    status: int | None
    latency_ms: int
    told: str
    message_id: str
    event_id: str
    type: str
    order_id: str
    state: str


class AttemptsModel(Model):
    """Tries, the newest first."""

    items: list[AttemptModel]
    next_cursor: str | None
