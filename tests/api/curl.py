"""As much of curl as the how-tos use, for machines that have none: `python -m tests.api.curl …`."""

import os
import sys
from pathlib import Path
from urllib.parse import quote

import httpx2

FLAGS = {"--fail-with-body", "-s", "-G", "-sG"}


def main(arguments: list[str]) -> int:
    """Do a request, print or keep the body; 22 where the status says that it failed."""
    method, url, headers, data, out, query = "", "", {}, None, None, list[str]()
    rest = iter(arguments)
    for each in rest:
        if each in FLAGS:
            continue
        if each == "-X":
            method = next(rest)
        elif each == "-H":
            name, _, value = next(rest).partition(":")
            headers[name.strip()] = value.strip()
        elif each == "-d":
            data = next(rest).encode()
        elif each == "-o":
            out = next(rest)
        elif each == "--data-urlencode":
            name, _, value = next(rest).partition("=")
            query.append(f"{name}={quote(value)}")
        else:
            url = each
    whole = f"{url}?{'&'.join(query)}" if query else url
    answer = httpx2.request(method or ("POST" if data else "GET"), whole, headers=headers, content=data, timeout=60)
    if out is None:
        sys.stdout.buffer.write(answer.content)
    else:
        (Path(os.environ.get("OUT", ".")) / out).write_bytes(answer.content)
    return 22 if answer.status_code >= 400 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
