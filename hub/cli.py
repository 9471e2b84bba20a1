"""The command line: `hub <noun> <verb>`; results on stdout, everything else on stderr, exit codes as documented."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from adapters import tokens
from adapters.embedded import EmbeddedServerError
from adapters.kafka import topics as kafka_topics
from adapters.postgres import schema
from hub import accidents, attention, checks, contract_commands, log, order_view
from hub import app as hub_app
from hub.display import shown
from hub.errors import FAILED, INTERRUPTED, UNREACHABLE, HubError, NotUsable
from hub.servers import attached, create_topics
from hub.settings import Settings, unknown_names
from hub.wiring import engine_of
from producers.simulators.errors import SimulationError

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help=__doc__)
db = typer.Typer(no_args_is_help=True, help="The database's schema.")
topics = typer.Typer(no_args_is_help=True, help="Kafka's topics.")
order = typer.Typer(no_args_is_help=True, help="Orders.")
shard = typer.Typer(no_args_is_help=True, help="Shards.")
token = typer.Typer(no_args_is_help=True, help="Signed tokens for commands.")
app.add_typer(db, name="db")
app.add_typer(topics, name="topics")
app.add_typer(order, name="order")
app.add_typer(shard, name="shard")
app.add_typer(token, name="token")
app.add_typer(contract_commands.app, name="contracts")


class Mischief(StrEnum):
    """How naughty the simulated partners are."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


err = Console(stderr=True)
# What is piped to a file or another program isn't cut to the width of a terminal that isn't there.
out = Console(width=None if sys.stdout.isatty() else 160)
T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout.")]
Data = Annotated[Path | None, typer.Option("--data", help="The folder of the embedded servers.", envvar="HUB_DATA")]


def read_settings(data: Path | None = None) -> Settings:
    """Return the settings of the environment; raises NotUsable."""
    try:
        settings = Settings()
        unknown = [*unknown_names(os.environ), *settings.unknown_policy()]
        if unknown:
            raise NotUsable(f"no setting is called {', '.join(unknown)}; docs/settings.md lists them")
        settings.domain_policy()
    except ValidationError as error:
        faults = "; ".join(f"HUB_{'__'.join(map(str, f['loc'])).upper()}: {f['msg']}" for f in error.errors())
        raise NotUsable(faults) from error
    return settings if data is None else settings.model_copy(update={"data": data})


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run one command's work."""
    return asyncio.run(work)


