"""`python -m simulators.payment_provider`: the provider as a process, until it is told to stop."""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from simulators.payment_provider.server import KEY, Provider, serving
from simulators.payment_provider.tricks import NAUGHTY, NONE, Naughtiness


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="payment_provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="a free one if none is named")
    parser.add_argument("--key", default=KEY, help="the API key that callers must have")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn")
    parser.add_argument("--ledger", type=Path, help="the file in which the books are kept over restarts")
    parser.add_argument("--naughty", action="store_true", help="with every trick there is")
    parser.add_argument("--tricks", default="{}", help='probabilities as JSON, e.g. {"timeout_after": 0.2}')
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    told = json.loads(arguments.tricks)
    naughtiness = Naughtiness.of(told) if told else NAUGHTY if arguments.naughty else NONE
    async with serving(
        Provider(naughtiness, arguments.seed, arguments.ledger, arguments.key), arguments.port
    ) as provider:
        print(provider.url, flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
