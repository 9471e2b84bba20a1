"""The OpenAPI document: what the framework makes of the routes, and what it can't know."""

from typing import Any

from hub.api.models import ProblemModel

_BEARER = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the schemas of commands among its own, how callers sign in, and problems as they are."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for path in document["paths"].values():
        for operation in path.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if isinstance(body, dict):
                schemas.update(body.pop("$defs", {}))
            for status, response in operation.get("responses", {}).items():
                if status[0] in "45":
                    response.get("content", {}).pop("application/json", None)
            if operation.get("tags") != ["process"]:
                operation["security"] = [{"bearer": []}]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = ProblemModel.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}), ProblemModel=problem)
    document["components"]["securitySchemes"] = _BEARER
    return document