def say(result: Any, *, as_json: bool, text: Callable[[Any], object]) -> None:
    """Print a result for a program or for a person."""
    if as_json:
        typer.echo(json.dumps(result, default=str))
    else:
        told = text(result)
        out.print(shown(told) if isinstance(told, str) else told, soft_wrap=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hub {version('fulfilment-hub')}")
        raise typer.Exit


@app.callback()
def common(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A message-driven fulfilment hub; every command has --help."""


@app.command()
def demo(
    orders: Annotated[int, typer.Option(min=1, max=100_000, help="How many orders.")] = 100,
    seed: Annotated[int, typer.Option(help="What is drawn; the same seed gives the same mischief.")] = 1,
    mischief: Annotated[Mischief, typer.Option(help="How naughty the partners are.")] = Mischief.LOW,
    kill: Annotated[bool, typer.Option("--kill", help="Kill the hub's processes hard while they work.")] = False,
    as_json: AsJson = False,
    data: Data = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the servers' data.")] = False,
) -> None:
    """Send orders through real servers and simulated partners, and prove that nothing was lost or doubled."""
    from hub import demo as hub_demo
    from hub.report import Wishes, tables
    from hub.screen import Screen

    settings = read_settings(data)
    log.configure("error")
    report = wait_for(
        hub_demo.run(settings, Wishes(orders, seed, mischief.value, kill, keep), Screen(err, quiet=as_json))
    )
    say(report, as_json=as_json, text=tables)
    if not report["verified"]:
        raise typer.Exit(FAILED)


@app.command()
def up(
    data: Data = None,
    processes: Annotated[int, typer.Option(min=1, max=16, help="How many hub processes.")] = 1,
) -> None:
    """Run embedded servers and the hub until Ctrl-C, and say where everything is."""
    from hub import up as hub_up

    log.configure("warning")
    hub_up.run(read_settings(data), processes, err)


@app.command()
def run(data: Data = None) -> None:
    """Run one hub process on the named servers, until SIGTERM."""
    hub_app.run(attached(read_settings(data)))


@app.command()
def simulate(
    orders: Annotated[int, typer.Option(min=1, max=1_000_000)] = 100,
    seed: Annotated[int, typer.Option()] = 1,
    mischief: Annotated[Mischief, typer.Option(help="How naughty the partners are.")] = Mischief.NONE,
    rate: Annotated[float, typer.Option(min=0.1, help="Orders a second.")] = 20.0,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let simulated partners place orders and answer, until everything is quiet."""
    from hub import partners

    settings = attached(read_settings(data))
    ledger = wait_for(partners.simulate_on(settings, orders, seed, mischief.value, rate=rate))
    say(ledger, as_json=as_json, text=lambda books: json.dumps(books, indent=2, default=str))


@app.command()
def check(as_json: AsJson = False, data: Data = None) -> None:
    """Check settings, database, migrations, Kafka, topics and contracts: one line each."""
    results = wait_for(checks.run(read_settings(data)))
    say(
        [result.as_dict() for result in results],
        as_json=as_json,
        text=lambda _: "\n".join(f"{'ok    ' if r.ok else 'FAILED'}  {r.name}: {r.detail}" for r in results),
    )
    if not all(result.ok for result in results):
        raise typer.Exit(FAILED)


@app.command()
def verify(as_json: AsJson = False, data: Data = None) -> None:
    """Prove from outside that nothing was lost, doubled or reordered; exit code 1 and the differences otherwise."""
    from hub import proof

    report = wait_for(proof.prove(attached(read_settings(data)), err, quiet=as_json))
    say(report.to_json(), as_json=as_json, text=lambda _: proof.table(report))
    if not report.ok:
        raise typer.Exit(FAILED)


@app.command("attention")
def attention_list(
    store: Annotated[str | None, typer.Option("--store", help="Only the orders of this store.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only orders to which somebody owes an answer.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many orders at most.")] = 50,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print what people should look at: overdue answers, holds, alerts, quarantined orders, and what to do."""
    view = wait_for(attention.read(attached(read_settings(data)), attention.Wish(store, overdue, limit)))
    say(view, as_json=as_json, text=attention.render)


@db.command("upgrade")
def db_upgrade(data: Data = None) -> None:
    """Bring the database's schema up to date."""
    settings = attached(read_settings(data))

    async def work() -> None:
        engine = engine_of(settings)
        try:
            await schema.upgrade(engine)
            await schema.create_shards(engine, settings.shards)
        finally:
            await engine.dispose()

    wait_for(work())
    out.print(f"The database is at {schema.newest()}.")


@db.command("current")
def db_current(as_json: AsJson = False, data: Data = None) -> None:
    """Print which migration the database is at, and which is the newest."""
    settings = attached(read_settings(data))

    async def work() -> dict[str, str | None]:
        engine = engine_of(settings)
        try:
            return {"current": await schema.current(engine), "newest": schema.newest()}
        finally:
            await engine.dispose()

    state = wait_for(work())
    say(state, as_json=as_json, text=lambda s: f"at {s['current'] or 'nothing'}, newest is {s['newest']}")


@topics.command("plan")
def topics_plan(as_json: AsJson = False, data: Data = None) -> None:
    """Print what `hub topics apply` would do; exit code 1 where something is to do."""
    settings = attached(read_settings(data))

    async def work() -> list[dict[str, str]]:
        kafka = settings.connection()
        admin = kafka.admin()
        await admin.start()
        try:
            found = await kafka_topics.plan(admin, kafka, settings.shards)
        finally:
            await admin.close()
        return [{"topic": each.topic, "what": each.what} for each in found]

    differences = wait_for(work())
    say(
        differences,
        as_json=as_json,
        text=lambda rows: "\n".join(f"{row['topic']}: {row['what']}" for row in rows) or "Nothing to do.",
    )
    if differences:
        raise typer.Exit(FAILED)


@topics.command("apply")
def topics_apply(as_json: AsJson = False, data: Data = None) -> None:
    """Create the topics that are missing."""
    created = wait_for(create_topics(attached(read_settings(data))))
    say(created, as_json=as_json, text=lambda names: "\n".join(f"created {n}" for n in names) or "Nothing to do.")


@topics.command("resume")
def topics_resume(topic: str, partition: int, data: Data = None) -> None:
    """Read a partition on that was paused because too many of its records could not be read."""
    if not wait_for(checks.resume_partition(attached(read_settings(data)), topic, partition)):
        raise NotUsable(f"partition {partition} of {topic} is not paused")
    out.print(f"{topic} {partition} is read on.")


@order.command("show")
def order_show(number: str, as_json: AsJson = False, data: Data = None) -> None:
    """Print an order by its number or id: state, lines, shipments, money, and its timeline: who, when, what, why."""
    view = wait_for(order_view.read(attached(read_settings(data)), number))
    say(view, as_json=as_json, text=order_view.render)


@shard.command("list")
def shard_list(as_json: AsJson = False, data: Data = None) -> None:
    """Print the shards: owner, batch, lag, and why one stopped."""
    rows = wait_for(checks.shards(attached(read_settings(data))))
    say(rows, as_json=as_json, text=checks.shard_table)


@shard.command("resume")
def shard_resume(
    number: int,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Pass over unread records that retention or a new topic removed.")
    ] = False,
    accept_restore: Annotated[
        bool, typer.Option("--accept-restore", help="Go on with an older copy of the database: read again from there.")
    ] = False,
    data: Data = None,
) -> None:
    """Let a stopped shard run again, after its cause was mended."""
    consent = accidents.Consent(loss=accept_loss, restore=accept_restore)
    for note in wait_for(accidents.resume(attached(read_settings(data)), number, consent)):
        out.print(shown(note), soft_wrap=True)
    out.print(f"Shard {number} runs again as soon as a hub process takes it.")


@token.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="Who will command.")],
    scopes: Annotated[list[str] | None, typer.Option("--scope", help="What he may do; all scopes if none.")] = None,
    stores: Annotated[list[str] | None, typer.Option("--store", help="In which stores; all if none.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=8760)] = 12,
    data: Data = None,
) -> None:
    """Print a signed token for the header hub-token of a command."""
    settings = read_settings(data)
    if settings.token_key is None:
        settings = attached(settings)
    if settings.token_key is None:
        raise NotUsable("HUB_TOKEN_KEY is not set: it is the key that the hub's processes have")
    unknown = sorted(set(scopes or ()) - set(tokens.SCOPES))
    if unknown:
        raise NotUsable(f"no scope is called {', '.join(unknown)}; there are {', '.join(tokens.SCOPES)}")
    key = settings.token_key.get_secret_value()
    typer.echo(tokens.create(key, name, scopes or tokens.SCOPES, stores or ["*"], timedelta(hours=hours)))


def main() -> None:
    """Run the command line; every failure is a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        app(standalone_mode=True)
    except (HubError, EmbeddedServerError, SimulationError) as error:
        _complain(str(error))
        sys.exit(getattr(error, "code", FAILED))
    except (KafkaError, OSError, TimeoutError, asyncpg.PostgresError, SQLAlchemyError) as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        _complain(f"a server did not answer: {text}. Run `hub check`.")
        sys.exit(UNREACHABLE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _complain(sentence: str) -> None:
    err.print(Text.assemble(("Error:", "red"), f" {sentence}"), soft_wrap=True)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
