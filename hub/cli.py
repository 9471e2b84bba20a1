"""The command line: `hub <noun> <verb>`; results on stdout, everything else on stderr, exit codes as documented."""

import json
import signal
import sys
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from adapters import tokens
from adapters.embedded import EmbeddedServerError
from adapters.errors import HubRuns, ShardsDiffer
from adapters.kafka import topics as kafka_topics
from adapters.postgres import schema
from hub import (
    accidents,
    attention,
    contract_commands,
    failed_commands,
    failed_view,
    growth,
    health,
    log,
    operations,
    order_view,
)
from hub import app as hub_app
from hub.display import shown
from hub.errors import FAILED, INTERRUPTED, UNREACHABLE, USAGE, HubError, NotUsable
from hub.operations import Act
from hub.output import AsJson, Data, DryRun, Key, Who, Why, err, out, read_settings, say, utc, wait_for
from hub.servers import attached, create_topics
from hub.wiring import engine_of
from producers.replay import Window
from simulators.errors import SimulationError

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help=__doc__)
db = typer.Typer(no_args_is_help=True, help="The database's schema.")
topics = typer.Typer(no_args_is_help=True, help="Kafka's topics.")
order = typer.Typer(no_args_is_help=True, help="Orders.")
shard = typer.Typer(no_args_is_help=True, help="Shards.")
partner = typer.Typer(no_args_is_help=True, help="Partners, by the source of their events.")
gateway = typer.Typer(no_args_is_help=True, help="The payment gateway, for a provider that speaks HTTP.")
token = typer.Typer(no_args_is_help=True, help="Signed tokens for commands.")
app.add_typer(db, name="db")
app.add_typer(topics, name="topics")
app.add_typer(order, name="order")
app.add_typer(shard, name="shard")
app.add_typer(gateway, name="gateway")
app.add_typer(token, name="token")
app.add_typer(partner, name="partner")
app.add_typer(failed_commands.app, name="failed")
app.add_typer(contract_commands.app, name="contracts")


Partition = Annotated[int | None, typer.Option("--partition", help="Only this partition.")]


class Mischief(StrEnum):
    """How naughty the simulated partners are."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


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
    without: Annotated[
        list[str] | None, typer.Option("--without", help="A partner that somebody else plays, e.g. payment-service.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let simulated partners place orders and answer, until everything is quiet."""
    from hub import partners

    settings = attached(read_settings(data))
    ledger = wait_for(partners.simulate_on(settings, orders, seed, mischief.value, rate=rate, without=without or ()))
    say(ledger, as_json=as_json, text=lambda books: json.dumps(books, indent=2, default=str))


@app.command()
def check(as_json: AsJson = False, data: Data = None) -> None:
    """Check settings, database, migrations, Kafka, topics and contracts: one line each."""
    from hub import checks

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
            await schema.create_shards(engine, settings.shards, settings.served)
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
            found = await kafka_topics.plan(admin, kafka, settings.shards, settings.partition_count)
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


