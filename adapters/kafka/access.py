"""Who may do what on Kafka (ACLs), as it should be and as it is: planned, granted, taken away.

Questions and orders are of version 1 of their kind: aiokafka's own choice, the newest, is one that it can't write yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest_v1, DescribeAclsRequest_v1
from aiokafka.protocol.api import Request

ANY: Final = 1
"""Any pattern, operation or permission: in a question."""
ALLOW: Final = 3
ANYWHERE: Final = "*"
"""From whatever machine."""
NO_AUTHORIZER: Final = 54
"""The broker checks nobody's rights, and keeps none."""


class Resource(IntEnum):
    """What a right is about, by the protocol's number."""

    ANY = 1
    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5


class Pattern(IntEnum):
    """Whether a name is one, or the beginning of many."""

    LITERAL = 3
    PREFIXED = 4


class Operation(IntEnum):
    """What may be done, by the protocol's number."""

    READ = 3
    WRITE = 4
    CREATE = 5
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One right of a principal (`User:name`), from any machine."""

    principal: str
    resource: Resource
    name: str
    operation: Operation
    pattern: Pattern = Pattern.LITERAL

    def __str__(self) -> str:
        """Return it as a sentence says it."""
        what = self.resource.name.lower().replace("_", " ")
        name = f"{self.name}*" if self.pattern is Pattern.PREFIXED else self.name
        return f"{self.principal} may {self.operation.name.lower().replace('_', ' ')} {what} {name}"


class NoAuthorizer(Exception):
    """The broker keeps no ACLs."""


class _Describe(Request[DescribeAclsRequest_v1]):
    API_KEY = 29

    def build(self, request_struct_class: type[DescribeAclsRequest_v1]) -> DescribeAclsRequest_v1:
        return request_struct_class(Resource.ANY, None, ANY, None, None, ANY, ALLOW)


class _Create(Request[CreateAclsRequest_v1]):
    API_KEY = 30

    def __init__(self, grants: Sequence[Grant]) -> None:
        self._grants = grants

    def build(self, request_struct_class: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        return request_struct_class(list(map(_row, self._grants)))


class _Delete(Request[DeleteAclsRequest_v1]):
    API_KEY = 31

    def __init__(self, grants: Sequence[Grant]) -> None:
        self._grants = grants

    def build(self, request_struct_class: type[DeleteAclsRequest_v1]) -> DeleteAclsRequest_v1:
        return request_struct_class(list(map(_row, self._grants)))


def _row(grant: Grant) -> tuple[int, str, int, str, str, int, int]:
    where = (int(grant.resource), grant.name, int(grant.pattern))
    return (*where, grant.principal, ANYWHERE, int(grant.operation), ALLOW)


async def granted(admin: AIOKafkaAdminClient) -> set[Grant]:
    """Return every right that is of a kind the hub knows: others are not its own, and never touched.

    Raises NoAuthorizer, and what the broker says.
    """
    answer: Any = await admin._send_to_controller(_Describe())
    _check(answer.error_code, answer.error_message)
    rows = ((row, acl) for row in answer.resources for acl in row[3])
    return {grant for row, acl in rows if (grant := _read(row, acl)) is not None}


def _read(row: tuple[int, str, int, object], acl: tuple[str, str, int, int]) -> Grant | None:
    kind, name, pattern, _ = row
    principal, host, operation, permission = acl
    if host != ANYWHERE or permission != ALLOW:
        return None
    try:
        return Grant(principal, Resource(kind), name, Operation(operation), Pattern(pattern))
    except ValueError:
        return None


async def grant(admin: AIOKafkaAdminClient, grants: Iterable[Grant]) -> None:
    """Give rights; one that is there already stays as it is. Raises NoAuthorizer, and what the broker says."""
    wanted = sorted(grants)
    if wanted:
        answer: Any = await admin._send_to_controller(_Create(wanted))
        for code, message in answer.creation_responses:
            _check(code, message)


async def revoke(admin: AIOKafkaAdminClient, grants: Iterable[Grant]) -> None:
    """Take rights away; one that is not there any more is none. Raises NoAuthorizer, and what the broker says."""
    unwanted = sorted(grants)
    if unwanted:
        answer: Any = await admin._send_to_controller(_Delete(unwanted))
        for code, message, _ in answer.filter_responses:
            _check(code, message)


def _check(code: int, message: str | None) -> None:
    if code == NO_AUTHORIZER:
        raise NoAuthorizer(message or "")
    if code:
        raise for_code(code)(message or "")
