"""Bodies, read as JSON only."""

from typing import Any

import msgspec
from fastapi import Request

from hub.api.problems import Fault, Problem


async def document_of(request: Request) -> tuple[bytes, dict[str, Any]]:
    """Return a request's body, and the JSON object that it is; an empty body is an empty object. Raises Problem."""
    body = await request.body()
    if not body.strip():
        return b"", {}
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem("media_type", f"the body is {media_type or 'of no type'}: send application/json")
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("malformed", "the body is no JSON in UTF-8") from error
    if not isinstance(document, dict):
        raise Problem("data_invalid", "the body must be an object", errors=[Fault("", "must be an object")])
    return body, document
