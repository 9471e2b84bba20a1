"""What every HTTP server of a process has: a socket that listens or a sentence why not, and no say in signals."""

import socket
from contextlib import AbstractContextManager, nullcontext

import uvicorn

from hub.errors import NotUsable


class Server(uvicorn.Server):
    """The server, without handlers of signals: the process has its own."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # its own is a generator
        """Leave signals to the process."""
        return nullcontext()


def listening(host: str, port: int, setting: str) -> socket.socket:
    """Return a socket that listens there; raises NotUsable where it can't, with the setting that names the port."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise NotUsable(f"nothing can listen on {host}:{port}: {error.strerror}; set {setting}") from error


def address_of(listener: socket.socket) -> str:
    """Return the address under which a server on this socket is found."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
