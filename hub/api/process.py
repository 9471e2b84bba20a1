"""What operators and machines ask of the process itself."""

from typing import Any, Final

from fastapi import APIRouter, Response

from hub import code
from hub.api import models as m
from hub.api.context import Asking, Opened
from hub.api.described import only
from hub.api.routing import Strict
from hub.desk import health

router: Final = APIRouter(tags=["process"], route_class=Strict)
_PUBLIC: Final = only(422, 503)


@router.get("/livez", summary="Is the process alive", responses=_PUBLIC)
async def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


class ReadyModel(m.Model):
    """Whether the process can work: `ready`, or `not ready` and why."""

    status: str
    why: str | None


_READY: Final[dict[int | str, dict[str, Any]]] = {
    **only(422),
    503: {"model": ReadyModel, "description": "Not ready, and why"},
}


@router.get("/readyz", summary="Can it work", responses=_READY)
async def readyz(response: Response, context: Opened) -> ReadyModel:
    """Say whether the database answers and is as this version needs it; 503 if not."""
    trouble = await health.database_trouble(context.desk)
    if trouble is not None:
        response.status_code = 503
    return ReadyModel(status="ready" if trouble is None else "not ready", why=trouble)


@router.get("/v1/build", summary="Which version runs", responses=_PUBLIC)
async def build() -> dict[str, str]:
    """Return the version and what tells this code from any other."""
    return dict(zip(("version", "code"), code.build(), strict=True))


@router.get("/v1/me", summary="Who am I", tags=["me"], responses=only(401, 422, 429, 503))
async def me(caller: Asking) -> m.MeModel:
    """Return who the caller is, and what he may do."""
    return m.MeModel(
        name=caller.name,
        issuer=caller.issuer,
        tool=caller.tool,
        scopes=sorted(caller.scopes),
        stores=sorted(caller.stores),
        expires_at=caller.expires_at,
    )
