"""`hub up`: embedded servers and the hub on this machine, until Ctrl-C."""

import asyncio
import signal

from rich.console import Console

from hub import servers
from hub.processes import Processes, environment_of
from hub.screen import Screen
from hub.settings import Settings


def run(settings: Settings, processes: int, console: Console) -> None:
    """Run until SIGINT or SIGTERM."""
    asyncio.run(_run(settings, processes, console))


async def _run(settings: Settings, processes: int, console: Console) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    screen = Screen(console, quiet=False)
    with screen:
        async with servers.embedded(settings, screen, keep=True) as (known, running):
            await servers.prepare(known, screen.step)
            await _serve(known, running, processes, console, stop)


async def _serve(
    settings: Settings, running: servers.Running, processes: int, console: Console, stop: asyncio.Event
) -> None:
    hub = Processes(environment_of(settings), settings.data)
    try:
        for _ in range(processes):
            await hub.start()
        console.print(f"Kafka       {running.addresses.bootstrap_servers}", highlight=False)
        console.print(f"PostgreSQL  {settings.database_address()}", highlight=False)
        console.print(f"Data, logs  {settings.data.resolve()}", highlight=False)
        console.print("Try in another terminal: hub simulate --orders 20", highlight=False)
        while not stop.is_set():
            hub.check()
            running.check()
            try:
                async with asyncio.timeout(1):
                    await stop.wait()
            except TimeoutError:
                continue
    finally:
        console.print("Stopping the hub, then the servers", highlight=False)
        await hub.stop()
