"""What an operator sets about rights on Kafka: the names by which the hub's processes and partners are known there."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.access import ROLES

Principal = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*:.{1,200}$")]


class AccessSettings(BaseModel):
    """By role the principals that have it; a role without any has no rights, and those of the hub have one each.

    `principals` is such as `{"carrier": ["User:dhl", "User:ups"], "shop": ["User:shop"]}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    principals: dict[str, tuple[Principal, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _roles(self) -> Self:
        """Refuse a role that there is not."""
        odd = sorted(set(self.principals) - set(ROLES))
        if odd:
            raise ValueError(f"no role is called {', '.join(odd)}; the roles are {', '.join(ROLES)}")
        return self

    def of(self, role: str) -> tuple[str, ...]:
        """Return the principals of a role."""
        own = (f"User:hub-{role}",) if ROLES[role].ours else ()
        return self.principals.get(role, own)
