"""Bodies: read no further than allowed, and as JSON only."""

from typing import Any, Final

import msgspec
from fastapi import Request

from hub.api.problems import Fault, Problem

MOST_BYTES: Final = 256 * 1024
DEEPEST: Final = 32


async def read(request: Request, most: int = MOST_BYTES) -> bytes:
    """Return a request's body; raises Problem once it is larger than allowed."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Problem("too_large", f"a body may have {most} bytes")
        parts.append(part)
    return b"".join(parts)


async def document_of(request: Request) -> tuple[bytes, dict[str, Any]]:
    """Return a request's body, and the JSON object that it is; an empty body is an empty object. Raises Problem."""
    body = await read(request)
    if not body.strip():
        return b"", {}
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem("media_type", f"the body is {media_type or 'of no type'}: send application/json")
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("malformed", "the body is no JSON in UTF-8") from error
    if _depth(document) > DEEPEST:
        raise Problem("malformed", f"the body is nested deeper than {DEEPEST} levels")
    if not isinstance(document, dict):
        raise Problem("data_invalid", "the body must be an object", errors=[Fault("", "must be an object")])
    return body, document


def _depth(document: Any) -> int:
    """Return how deep a document is nested, without recursion."""
    deepest, left = 0, [(document, 1)]
    while left:
        each, depth = left.pop()
        deepest = max(deepest, depth)
        if depth > DEEPEST:
            return depth
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        left.extend((item, depth + 1) for item in inner if isinstance(item, dict | list))
    return deepest
