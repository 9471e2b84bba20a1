"""Where webhooks may not go: addresses as a table of cases, and names that lead there."""

import random
import socket
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from adapters.calls.retry_after import seconds_of
from adapters.webhooks import guard, payloads, signing
from adapters.webhooks.client import Receivers
from adapters.webhooks.guard import Forbidden
from adapters.webhooks.schedule import JITTER, LONGEST_REST, PAUSES, Schedule
from tests.api.receiver import receiving
from tests.certificates import certificate, proof

PUBLIC = ["93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8"]
PRIVATE = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::127.0.0.1"],
    "this host": ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "::ffff:10.0.0.1"],
    "link-local": ["169.254.1.1", "fe80::1", "fe80::1%eth0", "::ffff:169.254.1.1"],
    "metadata": ["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"],
    "carriers' own": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "203.0.113.7", "2001:db8::1"],
    "translated": ["64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1"],
    "tunnels": ["2002:7f00:1::", "2001:0:7f00:1::1"],
    "site-local": ["fec0::1"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_sent_to(address: str) -> None:
    assert guard.is_allowed(address)


@pytest.mark.parametrize(("kind", "address"), [(k, each) for k, found in PRIVATE.items() for each in found])
def test_no_address_of_ours_is_sent_to(kind: str, address: str) -> None:
    assert not guard.is_allowed(address), kind


def test_settings_may_allow_a_private_network_and_no_other() -> None:
    allowed = (ip_network("10.1.0.0/16"),)

    assert guard.is_allowed("10.1.2.3", allowed)
    assert guard.is_allowed("::ffff:10.1.2.3", allowed)
    assert not guard.is_allowed("10.2.0.1", allowed)
    assert not guard.is_allowed("127.0.0.1", allowed)


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/",
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "https:///path",
        "https://user@receiver.example/",
        "https://receiver.example/#part",
        "https://receiver.example:0/",
        "https://receiver.example:99999/",
        "https://[::1/",
        "https://receiver.example/\r\nHost: other",
        "https://rece iver.example/",
        "https://récepteur.example/",
        "https://receiver.example/" + "x" * 2000,
        "",
    ],
)
def test_what_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        guard.checked(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "localhost", "[::1]", "[::ffff:127.0.0.1]"],
)
async def test_no_spelling_of_this_machine_gets_a_call(host: str) -> None:
    async with receiving() as receiver:
        receivers = Receivers(2.0)
        reply = await receivers.post(f"https://{host}:{receiver.port}/", {}, b"{}")
        await receivers.close()

    assert (reply.status, "leads into a network" in reply.told or "no address" in reply.told) == (None, True)
    assert not receiver.came


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let every name have these addresses, one answer after the other; returns what was asked for."""
    left, asked = list(answers), list[str]()

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr("adapters.webhooks.guard.socket.getaddrinfo", getaddrinfo)
    return asked


async def test_a_name_with_one_private_address_among_others_gets_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    receivers = Receivers(2.0)
    reply = await receivers.post("https://receiver.example/", {}, b"{}")
    await receivers.close()

    assert (reply.status, "leads into a network" in reply.told) == (None, True)


async def test_a_name_is_resolved_once_and_called_at_that_address_under_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiving() as receiver:
        receivers = Receivers(2.0, (ip_network("127.0.0.1/32"),))
        asked = resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
        reply = await receivers.post(f"http://receiver.example:{receiver.port}/in", {}, b"{}")
        await receivers.close()

    (came,) = receiver.came["/in"]
    assert (reply.status, asked) == (200, ["receiver.example"])
    assert came.headers["host"] == f"receiver.example:{receiver.port}"


@pytest.mark.parametrize(("proves", "status"), [("receiver.example", 200), ("other.example", None)])
async def test_a_receiver_has_to_prove_the_name_and_not_the_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proves: str, status: int | None
) -> None:
    whole, authority = certificate(proves, tmp_path)
    tls, names = proof(whole), list[str]()
    tls.sni_callback = lambda _, name, __: names.append(name)
    async with receiving(tls) as receiver:
        receivers = Receivers(2.0, (ip_network("127.0.0.1/32"),), ca_file=str(authority))
        resolving(monkeypatch, ["127.0.0.1"])
        reply = await receivers.post(f"https://receiver.example:{receiver.port}/in", {}, b"{}")
        await receivers.close()

    assert (reply.status, names) == (status, ["receiver.example"])
    assert ("certificate verify failed" in reply.told) == (status is None)


async def test_clear_text_goes_to_allowed_networks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.216.34"])
    receivers = Receivers(2.0, (ip_network("127.0.0.0/8"),))
    reply = await receivers.post("http://receiver.example/", {}, b"{}")
    await receivers.close()

    assert (reply.status, "clear text" in reply.told) == (None, True)


def test_pauses_are_a_little_longer_by_chance_and_end() -> None:
    schedule = Schedule(random.Random(1))
    drawn = [schedule.pause(tries) or 0.0 for tries in range(len(PAUSES)) for _ in range(50)]

    assert all(least <= each <= least * (1 + JITTER) for each, least in zip(drawn, sorted(PAUSES * 50), strict=True))
    assert len(set(drawn)) > 400
    assert schedule.pause(len(PAUSES)) is None
    assert schedule.rest(1000) <= LONGEST_REST * (1 + JITTER)


def test_a_receiver_may_ask_for_a_day_at_most() -> None:
    assert seconds_of("9999999", datetime.now(UTC), 86_400.0) == 86_400.0


def test_a_sealed_secret_opens_with_any_key_that_is_still_named_and_no_other() -> None:
    old, new = "o" * 32, "n" * 32
    secret = signing.new_secret()
    stored = signing.sealed(secret, (old,))

    assert secret not in stored
    assert signing.unsealed(stored, (new, old)) == secret
    with pytest.raises(signing.SecretIsSealed):
        signing.unsealed(stored, (new,))


def test_a_payload_that_would_be_too_large_goes_out_thin() -> None:
    event = payloads.Event("e-1", "order.created.v1", "o-1", "2026-11-29T10:00:00Z", b'{"x": "' + b"y" * 20_000 + b'"}')

    assert len(payloads.body(event, full=True)) < 500


@pytest.mark.parametrize("type_", sorted(payloads.TYPES))
def test_every_type_is_one_that_the_standard_allows(type_: str) -> None:
    assert all(part and part.replace("_", "").isalnum() for part in type_.split("."))
