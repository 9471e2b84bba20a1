"""Locks and versions: one agent edits, nobody overwrites what he has not seen, and facts never wait."""

from datetime import timedelta

import pytest

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.order import Order
from tests.domain.story import LINES, ROWS, Story, brought_to
from tests.domain.world import BOSS, code_of, somebody

ADA = somebody("orders.manage", name="ada")
BEA = somebody("orders.manage", name="bea")
EDITS = [
    "add a line",
    "remove a line",
    "change a quantity",
    "change the carrier",
    "absorb the shipping fee",
    "change a price",
    "change the delivery address",
    "change the billing address",
]


def locked() -> Story:
    """An order that Ada is editing."""
    story = brought_to("availability_requested", lines=LINES)
    story.command(desk.LockOrder(), ADA)
    return story


def owner(story: Story) -> str | None:
    return None if story.order.lock is None else story.order.lock.owner


def unlocked(decision: Decision[Order]) -> list[tuple[str, str]]:
    return [(e.owner, e.how) for e in decision.events if isinstance(e, events.OrderUnlocked)]


@pytest.mark.rule("K-01")
def test_beginning_to_edit_locks_the_order_for_its_agent() -> None:
    story = brought_to("availability_requested")

    decision = story.command(desk.LockOrder(), ADA)

    assert owner(story) == "ada"
    assert events.OrderLocked("ada") in decision.events


@pytest.mark.rule("K-01")
def test_an_order_that_nobody_may_edit_any_more_is_not_locked() -> None:
    story = brought_to("confirmed")

    assert code_of(story.command(desk.LockOrder(), ADA)) == "gate_confirmed"
    assert owner(story) is None


@pytest.mark.rule("K-02")
def test_after_a_crash_the_owner_of_a_lock_takes_it_again() -> None:
    story = locked()

    decision = story.command(desk.LockOrder(), ADA)

    assert decision.outcome is Outcome.APPLIED
    assert owner(story) == "ada"


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.rule("K-03")
def test_an_edit_by_another_is_refused_while_the_order_is_locked(name: str) -> None:
    story = locked()
    before = story.order

    decision = story.command(ROWS[name].command(story), BEA)

    assert code_of(decision) == "locked_by"
    assert decision.refusal is not None
    assert "ada" in decision.refusal.detail
    assert story.order is before


@pytest.mark.rule("K-03")
def test_a_second_agent_does_not_get_the_lock() -> None:
    story = locked()

    assert code_of(story.command(desk.LockOrder(), BEA)) == "locked_by"
    assert owner(story) == "ada"


@pytest.mark.rule("K-03", "EP-22")
def test_notes_pass_a_lock() -> None:
    story = locked()

    assert code_of(story.command(facts.CommentOrder("she called"), BEA)) is None


@pytest.mark.rule("EP-24")
def test_the_owner_of_the_lock_edits() -> None:
    story = locked()

    assert code_of(story.command(desk.ModifyOrder(carrier="swift"), ADA)) is None


@pytest.mark.rule("A-22", "H-08")
def test_facts_pass_a_lock_and_make_the_owner_stale() -> None:
    story = locked()
    seen = story.order.version

    fact = story.tell(story.reported("anomaly"))
    edit = story.command(desk.ModifyOrder(carrier="swift", expected_version=seen), ADA)

    assert fact.outcome is Outcome.APPLIED
    assert code_of(edit) == "stale_version"


@pytest.mark.rule("K-04")
def test_closing_the_editor_ends_the_lock() -> None:
    story = locked()

    decision = story.command(desk.UnlockOrder(), ADA)

    assert owner(story) is None
    assert unlocked(decision) == [("ada", "closed")]


@pytest.mark.rule("K-05")
def test_another_agent_ends_a_lock_only_by_force() -> None:
    story = locked()

    assert code_of(story.command(desk.UnlockOrder(), BEA)) == "locked_by"
    assert owner(story) == "ada"


@pytest.mark.rule("K-05", "EP-30")
def test_force_needs_its_scope() -> None:
    story = locked()

    assert code_of(story.command(desk.UnlockOrder(force=True), BEA)) == "scope"
    assert owner(story) == "ada"


@pytest.mark.rule("K-05")
def test_a_supervisor_ends_a_lock_by_force() -> None:
    story = locked()

    decision = story.command(desk.UnlockOrder(force=True), BOSS)

    assert owner(story) is None
    assert unlocked(decision) == [("ada", "forced")]


@pytest.mark.rule("EP-32", "K-06")
def test_after_a_forced_unlock_the_first_agent_can_not_overwrite_what_was_changed() -> None:
    story = locked()
    seen = story.order.version
    story.command(desk.UnlockOrder(force=True), BOSS)
    story.command(desk.ModifyOrder(carrier="swift"), BEA)

    late = story.command(desk.ModifyOrder(carrier="colibri", expected_version=seen), ADA)

    assert code_of(late) == "stale_version"
    assert story.order.carrier == "swift"


@pytest.mark.parametrize("name", [*EDITS, "cancel the order", "cancel a shipment", "split a shipment", "hold"])
@pytest.mark.rule("K-06", "EP-26")
def test_an_edit_with_an_old_version_changes_nothing(name: str) -> None:
    story = brought_to("availability_requested", lines=LINES)
    command, before = ROWS[name].command(story), story.order
    old = changed(command, expected_version=before.version - 1)

    assert code_of(story.command(old)) == "stale_version"
    assert story.order is before


@pytest.mark.rule("K-06")
def test_an_edit_with_the_current_version_is_taken() -> None:
    story = brought_to("availability_requested", lines=LINES)

    edit = desk.ModifyOrder(carrier="swift", expected_version=story.order.version)

    assert code_of(story.command(edit)) is None


@pytest.mark.rule("K-01", "A-22", "EP-31")
def test_a_forgotten_lock_ends_after_twelve_hours() -> None:
    story = locked()
    assert story.order.lock is not None
    (due,) = [timer.due_at for timer in story.order.timers if timer.kind == "lock"]
    assert due - story.order.lock.since == timedelta(hours=12)

    story.due("lock")

    assert owner(story) is None


@pytest.mark.rule("K-02", "A-22")
def test_taking_a_lock_again_begins_the_twelve_hours_anew() -> None:
    story = locked()

    story.command(desk.LockOrder(), ADA)

    assert story.order.lock is not None
    (due,) = [timer.due_at for timer in story.order.timers if timer.kind == "lock"]
    assert due - story.order.lock.since == timedelta(hours=12)
