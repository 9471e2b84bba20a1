"""The contracts over HTTP: what may be said on which topic and by whom, and whether an event is as it should be."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request

from contracts.topics import Topic
from hub.api.cloud_events import SINGLE, event_of
from hub.api.context import bearer_of, caller_of
from hub.api.described import PROBLEMS
from hub.api.models import FaultModel, Model
from hub.api.partners import partner_of
from hub.api.routing import Strict
from hub.desk import contracts
from hub.desk.contracts import Contract
from hub.desk.partner_keys import PREFIX, WRITABLE

router: Final = APIRouter(prefix="/v1/contracts", tags=["contracts"], route_class=Strict, responses=PROBLEMS)


class TypeModel(Model):
    """A type of message, and what it says."""

    type: str
    summary: str


class TopicModel(Model):
    """A topic: who writes it, whether partner keys may do so over HTTP, and what it may hold.

    `direction` is `inbound` where the hub reads it, `outbound` where it writes it, `internal` for both.
    """

    topic: str
    summary: str
    direction: str
    writer: str
    over_http: bool
    types: list[TypeModel]


class TopicsModel(Model):
    """Every topic."""

    items: list[TopicModel]


class PublishersModel(Model):
    """Who may write it: the party; whether by a partner key over HTTP; a command needs one of the scopes."""

    party: str
    over_http: bool
    scopes: list[str]


class ChangeModel(Model):
    """What is different, and where: a JSON Pointer into the data, with `*` for each item of a list."""

    pointer: str
    detail: str


class StepModel(Model):
    """What came with a release; `release` is null for what no release has yet."""

    release: str | None
    changes: list[ChangeModel]


class ContractModel(Model):
    """A type of message: its data's JSON Schema (draft 2020-12), and an event of it in structured mode."""

    topic: str
    type: str
    summary: str
    direction: str
    publishers: PublishersModel
    json_schema: dict[str, Any]
    example: dict[str, Any]
    history: list[StepModel]


class JudgedModel(Model):
    """Whether the hub would take an event. `pointer` leads into it as structured mode has it: `/data/…`, `/subject`.

    `topic` and `type` are null where the event says too little of itself to know.
    """

    valid: bool
    topic: str | None
    type: str | None
    errors: list[FaultModel]


async def anybody(request: Request) -> None:
    """Let in who is signed in, by a token or by a partner's key; raises NobodySignedIn, Problem."""
    if (bearer_of(request) or "").startswith(PREFIX):
        await partner_of(request)
    else:
        await caller_of(request)


SignedIn: Final = Depends(anybody)


@router.get("", summary="Topics and their types", dependencies=[SignedIn])
async def topics() -> TopicsModel:
    """Return every topic with the types that it may hold."""
    return TopicsModel(items=[_topic(each) for each in contracts.listed()])


def _topic(topic: Topic) -> TopicModel:
    return TopicModel(
        topic=topic.name,
        summary=topic.summary,
        direction=topic.direction.value,
        writer=topic.writer,
        over_http=topic.name in WRITABLE,
        types=[TypeModel(type=name, summary=contracts.summary_of(each)) for name, each in topic.by_type.items()],
    )


@router.get("/{topic}/{type}", summary="One type's contract", dependencies=[SignedIn])
async def contract(topic: str, type: str) -> ContractModel:  # noqa: A002 - as it is called in the address
    """Return a type's schema, an example, who may publish it, and what has changed in it from release to release."""
    return _contract(contracts.one(topic, type))


def _contract(found: Contract) -> ContractModel:
    may = found.publishers
    return ContractModel(
        topic=found.topic.name,
        type=found.type,
        summary=found.summary,
        direction=found.topic.direction.value,
        publishers=PublishersModel(party=may.party, over_http=may.over_http, scopes=list(may.scopes)),
        json_schema=dict(found.schema),
        example=dict(found.example),
        history=[
            StepModel(
                release=step.release,
                changes=[ChangeModel(pointer=each.pointer, detail=each.what) for each in step.changes],
            )
            for step in found.steps
        ],
    )


@router.post(
    "/validate",
    summary="Try an event",
    openapi_extra=SINGLE,
    response_model=JudgedModel,
    dependencies=[SignedIn],
)
async def validate(
    request: Request,
    topic: Annotated[str | None, Query(description="The topic that it is for, where two have its type.")] = None,
) -> JudgedModel:
    """Say whether the hub would take a CloudEvent, in binary or structured mode, and what is wrong with it.

    It is read by what reads the records of Kafka, and not published. Whether the sender may send it isn't asked.
    """
    headers, value = await event_of(request)
    found = contracts.judge(headers, value, topic)
    errors = [FaultModel(pointer=pointer, detail=text) for pointer, text in found.faults]
    return JudgedModel(valid=not errors, topic=found.topic, type=found.type, errors=errors)
