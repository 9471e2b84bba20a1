"""Roles on Kafka: every topic has who writes it and who reads it, and nobody may do more than his role says."""

import re
from pathlib import Path

import pytest

from adapters.kafka.access import Operation, Pattern, Resource
from adapters.kafka.connection import KafkaConnection
from consumers import payment_requests
from contracts.topics import INBOUND, TOPICS, Direction, Topic
from hub.access import ROLES, grants, is_ours
from hub.settings import Settings

KAFKA = KafkaConnection("none", prefix="eu.", group="eu-hub")
HOWTO = (Path(__file__).parents[2] / "docs/howto/secure-kafka.md").read_text()
THEIRS = {name: role for name, role in ROLES.items() if not role.ours}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda each: each.name)
def test_every_topic_has_who_writes_it_and_who_reads_it(topic: Topic) -> None:
    name, direction = topic.name, topic.direction
    writers = {role for role, about in THEIRS.items() if name in about.writes}
    readers = {role for role, about in THEIRS.items() if name in about.reads}
    if direction is Direction.INBOUND:
        assert len(writers) == 1
        assert name in ROLES["run"].reads
    else:
        assert not writers, "what the hub says, nobody else may say"
    if direction is Direction.OUTBOUND:
        assert readers
    if direction is Direction.INTERNAL:
        assert not readers


def test_partners_see_no_dead_letters_for_those_of_others_are_among_them() -> None:
    letters = {topic.dead_letters for topic in INBOUND}
    assert not [name for name, role in THEIRS.items() if letters & {*role.reads, *role.writes}]
    assert letters <= set(ROLES["run"].writes)


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_has_rights_on_what_it_names_and_on_nothing_else(role: str) -> None:
    about, found = ROLES[role], grants(KAFKA, role, "User:somebody")
    topics = [grant for grant in found if grant.resource is Resource.TOPIC]
    assert {g.name for g in topics if g.operation is Operation.READ} == {f"eu.{name}" for name in about.reads}
    assert {g.name for g in topics if g.operation is Operation.WRITE} == {f"eu.{name}" for name in about.writes}
    assert all(grant.pattern is Pattern.LITERAL and is_ours(KAFKA, grant) for grant in topics)
    assert any(grant.resource is Resource.TRANSACTIONAL_ID for grant in found) == (role == "run")
    assert any(grant.operation is Operation.CREATE for grant in found) == (role == "operator")


def test_processes_of_the_hub_are_users_of_their_own_and_partners_nobody_until_they_are_named() -> None:
    given = Settings().access
    assert given.of("run") == ("User:hub-run",)
    assert given.of("carrier") == ()


def test_the_gateway_has_the_group_that_it_reads_by() -> None:
    named = {grant.name for grant in grants(KAFKA, "gateway", "User:g") if grant.resource is Resource.GROUP}
    assert named == {KAFKA.gateway_group(payment_requests.GATEWAY)}


def test_a_role_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no role is called cariers; the roles are run, api"):
        Settings.model_validate({"access": {"principals": {"cariers": ["User:dhl"]}}})
    with pytest.raises(ValueError, match="pattern"):
        Settings.model_validate({"access": {"principals": {"carrier": ["dhl"]}}})


@pytest.mark.parametrize("role", list(THEIRS))
def test_the_how_to_says_what_a_partner_may(role: str) -> None:
    (row,) = [line for line in HOWTO.splitlines() if line.startswith(f"| `{role}` |")]
    reads, writes = (cell.strip() for cell in row.split("|")[2:4])
    told = THEIRS["shop"].reads if reads == "as the shop" else tuple(re.findall(r"`([^`]+)`", reads))
    assert set(told) == set(THEIRS[role].reads)
    assert set(re.findall(r"`([^`]+)`", writes)) == set(THEIRS[role].writes)
