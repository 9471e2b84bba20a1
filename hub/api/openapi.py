"""The OpenAPI document: what the framework makes of the routes, and what it can't know."""

from collections.abc import Iterator
from typing import Any, Final

from hub.api import links, scopes
from hub.api.models import ProblemModel

VERSION: Final = "1.0.0"
"""The version of the API: raised with each release that adds something; what is under `/v1` is only added to."""
PUBLIC: Final = "process"
"""The tag of routes that need no token."""
_BEARER: Final = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
_WELL: Final = {"200": "The answer", "201": "It was made", "202": "It was taken on", "204": "Done"}
_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemModel"}}}


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the schemas of commands among its own, how callers sign in, and problems as they are."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for path, method, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if isinstance(body, dict):
            schemas.update(body.pop("$defs", {}))
        _tell_problems(operation, components.setdefault("responses", {}))
        for status, response in operation["responses"].items():
            if response.get("description") == "Successful Response":
                response["description"] = _WELL.get(status, "Done")
        if operation.get("tags") != [PUBLIC]:
            operation["security"] = [{"bearer": []}]
        if wanted := scopes.needed(method.upper(), path):
            operation[scopes.NAME] = sorted(wanted)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = ProblemModel.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}), ProblemModel=problem)
    components["securitySchemes"] = _BEARER
    links.add(document)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and description of all that can be asked."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield path, method, operation


def _tell_problems(operation: dict[str, Any], shared: dict[str, Any]) -> None:
    """Have failures be problems, each told once for all routes that say the same of it."""
    for status, response in operation.get("responses", {}).items():
        if status[0] not in "45" or not response.get("content"):
            continue
        told = {"description": response["description"], "content": _PROBLEM}
        name = f"Problem{status}"
        same = shared.setdefault(name, told) == told
        operation["responses"][status] = {"$ref": f"#/components/responses/{name}"} if same else told
