"""Histories drawn by number: other mixtures than the state machine's own search finds, the same in every run.

`make machine` draws them for ten minutes from a fresh number, which it prints. To cut history N down to the moves that
still fail: `python -m tests.domain.test_histories N`.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from domain.orders import facts
from tests.domain.world import BEA, BOSS, NOVICE, POLICIES, TALKS, Orders

Move = tuple[str, dict[str, Any]]
LONG = os.environ.get("MACHINE") == "long"
SECONDS = 600
FAILED_ONCE = (
    *(0, 78, 101, 118, 130, 165, 291, 306, 353, 633, 1207, 2628, 3077, 4969, 5663, 6829, 7206, 7239),
    *(20800, 20829, 22252, 22816, 22997, 23064, 24788, 41565, 46627, 49765, 62830, 64929, 101121),
    *(204361, 206582, 309355),
)
"""Histories that found something: each stands for a kind, whose own test is beside its rule."""


def history(number: int) -> list[Move]:
    """Return the moves of a history: how an order begins, and up to sixty things that happen to it."""
    draw = random.Random(number)
    moves = [("begin", _beginning(draw))]
    moves += [draw.choice(_MOVES)(draw) for _ in range(draw.randint(1, 60))]
    return moves


def _number(draw: random.Random) -> int:
    return draw.choice([0, 1, draw.randint(0, 40), draw.randint(0, 2000)])


def _line(draw: random.Random) -> facts.OrderLine:
    return facts.OrderLine(
        line=0,
        sku="",
        quantity=draw.randint(1, 3),
        unit_price=draw.choice([2500, 333, 99, 1, 0]),
        kind=draw.choice(["shippable"] * 3 + ["digital"]),
        discount=draw.choice([0, 0, 100]),
        warehouse=draw.choice([None, "north", "south"]),
    )


def _beginning(draw: random.Random) -> dict[str, Any]:
    return {
        "lines": [_line(draw) for _ in range(draw.randint(1, 3))],
        "policy": draw.choice(POLICIES),
        "currency": draw.choice(["EUR", "JPY", "BHD"]),
        "fee": draw.choice([0, 500, 333]),
        "way": draw.choice(["card", "card", "card", "cheque", "phone", "support", "blacklisted"]),
        "steps": draw.randint(0, 16),
    }


def _command(draw: random.Random) -> Move:
    return "an_agent_commands", {
        "which": _number(draw),
        "talk": draw.choice(TALKS),
        "what": _number(draw),
        "how": _number(draw),
        "who": draw.choice([BOSS, BOSS, BOSS, BEA, NOVICE]),
        "behind": draw.choice([None, None, None, None, 0, 1, 3]),
    }


_MOVES: tuple[Callable[[random.Random], Move], ...] = (
    lambda draw: ("all_do_their_work", {"steps": draw.randint(1, 4)}),
    lambda draw: (
        "a_partner_answers",
        {"which": _number(draw), "how": _number(draw), "late": draw.randint(0, 40)},
    ),
    lambda draw: ("goods_move", {"which": _number(draw), "how": _number(draw)}),
    lambda draw: ("the_customer_speaks", {"which": _number(draw), "how": _number(draw)}),
    _command,
    lambda draw: ("somebody_talks_nonsense", {"which": _number(draw), "what": _number(draw)}),
    lambda draw: ("a_message_comes_again", {"which": _number(draw), "renamed": draw.random() < 0.5}),
    lambda draw: ("a_deadline_comes", {"which": _number(draw)}),
    lambda draw: ("an_order_hears_of_another", {"which": _number(draw)}),
)


def play(moves: list[Move]) -> None:
    """Let a history happen; every step is checked against the books of the model, and its end is."""
    orders = Orders()
    for name, given in moves:
        if name == "begin" or orders.hub.orders:
            getattr(orders, name)(**given)
    orders.teardown()


@pytest.mark.parametrize("number", FAILED_ONCE)
def test_a_history_that_failed_once_ends_well(number: int) -> None:
    play(history(number))


@pytest.mark.parametrize("hundred", range(1000, 1500, 100))
def test_a_history_drawn_by_number_ends_well(hundred: int) -> None:
    for number in range(hundred, hundred + 100):
        try:
            play(history(number))
        except Exception as error:
            error.add_note(f"history {number}")
            raise


if LONG:

    @pytest.mark.timeout(0)
    def test_histories_from_a_fresh_number_end_well(capsys: pytest.CaptureFixture[str]) -> None:
        first = number = random.SystemRandom().randrange(10**6, 10**9)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                play(history(number))
            except Exception as error:
                error.add_note(f"history {number}")
                raise
            number += 1
        with capsys.disabled():
            print(f"{number - first} histories from {first}")
        assert number > first


def _fault(moves: list[Move]) -> str | None:
    """Return where a history fails."""
    try:
        play(moves)
    except Exception as error:  # noqa: BLE001  # whatever it is
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        return f"{type(error).__name__} at {at.tb_frame.f_code.co_name}:{at.tb_lineno}" if at else type(error).__name__
    return None


def shortest(moves: list[Move]) -> list[Move]:
    """Return the fewest moves that fail in the same place."""
    fault, size = _fault(moves), max(1, len(moves) // 2)
    while size:
        at = 1
        while at < len(moves):
            fewer = moves[:at] + moves[at + size :]
            if _fault(fewer) == fault:
                moves = fewer
            else:
                at += size
        size //= 2
    return moves


if __name__ == "__main__":
    found = history(int(sys.argv[1]))
    print(_fault(found))
    for move in shortest(found) if _fault(found) else ():
        print(*move)
