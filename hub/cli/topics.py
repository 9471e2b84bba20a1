"""`hub topics …`: Kafka's topics: created where they are missing, read no further, read on."""

import typer

from hub.cli.exits import FAILED
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, Partition, operator
from hub.cli.output import listed, say, say_changed
from hub.desk import topics
from hub.desk.operations import Act
from hub.desk.topics import Difference

app = typer.Typer(no_args_is_help=True, help="Kafka's topics.")


@app.command("plan")
def plan(as_json: AsJson = False, data: Data = None) -> None:
    """Print what `hub topics apply` would do; exit code 1 where something is to do."""
    differences = at_desk(data, topics.plan)
    say(
        differences,
        as_json=as_json,
        text=lambda found: listed(f"{each.topic}: {each.what}" for each in found),
        document=lambda found: list(map(_document, found)),
    )
    if differences:
        raise typer.Exit(FAILED)


def _document(difference: Difference) -> dict[str, str]:
    return {"topic": difference.topic, "what": difference.what}


@app.command("apply")
def apply(as_json: AsJson = False, data: Data = None) -> None:
    """Create the topics that are missing."""
    created = at_desk(data, topics.apply)
    say(created, as_json=as_json, text=lambda names: listed(f"created {n}" for n in names))


@app.command("pause")
@operator
def pause(topic: str, act: Act, partition: Partition = None, data: Data = None) -> None:
    """Read a topic, or one partition of it, no further until it is resumed."""
    count = at_desk(data, lambda desk: topics.pause(desk, act, topic, partition))
    say_changed(count, act, f"{count} partitions of {topic} are read no further", "nothing more of it can be paused")


@app.command("resume")
@operator
def resume(topic: str, act: Act, partition: Partition = None, data: Data = None) -> None:
    """Read a paused topic, or one partition of it, on: paused by a person, or as its next batch can't be decoded."""
    count = at_desk(data, lambda desk: topics.resume(desk, act, topic, partition))
    say_changed(count, act, f"{count} partitions of {topic} are read on", f"{topic} is not paused there")
