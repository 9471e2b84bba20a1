"""Routes that refuse what they don't know: a mistyped filter must not show more than was asked for."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from hub.api.deprecation import farewell_of
from hub.api.problems import Fault, Problem


class Strict(APIRoute):
    """A route that refuses query parameters which it doesn't declare; one that goes away says until when it works."""

    def __init__(self, path: str, *arguments: Any, **more: Any) -> None:
        super().__init__(path, *arguments, **more)
        self.farewell = farewell_of(path, self.deprecated, self.openapi_extra)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request."""
        known = {name for each in _parameters(self.dependant) for name in _names(each)}
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            unknown = sorted(set(request.query_params) - known)
            if unknown:
                faults = [Fault("", f"there is no parameter {name}") for name in unknown]
                named = ", ".join(sorted(known)) or "none"
                raise Problem("unknown_parameter", f"this route knows {named}", errors=faults)
            given = (*request.path_params.values(), *request.query_params.values())
            if any("\x00" in str(each) for each in given):
                raise Problem("data_invalid", "no parameter may have a NUL character in it")
            return await handle(request)

        return strictly


def _parameters(dependant: Any) -> list[Any]:
    inner = [each for dependency in dependant.dependencies for each in _parameters(dependency)]
    return [*dependant.query_params, *inner]


def _names(parameter: Any) -> list[str]:
    """Return the names under which a parameter is given; a model has one for each of its fields."""
    kind = parameter.field_info.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return list(kind.model_fields)
    return [parameter.alias]
