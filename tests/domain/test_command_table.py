"""The command table: shut by default, walked in every state by every right, store and lock; no row, no import."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from contracts import commands as desk
from domain import aggregates, rights
from domain.deciding.decision import Decision, Known
from domain.deciding.received import Actor
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.commanding import Access, Command, CommandIsUnsound, Judged, Lock, Open, check
from domain.orders.commands import BY_KIND, BY_NAME, TABLE
from domain.orders.decide import decide
from domain.orders.objections import right_on, scope_of
from domain.orders.order import Lock as Held
from domain.orders.order import Order
from tests.domain.story import every_shape
from tests.domain.world import START, received, samples

OTHERS = Held("somebody-else", START)
SITUATIONS = every_shape()
BOSS = Actor("boss", frozenset(rights.SCOPES), frozenset({rights.ANY_STORE}))


def given(order: Order, said: facts.Command, actor: Actor | None) -> Decision[Order]:
    return decide(order, received(said, "c-1", order.as_of or START, actor=actor), Known())


def pairs(order: Order) -> Iterator[tuple[Command, facts.Command]]:
    """Every command with its row, as somebody gives it to this order; of those that can begin one, the rest."""
    for fact in samples(order):
        if isinstance(fact, facts.Command) and (order.state is not None or not BY_KIND[type(fact)].begins):
            yield BY_KIND[type(fact)], fact


def in_its_store(order: Order, said: facts.Command) -> facts.Command:
    return changed(said, store=order.store) if isinstance(said, facts.SubmitOrder) else said


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.rule("EP-02", "EP-03", "K-03")
def test_no_command_is_taken_without_its_scope_its_store_or_past_anothers_lock(name: str) -> None:
    free = changed(SITUATIONS[name], lock=None)
    for row, fact in pairs(free):
        said = in_its_store(free, fact)
        scope = scope_of(free, said)
        lacking = changed(BOSS, scopes=BOSS.scopes - {scope, row.access.also})
        elsewhere = changed(BOSS, stores=frozenset({"another"}))
        locked = given(changed(free, lock=OTHERS), said, BOSS)

        codes = [_code(given(free, said, actor)) for actor in (None, lacking, elsewhere)]
        assert codes == ["scope" if free.state is not None else "unknown_order"] * 3, row.name
        if free.state is not None:
            assert (_code(locked) == "locked_by") == (row.access.lock is not Lock.PASSES or _is_anothers(said))
        assert given(free, said, None).after is free


def _is_anothers(said: facts.Command) -> bool:
    """Tell whether the rule itself finds that the lock is another's."""
    return isinstance(said, desk.UnlockOrder) and not said.force


def _code(decision: Decision[Order]) -> str | None:
    return None if decision.refusal is None else decision.refusal.code


@pytest.mark.parametrize("name", SITUATIONS)
def test_one_scope_and_one_store_are_enough_for_what_a_boss_may_do(name: str) -> None:
    order = SITUATIONS[name]
    for row, fact in pairs(order):
        said = in_its_store(order, fact)
        scopes = {scope_of(order, said), *([] if row.access.also is None else [row.access.also])}
        as_boss = _code(given(order, said, BOSS))

        for scope in scopes:
            one = Actor(BOSS.name, frozenset({scope}), frozenset({order.store}))
            assert _code(given(order, said, one)) == as_boss, (row.name, scope)


@pytest.mark.parametrize("kind", [facts.ReleaseQuarantine, facts.DiscardQuarantined])
def test_operators_need_their_scope_and_the_orders_store_as_everybody_does(kind: type[facts.Command]) -> None:
    order = next(order for order in SITUATIONS.values() if order.store)
    operator = Actor("op", frozenset({rights.OPERATE}), frozenset({order.store}))

    assert right_on(kind, order, operator) is None
    for actor in (
        None,
        changed(operator, scopes=BOSS.scopes - {rights.OPERATE}),
        changed(operator, stores=frozenset({"another"})),
        changed(operator, stores=frozenset()),
    ):
        refusal = right_on(kind, order, actor)
        assert refusal is not None
        assert refusal.code == "scope"
    assert right_on(kind, Order.shell("o-new"), operator) is not None


def test_every_scope_is_asked_for_by_a_command_or_only_reads() -> None:
    asked = {scope for kind in aggregates.KINDS.by_name.values() for scope in kind.commands.values()}
    asked |= {each.scope for row in TABLE for each in row.access.special}

    over_http = {rights.READ, rights.AUDIT, rights.MANAGE_WEBHOOKS, rights.MANAGE_PARTNERS}
    assert asked | over_http == set(rights.SCOPES)


class _Prioritise(facts.Command):
    """A command that somebody has added and given no row."""


def _with(row_name: str, **changes: Any) -> tuple[Command, ...]:
    return tuple(replace(row, **changes) if row.name == row_name else row for row in TABLE)


KINDS = {row.kind for row in TABLE}
HOLD = BY_NAME["order.hold"]
UNSOUND: dict[str, tuple[tuple[Command, ...], set[type[facts.Command]], str]] = {
    "no row": (TABLE, KINDS | {_Prioritise}, "command _Prioritise can't be right: it has 0 rows: write one"),
    "two rows": ((*TABLE, HOLD), KINDS, "HoldOrder can't be right: it has 2 rows"),
    "no such scope": (_with("order.hold", access=Access("orders.hold", Lock.PASSES)), KINDS, "no scope orders.hold"),
    "no such gate": (_with("order.hold", gate="holding"), KINDS, "the matrix has no row holding"),
    "judged by nobody": (
        _with("return.create", gate=BY_NAME["return.confirm"].gate),
        KINDS,
        "no row of the table that judges it starts by it",
    ),
    "open for no reason": (_with("order.hold", gate=Open("")), KINDS, "say why that is right"),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_what_has_no_row_or_a_row_that_can_not_be_right_is_not_imported(what: str) -> None:
    table, kinds, words = UNSOUND[what]

    with pytest.raises(CommandIsUnsound, match=words):
        check(table, kinds)


def test_only_these_commands_are_open_in_every_state() -> None:
    always = {row.name for row in TABLE if isinstance(row.gate, Open)}

    assert always == {
        *("order.draft", "order.unlock", "alert.clear", "payment.clear_retries", "item.correct"),
        *("payment.retry", "payment.note", "payment.book", "payment.write_off", "order.edit"),
        *("flash.add", "flash.remove", "return.switch_outcome", "quarantine.release", "quarantine.discard"),
    }
    assert sum(isinstance(row.gate, Judged) for row in TABLE) == 12
