"""Operators' acts: what each will do, and why it is done; carried out once for the key of its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from hub.console.asking import Refused
from hub.console.forms import key_of, keyed, shown
from hub.console.troubles import LOSS, RESTORE, advice
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Operation:
    """An act of an operator: what it is called, what its button says, and what it will do."""

    title: str
    button: str
    effects: tuple[str, ...]
    risk: bool = False


SHARDS: Final[Mapping[str, Operation]] = {
    "pause": Operation(
        "Pause shard {shard}",
        "Pause the shard",
        (
            "It stops after the batch in hand. Its orders stand still, and their deadlines come late.",
            "Its records wait in Kafka; nothing is lost as long as the topics keep them.",
            "The other shards go on.",
        ),
        risk=True,
    ),
    "resume": Operation(
        "Resume shard {shard}",
        "Resume the shard",
        (
            "A process takes it over within seconds and reads on where it stopped: {lag} records wait.",
            "If it finds the same trouble again, it stops again.",
        ),
    ),
}
TOPICS: Final[Mapping[str, Operation]] = {
    "pause": Operation(
        "Read {topic} no further",
        "Pause the topic",
        ("Its records wait in Kafka, as long as the topic keeps them.", "Orders that wait for them stand still."),
        risk=True,
    ),
    "resume": Operation(
        "Read {topic} on",
        "Resume the topic",
        ("It is read on where it was paused, the oldest records first.",),
    ),
}


@router.get("/ops/shards/{shard}/{act}")
async def shard_form(shard: int, act: str, visit: Visiting) -> Response:
    """Show the form of an act on a shard."""
    return await _shard(visit, shard, act, {})


@router.post("/ops/shards/{shard}/{act}")
async def act_on_shard(shard: int, act: str, visit: Visiting, form: Form) -> Response:
    """Pause a shard, or let it go on."""
    _operation(SHARDS, act)
    given = dict(form)
    body: dict[str, Any] = {"why": given.get("why", "").strip()}
    accepted = {f"accept_{each}": True for each in (LOSS, RESTORE) if given.get("accept") == each}
    if accepted:
        body |= accepted | {"confirm": _number(given.get("confirm", ""))}
    try:
        await send(visit, f"/v1/ops/shards/{shard}/{act}", body, given)
    except Refused as error:
        return await _shard(visit, shard, act, given, shown(error))
    return visit.to(f"/ops/shards/{shard}", done=act)


@router.get("/ops/topics/{topic}/acts/{act}")
async def topic_form(topic: str, act: str, visit: Visiting, partition: int | None = None) -> Response:
    """Show the form of an act on a topic, or on one of its partitions."""
    return await _topic(visit, topic, act, {} if partition is None else {"partition": str(partition)})


@router.post("/ops/topics/{topic}/acts/{act}")
async def act_on_topic(topic: str, act: str, visit: Visiting, form: Form) -> Response:
    """Have a topic read no further, or on."""
    _operation(TOPICS, act)
    given = dict(form)
    partition = _number(given.get("partition", ""))
    query = {} if partition is None else {"partition": partition}
    try:
        await send(visit, f"/v1/ops/topics/{topic}/{act}", {"why": given.get("why", "").strip()}, given, query)
    except Refused as error:
        return await _topic(visit, topic, act, given, shown(error))
    return visit.to(f"/ops/topics/{topic}", done=act)


async def send(visit: Visit, path: str, body: Mapping[str, Any], given: Mapping[str, str], query: Any = ()) -> Any:
    """Ask the API for an operator's act under the key of its form; raises Refused."""
    return (await visit.api.send("POST", path, body, query=query, headers=keyed(given))).document


async def _shard(
    visit: Visit, shard: int, act: str, given: Mapping[str, str], refused: Refused | None = None
) -> Response:
    operation, row = _operation(SHARDS, act), await visit.api.get(f"/v1/ops/shards/{shard}")
    accept = advice(f"stopped: {row['stopped']}").accept if row["stopped"] and act == "resume" else None
    filled = {"shard": shard, "lag": row["lag"]}
    return operation_form(
        visit, operation, filled, given, f"/ops/shards/{shard}", refused, because=row["stopped"], accept=accept
    )


async def _topic(
    visit: Visit, topic: str, act: str, given: Mapping[str, str], refused: Refused | None = None
) -> Response:
    operation = _operation(TOPICS, act)
    await visit.api.get(f"/v1/ops/topics/{topic}")
    partition = given.get("partition")
    filled = {"topic": f"{topic}/{partition}" if partition else topic}
    return operation_form(
        visit, operation, filled, given, f"/ops/topics/{topic}", refused, hidden={"partition": partition}
    )


def operation_form(
    visit: Visit,
    operation: Operation,
    filled: Mapping[str, Any],
    given: Mapping[str, str],
    back: str,
    refused: Refused | None,
    **more: Any,
) -> Response:
    """Return the form of an act, as a page or as a part for the dialog."""
    told = {"hidden": {}, "because": None, "accept": None, "fields": None} | more
    told |= {"operation": operation, "filled": filled, "given": given, "back": back}
    problem = None if refused is None else refused.problem
    told |= {"problem": problem, "key": key_of(given, problem)}
    template = "ops_act_part.html" if visit.is_fragment() else "ops_act.html"
    return visit.page(template, 200 if refused is None else refused.status, **told)


def _operation(table: Mapping[str, Operation], act: str) -> Operation:
    if act not in table:
        raise HTTPException(404)
    return table[act]


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() and len(text) < 10 else None
