"""The guard against requests into the hub's own network: which addresses a webhook may be sent to.

A name is resolved once for each call, every address that it has must be allowed, and the call goes to that address and
no other: who answers differently when asked a second time gains nothing.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LONGEST: Final = 2000
REFUSED: Final = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocols' own, clouds' metadata among them; older versions of Python call it public
            "192.88.99.0/24",
            "168.63.129.16/32",  # a cloud's metadata, at an address that looks public
            "::/96",  # old ways to write addresses of version 4, unspecified and loopback among them
            "64:ff9b:1::/48",  # translation within a network
            "fec0::/10",  # once what is private today
            "2001::/32",  # tunnels, whose ends are anywhere
            "2002::/16",
        ),
    )
)
"""What is refused beside all that the registries call private, local, reserved or for several receivers."""
_GIVEN_OUT: Final = IPv6Network("2000::/3")
"""All of version 6 that leads anywhere in public."""
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""Addresses of version 4 as networks without it write them; what they stand for counts."""


class Forbidden(Exception):
    """The address is none that webhooks may be sent to; the text says why."""


class Unresolved(Exception):
    """The name has no address now; the text says why."""


def checked(url: str, allowed: Sequence[Network] = ()) -> str:
    """Return an address that an owner names, or raise Forbidden; where it leads is looked at with each call."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise Forbidden(f"must be at most {LONGEST} printable ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Forbidden(f"can't be read: {error}") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and allowed):
        raise Forbidden("must begin with https://")
    if not parts.hostname or port == 0:
        raise Forbidden("must name a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Forbidden("must have no user, password or fragment")
    return url


def is_allowed(address: str, allowed: Iterable[Network] = ()) -> bool:
    """Tell whether a webhook may be sent to an address."""
    found = _meant(ip_address(address.partition("%")[0]))
    return any(found in network for network in allowed) or _is_public(found)


def _meant(address: Address) -> Address:
    """Return the address of version 4 that one of version 6 stands for, else itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GIVEN_OUT:
        return False
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not odd and not any(address in network for network in REFUSED)


async def addresses_of(host: str, port: int, executor: Executor | None = None) -> list[str]:
    """Return the addresses of a name; raises Unresolved."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(executor, _resolve, host, port)
    except (OSError, UnicodeError) as error:
        raise Unresolved(f"{host} has no address: {error}") from error
    return list(dict.fromkeys(found))


def _resolve(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def chosen(host: str, addresses: Sequence[str], allowed: Sequence[Network], *, clear: bool) -> str:
    """Return the address to connect to; raises Forbidden where any is not allowed, or `clear` text goes to others.

    Clear text may go to addresses alone that settings allow.
    """
    if not addresses:
        raise Forbidden(f"{host} has no address")
    if not all(is_allowed(each, allowed) for each in addresses):
        raise Forbidden(f"{host} leads into a network that webhooks are not sent to")
    if clear and not all(any(_meant(ip_address(each)) in network for network in allowed) for each in addresses):
        raise Forbidden("clear text (http) may only go to the networks of HUB_WEBHOOKS__ALLOW_PRIVATE")
    return addresses[0]
