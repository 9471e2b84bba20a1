"""Free loopback ports, the same ones again whenever they are still free."""

import json
import random
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

HOST = "127.0.0.1"
# Below the range that systems give to outgoing connections (32768 on Linux, 49152 elsewhere): a client that keeps
# knocking at a stopped server's port from that range can end up connected to itself and hold the port.
LOWEST, HIGHEST = 15_000, 32_000
ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on 127.0.0.1."""

    kafka: int
    controller: int
    postgres: int


def choose(record: Path) -> Ports:
    """Ports that are free now: those in the file `record` where possible; what was chosen is written there."""
    before = _read(record)
    taken: set[int] = set()
    ports = Ports(*(_free(before.get(name), taken) for name in ("kafka", "controller", "postgres")))
    record.write_text(json.dumps(asdict(ports)))
    return ports


def some(count: int) -> list[int]:
    """So many ports that are free now."""
    taken: set[int] = set()
    return [_free(None, taken) for _ in range(count)]


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do, past TIME_WAIT
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _read(record: Path) -> dict[str, int]:
    try:
        found = json.loads(record.read_text())
    except (OSError, ValueError):
        return {}
    return {name: port for name, port in found.items() if isinstance(port, int)} if isinstance(found, dict) else {}


def _free(preferred: int | None, taken: set[int]) -> int:
    """One free port, added to `taken`."""
    drawn = (random.randint(LOWEST, HIGHEST) for _ in range(ATTEMPTS))  # noqa: S311 (no secret)
    for port in ([preferred] if preferred else []) + list(drawn):
        if port not in taken and is_free(port):
            taken.add(port)
            return port
    with socket.socket() as probe:  # a very crowded machine: let the system choose
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    taken.add(port)
    return port
