"""Rights on Kafka (ACLs): what is missing, what is too much, and both put right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka.errors import ClusterAuthorizationFailedError

from adapters.kafka import access
from adapters.kafka.access import Grant as Grant
from adapters.kafka.access import NoAuthorizer
from hub.access import ROLES, grants, is_ours
from hub.desk.resources import Desk
from hub.errors import NotUsable

APPLY_SECONDS: Final = 30
UNCHECKED: Final = (
    "this Kafka checks nobody's rights, and keeps none: set authorizer.class.name on its brokers and controllers, "
    "such as org.apache.kafka.metadata.authorizer.StandardAuthorizer"
)
NOT_ALLOWED: Final = (
    "this user may not {may} the cluster: name one who may by HUB_KAFKA__SASL_USERNAME and HUB_KAFKA__SASL_PASSWORD"
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What principals lack of their roles, and what may be done with the hub's own that no role needs.

    Whoever has that right: a principal of another role, or a partner that is one no more. What a principal may do
    elsewhere on the same Kafka is none of the hub's.
    """

    missing: Sequence[Grant]
    beyond: Sequence[Grant]


def wanted(desk: Desk) -> set[Grant]:
    """Return every right that the settings' principals are to have."""
    given = desk.settings.access
    return {grant for role in ROLES for principal in given.of(role) for grant in grants(desk.kafka, role, principal)}


async def plan(desk: Desk) -> Rights:
    """Return how the rights that there are differ from what the roles need. Raises NotUsable, ServerIsAway."""
    wishes = wanted(desk)
    async with desk.changing(APPLY_SECONDS) as admin:
        try:
            there = await access.granted(admin)
        except NoAuthorizer as error:
            raise NotUsable(UNCHECKED) from error
        except ClusterAuthorizationFailedError as error:
            raise NotUsable(NOT_ALLOWED.format(may="describe")) from error
    beyond = {grant for grant in there - wishes if is_ours(desk.kafka, grant)}
    return Rights(sorted(wishes - there), sorted(beyond))


async def apply(desk: Desk, *, prune: bool = False) -> Rights:
    """Grant what is missing, and with `prune` revoke what is beyond; return what was done.

    Raises NotUsable, ServerIsAway.
    """
    planned = await plan(desk)
    done = Rights(planned.missing, planned.beyond if prune else ())
    async with desk.changing(APPLY_SECONDS) as admin:
        try:
            await access.grant(admin, done.missing)
            await access.revoke(admin, done.beyond)
        except ClusterAuthorizationFailedError as error:
            raise NotUsable(NOT_ALLOWED.format(may="alter")) from error
    return done
