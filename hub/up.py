"""`hub up`: embedded servers, the hub, its API and a deliverer of webhooks on this machine, until Ctrl-C."""

import asyncio
import signal
import socket
import webbrowser
from datetime import timedelta
from ipaddress import ip_network
from typing import Final

from rich.console import Console

from hub import servers
from hub.api_settings import LOCAL
from hub.desk import tokens
from hub.processes import Processes, environment_of
from hub.restarts import Restarts
from hub.screen import Screen
from hub.settings import Settings

YOU: Final = "you"
"""Whom the token of `hub up` is for."""
TOKEN_LIFE: Final = timedelta(hours=12)
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def run(settings: Settings, processes: int, console: Console, *, open_browser: bool = False) -> None:
    """Run until SIGINT or SIGTERM."""
    asyncio.run(_run(settings, processes, console, open_browser))


async def _run(settings: Settings, processes: int, console: Console, open_browser: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    screen = Screen(console, quiet=False)
    with screen:
        async with servers.embedded(settings, screen, keep=True) as (known, running):
            await servers.prepare(known, screen.step)
            await _serve(with_receivers_here(on_free_port(known)), running, processes, console, stop, open_browser)


def _tell_of_api(settings: Settings, console: Console, *, open_browser: bool) -> None:
    """Say where the console and the API are, and the token that opens them: it never stands in an address."""
    address = f"http://{settings.api.host}:{settings.api.port}"
    if settings.console.enabled and settings.token_key is not None:
        token = tokens.create(settings, YOU, (), (), TOKEN_LIFE)
        console.print(f"Console     {address}/", highlight=False)
        console.print(f"  token     {token}", highlight=False, soft_wrap=True)
    console.print(f"API         {address}/docs", highlight=False)
    signed_in = '-H "Authorization: Bearer $(hub token create me)"'
    console.print(f"            curl {signed_in} {address}/v1/me", highlight=False, soft_wrap=True)
    if open_browser:
        webbrowser.open(f"{address}/")


def on_free_port(settings: Settings) -> Settings:
    """Return settings in which the API's port is free: the one that is set, or any where something else has it."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.api.host, settings.api.port))
        except OSError:
            trial.bind((settings.api.host, 0))
        port = trial.getsockname()[1]
    return settings.model_copy(update={"api": settings.api.model_copy(update={"port": port})})


def with_receivers_here(settings: Settings) -> Settings:
    """Return settings in which webhooks may go to this machine, unless others reach the API or networks are named."""
    if settings.api.host not in LOCAL or settings.webhooks.allow_private:
        return settings
    return settings.model_copy(update={"webhooks": settings.webhooks.model_copy(update={"allow_private": LOOPBACK})})


async def _serve(
    settings: Settings,
    running: servers.Running,
    processes: int,
    console: Console,
    stop: asyncio.Event,
    open_browser: bool,
) -> None:
    hub = Processes(environment_of(settings), settings.data)
    try:
        for _ in range(processes):
            await hub.start()
        if processes:
            await hub.start("api")
            await hub.start("gateway", "webhooks")
        console.print(f"Kafka       {running.addresses.bootstrap_servers}", highlight=False)
        console.print(f"PostgreSQL  {settings.database_address()}", highlight=False)
        console.print(f"Data, logs  {settings.data.resolve()}", highlight=False)
        if processes:
            _tell_of_api(settings, console, open_browser=open_browser)
        console.print("Try in another terminal: hub simulate --orders 20", highlight=False)
        await _keep_running(hub, running, console, stop)
    finally:
        console.print("Stopping the hub, then the servers", highlight=False)
        await hub.stop()


async def _keep_running(hub: Processes, running: servers.Running, console: Console, stop: asyncio.Event) -> None:
    """Start others in place of processes that ended by themselves, until `stop`; raises KeepsEnding, ServerEnded."""
    restarts = Restarts()
    while not stop.is_set():
        for ended in hub.ended():
            pause = restarts.note(ended)
            when = f"In {pause:g} s another one starts" if pause else "Starting another one"
            console.print(f"{when} in place of {ended}", highlight=False, soft_wrap=True)
        for command in restarts.due():
            await hub.start(*command)
        running.check()
        try:
            async with asyncio.timeout(1):
                await stop.wait()
        except TimeoutError:
            continue
