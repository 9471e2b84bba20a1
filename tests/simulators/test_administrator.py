"""The administrator puts every list, and changes it for the version that was told."""

from contracts.catalogue import CatalogueHead, PutWordList, WordListChanged
from contracts.message import Cause
from contracts.topics import CATALOGUE_EVENTS, COMMANDS
from simulators import Simulation
from simulators.administrator import CHANGES, LISTS, Administrator
from simulators.planned import Heard

CAUSE = Cause(source="/hub", id="1", type="x", topic="x", partition=0, offset=0)


def changed_to(version: int) -> Heard:
    head = CatalogueHead(version=version, cause=CAUSE)
    return Heard(CATALOGUE_EVENTS, f"e-{version}", "wordlist:themes", WordListChanged(entries=(), head=head))


def test_every_list_is_put_once_with_the_administrators_token() -> None:
    planned = Administrator(Simulation("none:9092", orders=1, token="signed")).opening()

    assert [(each.order_id, each.topic) for each in planned] == [(name, COMMANDS) for name in LISTS]
    assert {each.extra_headers for each in planned} == {(("hub-token", b"signed"),)}


def test_a_list_that_changed_is_changed_again_until_its_last_version() -> None:
    administrator = Administrator(Simulation("none:9092", orders=1, token="signed"))

    (again,) = administrator.reply(changed_to(2))

    assert isinstance(again.message, PutWordList)
    assert (again.order_id, again.message.expected_version, len(again.message.entries)) == ("themes", 2, 3)
    assert administrator.reply(changed_to(CHANGES)) == []
