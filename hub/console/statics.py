"""Files that pages are made with: read once, and named by what is in them, so that browsers keep them."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_TYPES: Final = MappingProxyType({".woff2": "font/woff2", ".js": "text/javascript", ".svg": "image/svg+xml"})
SERVED: Final = frozenset({".css", ".js", ".svg", ".woff2"})
FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Statics:
    """The files by their paths, under a mark of them all."""

    files: Mapping[str, bytes]
    mark: str

    @classmethod
    def read(cls, folder: Path) -> "Statics":
        """Read a folder."""
        found = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in SERVED
        }
        mark = hashlib.sha256()
        for name, held in found.items():
            mark.update(name.encode() + b"\0" + held)
        return cls(MappingProxyType(found), mark.hexdigest()[:12])

    def url(self, name: str) -> str:
        """Return where a file is found; raises KeyError where there is none."""
        self.files[name]
        return f"/static/{self.mark}/{name}"

    async def answer(self, request: Request) -> Response:
        """Return a file; under the mark of another version it is the present one, which nobody keeps."""
        name, mark = request.path_params["name"], request.path_params["mark"]
        held = self.files.get(name)
        if held is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        keep = FOREVER if mark == self.mark else "no-cache"
        return Response(held, media_type=kind, headers={"Cache-Control": keep})
