"""`python -m hub.telemetry.probe livez`: asks the process of this container whether it is alive, or `readyz`.

Exit code 0 where it is, 1 where it is not, or does not answer. Only the standard library is loaded: it runs often.
"""

import os
import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def main(path: str) -> int:
    """Ask, and say in a line what is wrong where something is."""
    address = f"http://127.0.0.1:{os.environ.get('HUB_TELEMETRY__PORT', '9100')}/{path}"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS):
            return 0
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"{address}: {error.status} {error.read(500).decode(errors='replace')}\n")
    except OSError as error:
        sys.stderr.write(f"{address} does not answer: {error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "livez"))