@topics.command("pause")
def topics_pause(
    topic: str,
    why: Why,
    partition: Partition = None,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """Read a topic, or one partition of it, no further until it is resumed."""
    act = Act(why, who, key, dry_run)
    count = wait_for(operations.pause_topic(attached(read_settings(data)), act, topic, partition))
    _changed(count, dry_run, f"{count} partitions of {topic} are read no further", "nothing more of it can be paused")


@topics.command("resume")
def topics_resume(
    topic: str,
    why: Why,
    partition: Partition = None,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """Read a paused topic, or one partition of it, on: paused by a person, or because too much could not be read."""
    act = Act(why, who, key, dry_run)
    count = wait_for(operations.resume_topic(attached(read_settings(data)), act, topic, partition))
    _changed(count, dry_run, f"{count} partitions of {topic} are read on", f"{topic} is not paused there")


@partner.command("pause")
def partner_pause(
    source: str, why: Why, who: Who = "", key: Key = "", dry_run: DryRun = False, data: Data = None
) -> None:
    """Keep what a partner says, by the source of its events, until it is resumed; all others go on."""
    done = wait_for(operations.pause_partner(attached(read_settings(data)), Act(why, who, key, dry_run), source))
    _changed(done, dry_run, f"What {source} says is kept until hub partner resume", f"{source} is paused already")


@partner.command("resume")
def partner_resume(
    source: str, why: Why, who: Who = "", key: Key = "", dry_run: DryRun = False, data: Data = None
) -> None:
    """Let a paused partner's records go on, the kept ones first, in their order."""
    done = wait_for(operations.resume_partner(attached(read_settings(data)), Act(why, who, key, dry_run), source))
    _changed(done, dry_run, f"What {source} said goes on", f"{source} is not paused")


@partner.command("list")
def partner_list(as_json: AsJson = False, data: Data = None) -> None:
    """Print the paused partners, and how many of their records are kept."""
    found = wait_for(operations.partners(attached(read_settings(data))))
    say(found, as_json=as_json, text=failed_view.partners)


@app.command("replay")
def replay(
    topic: str,
    why: Why,
    since: Annotated[datetime, typer.Option("--since", help="From this append time (UTC).")],
    until: Annotated[datetime, typer.Option("--until", help="To before this append time (UTC).")],
    partition: Partition = None,
    order: Annotated[str | None, typer.Option("--order", help="Only records with this order id as their key.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000_000)] = 100_000,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Write the records of a time window again, each where it lay; what the hub knows already changes nothing."""
    started, ended = utc(since) or since, utc(until) or until
    named = None if order is None else order.encode()
    window = Window(topic, started, ended, partition, named, limit)
    count = wait_for(operations.replay(attached(read_settings(data)), Act(why, who, key, dry_run), window))
    verb = "would be written again" if dry_run else "were written again"
    say({"records": count, "dry_run": dry_run}, as_json=as_json, text=lambda _: f"{count} records of {topic} {verb}.")


@app.command("health")
def health_of(
    here: Annotated[bool, typer.Option("--here", help="Only processes of this machine, as a probe wants it.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Exit code 1 only where no process lives.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print whether every shard is worked on, and if not, why; exit code 1 if not."""
    view = wait_for(health.read(attached(read_settings(data)), here=here))
    say(view, as_json=as_json, text=health.render)
    if not (view["live"] is not False if live else view["ready"]):
        raise typer.Exit(FAILED)


@app.command("operations")
def operations_list(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 50, as_json: AsJson = False, data: Data = None
) -> None:
    """Print what operators did, the newest first: when, who, what, why."""
    found = wait_for(operations.history(attached(read_settings(data)), limit))
    say(found, as_json=as_json, text=failed_view.history)


def _changed(done: object, dry_run: bool, what: str, otherwise: str) -> None:
    if not done and not dry_run:
        raise NotUsable(otherwise)
    out.print("Nothing was done: a dry run." if dry_run else f"{what}.", highlight=False)


@order.command("show")
def order_show(number: str, as_json: AsJson = False, data: Data = None) -> None:
    """Print an order by its number or id: state, lines, shipments, money, and its timeline: who, when, what, why."""
    view = wait_for(order_view.read(attached(read_settings(data)), number))
    say(view, as_json=as_json, text=order_view.render)


@shard.command("list")
def shard_list(as_json: AsJson = False, data: Data = None) -> None:
    """Print the shards: owner, batch, lag, and why one stopped."""
    from hub import checks

    rows = wait_for(checks.shards(attached(read_settings(data))))
    say(rows, as_json=as_json, text=checks.shard_table)


@shard.command("pause")
def shard_pause(
    number: int, why: Why, who: Who = "", key: Key = "", dry_run: DryRun = False, data: Data = None
) -> None:
    """Stop a shard after its batch in hand; its orders wait until it is resumed."""
    done = wait_for(operations.pause_shard(attached(read_settings(data)), Act(why, who, key, dry_run), number))
    _changed(done, dry_run, f"Shard {number} stops within a second", f"shard {number} is stopped already, or unknown")


@shard.command("resume")
def shard_resume(
    number: int,
    why: Why,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Pass over unread records that retention or a new topic removed.")
    ] = False,
    accept_restore: Annotated[
        bool, typer.Option("--accept-restore", help="Go on with an older copy of the database: read again from there.")
    ] = False,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """Let a stopped shard run again, after its cause was mended."""
    act = Act(why, who, key, dry_run)
    consent = accidents.Consent(loss=accept_loss, restore=accept_restore)
    for note in wait_for(accidents.resume(attached(read_settings(data)), act, number, consent)):
        out.print(shown(note), soft_wrap=True)
    _changed(True, dry_run, f"Shard {number} runs again as soon as a hub process takes it", "")


@shard.command("grow")
def shard_grow(
    to: Annotated[int, typer.Option("--to", min=2, max=1024, help="How many shards there shall be.")],
    why: Why,
    who: Who = "",
    key: Key = "",
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """Split the shards into more while no process of the hub runs; set HUB_SHARDS to the new number then."""
    done = wait_for(growth.grow(attached(read_settings(data)), Act(why, who, key, dry_run), to))
    out.print(shown(growth.told(done, dry_run=dry_run)), soft_wrap=True)


@gateway.command("payments")
def gateway_payments(data: Data = None) -> None:
    """Run one process of the payment gateway, until SIGTERM; start more of them to share the work."""
    from hub import gateway as hub_gateway

    settings = read_settings(data)
    hub_gateway.provider_of(settings.gateway)
    hub_gateway.run(attached(settings))


@gateway.command("list")
def gateway_list(
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only calls whose outcome is unknown, given up or unreadable.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many calls at most.")] = 200,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print the calls to the payment provider that are not answered yet, the oldest first."""
    from hub import gateway_commands

    rows = wait_for(gateway_commands.listing(attached(read_settings(data)), only_unknown=unknown, limit=limit))
    say(rows, as_json=as_json, text=gateway_commands.calls_table)


@gateway.command("reconcile")
def gateway_reconcile(as_json: AsJson = False, data: Data = None) -> None:
    """Compare the provider's books with the hub's, to the cent; exit code 1 and the differences otherwise."""
    from hub import gateway_commands

    settings = read_settings(data)
    result = wait_for(gateway_commands.reconcile(attached(settings)))
    say(result.to_json(), as_json=as_json, text=lambda _: gateway_commands.differences_table(result))
    if result.differences:
        raise typer.Exit(FAILED)


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
    except (HubRuns, ShardsDiffer) as error:
        _complain(str(error))
        sys.exit(USAGE)
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
