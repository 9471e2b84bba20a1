"""The kinds of aggregates: what is wrong with the list of them is found when it is made."""

from dataclasses import replace
from typing import ClassVar

import pytest

from contracts.commands import CancelOrder
from contracts.message import Fact
from contracts.subjects import KINDS as NAMES
from contracts.subjects import called, id_of, is_reserved, kind_of, split, subject_of
from contracts.topics import INBOUND
from domain.aggregates import KINDS, KindsAreUnsound, check
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER

READ = [message for topic in INBOUND for message in topic.messages]


class _Weighed(Fact):
    """No rule takes this."""

    name: ClassVar[str] = "parcel.weighed"


def test_what_there_is_is_sound() -> None:
    check(KINDS, NAMES, READ)


@pytest.mark.parametrize("names", [("order",), (*NAMES, "customer")])
def test_a_kind_without_an_aggregate_or_an_aggregate_without_a_name_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(KindsAreUnsound, match=r"must be in contracts\.subjects\.KINDS and in"):
        check(KINDS, names, READ)


def test_a_message_that_no_rule_of_its_kind_takes_is_refused() -> None:
    with pytest.raises(KindsAreUnsound, match="no rule of order takes _Weighed: write it"):
        check(KINDS, NAMES, [*READ, _Weighed])


def test_a_command_without_a_scope_is_refused() -> None:
    scopes = {kind: scope for kind, scope in ORDER.commands.items() if kind is not CancelOrder}
    kinds = Kinds(replace(ORDER, commands=scopes), WORD_LIST)

    with pytest.raises(KindsAreUnsound, match="CancelOrder has no scope among the commands of order: add it"):
        check(kinds, NAMES, READ)


@pytest.mark.parametrize(
    ("kind", "bare", "text"),
    [
        ("order", "o-1", "o-1"),
        ("order", "order:1", "order:1"),
        ("order", "a:b:c", "a:b:c"),
        ("order", ":x", ":x"),
        ("wordlist", "themes", "wordlist:themes"),
        ("promotion", "A:B", "promotion:A:B"),
    ],
)
def test_one_text_names_kind_and_id(kind: str, bare: str, text: str) -> None:
    assert subject_of(kind, bare) == text
    assert split(text) == (kind_of(text), id_of(text)) == (kind, bare)
    assert called(text) == f"{kind} {bare}"
    assert is_reserved(text) is (kind != "order")
