"""The rules page: nothing is missing from its catalogue, every way to mark counts, and a mark must be earned."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from domain.deciding.machine import Machine
from domain.deciding.transitions import NEW, otherwise, row
from domain.deciding.words import Word
from domain.orders.facts import ParcelPacked, PickingStarted
from domain.orders.scratchpad import OrderMachine, OrderPad, OrderTransition
from domain.orders.steps import Step
from tests.rules.catalogue import DUE, LATER, Group, Rule, groups, rules
from tests.rules.marks import CollectionFailed, Marked, by_rule, collected
from tests.rules.page import Known, faults, modules, page, stale
from tests.rules.proof import judged
from tests.rules.tables import diagram, table

SOURCES = {"PEL": 38, "EP": 80, "OMC": 36, "TRV": 35, "OSM": 99}
TABLES = {"O": 41, "S": 14, "R": 14, "F": 11, "X": 9, "L": 9, "H": 11, "K": 6, "P": 5, "C": 2, "M": 2, "N": 1, "U": 1}
DECISIONS = {"A": 43}
TESTS = """
import pytest

@pytest.mark.rule("O-01", "O-02")
@pytest.mark.parametrize("case", [pytest.param(1, id="one", marks=pytest.mark.rule("O-03")), pytest.param(2, id="two")])
def test_cases(case): ...

@pytest.mark.rule("O-04")
class TestOfOneRule:
    def test_within(self): ...

def test_without(): ...
"""


class Lamp(Word):
    OFF = "off"
    ON = "on"
    OUT = "burnt out"


def bright(draft: OrderPad, lamp: Lamp) -> bool:
    """Tell whether it is day | night (O-98, O-99)."""
    return True


def dry(draft: OrderPad, lamp: Lamp) -> bool:
    """Tell whether it doesn't rain.

    Snow is dry.
    """
    return True


def note(draft: OrderPad, lamp: Lamp, text: str = "") -> None: ...


def machine(*rows: OrderTransition[Lamp]) -> OrderMachine[Lamp]:
    return Machine(
        "lamp",
        rows,
        Lamp,
        (NEW,),
        tuple(Lamp),
        lambda draft: (),
        str,
        lambda lamp: lamp,
        lambda draft, lamp, state: None,
    )


LAMPS = machine(
    row("O-01", NEW, PickingStarted, Lamp.OFF, then=note),
    row("O-02", Lamp.OFF, (ParcelPacked, Step.AUTOMATIC), Lamp.ON, when=(bright, dry)),
    row("O-03", (Lamp.OFF, Lamp.ON), ParcelPacked, Lamp.ON, when=dry, then=partial(note, text="x")),
    row("O-04", Lamp.ON, Step.EXPIRE, Lamp.OUT),
    row("O-05", Lamp.ON, Step.ASK, when=dry),
    row("O-05", Lamp.ON, Step.ASK, when=otherwise, then=(note, note)),
)


def small(**tests: tuple[Marked, ...]) -> Known:
    told = (Rule("O-01", "orders", "It begins."), Rule("C-01", "customers", "It changes."))
    return Known((Group("O", "Order", told),), {name.replace("_", "-"): found for name, found in tests.items()}, {})


def test_every_rule_is_in_the_catalogue_once() -> None:
    known = SOURCES | TABLES | DECISIONS

    assert {rule.split("-")[0] for rule in rules()} == known.keys()
    assert sum(SOURCES.values()) == 288
    for prefix, count in known.items():
        assert {f"{prefix}-{number:02}" for number in range(1, count + 1)} <= rules().keys()


def test_every_rule_has_an_area_and_one_sentence_of_its_own() -> None:
    for group in groups():
        for rule in group.rules:
            assert rule.id.startswith(f"{group.prefix}-")
            assert rule.area in (*DUE, *LATER), rule.id
            assert rule.line.endswith("."), rule.id
            assert "|" not in rule.line, rule.id
            assert len(rule.line) <= 130, rule.id
    shared = [line for line, count in Counter(rule.line for rule in rules().values()).items() if count > 1]
    assert shared == []


def test_marks_of_functions_classes_and_cases_all_count(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(TESTS)

    found = {test.node.split("::", 1)[1]: test.rules for test in collected(tmp_path)}

    assert found == {
        "test_cases[one]": ("O-01", "O-02", "O-03"),
        "test_cases[two]": ("O-01", "O-02"),
        "TestOfOneRule::test_within": ("O-04",),
    }


def test_tests_that_cannot_be_collected_are_told(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import nothing_of_this_name\n")

    with pytest.raises(CollectionFailed, match="nothing_of_this_name"):
        collected(tmp_path)


def test_names_of_unknown_rules_are_told(tmp_path: Path) -> None:
    (tmp_path / "lamps.py").write_text('"""Lamps (O-98, O-01)."""\n')
    marked = {"O-99": (Marked("tests/test_lamps.py::test_it", ("O-99",)),)}

    told = faults(Known(groups(), marked, modules(tmp_path)))

    assert told == [
        "tests/test_lamps.py::test_it is marked with O-99, which docs/rules.toml doesn't know",
        "domain/lamps.py names O-98, which docs/rules.toml doesn't know",
    ]


def test_rows_of_unknown_rules_are_told() -> None:
    told = faults(small())

    assert "the order table has a row O-21, which docs/rules.toml doesn't know" in told


def test_a_table_says_guards_in_words_and_effects_by_name() -> None:
    here = __name__.split(".")[-1]

    assert table(LAMPS)[2:] == [
        f"| O-01 | – | `PickingStarted` | – | off | `{here}.note` |",
        "| O-02 | off | `ParcelPacked`, automatic | it is day \\| night, and it doesn't rain | on | – |",
        f"| O-03 | off, on | `ParcelPacked` | it doesn't rain | on | `{here}.note(x)` |",
        "| O-04 | on | expiry timer | – | burnt out | – |",
        "| O-05 | on | ask | it doesn't rain | unchanged | – |",
        f"| O-05 | on | ask | otherwise | unchanged | `{here}.note`, `{here}.note` |",
    ]


def test_a_diagram_draws_each_move_once_with_all_its_rules_and_no_standing_still() -> None:
    assert diagram(LAMPS) == [
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> off: O-01",
        "    off --> on: O-02, O-03",
        "    on --> burnt_out: O-04",
        "    burnt_out --> [*]",
        "```",
    ]


def test_a_diagram_begins_where_no_move_leads() -> None:
    begun = Machine(
        "lamp", LAMPS.table[1:], Lamp, (Lamp.OFF,), tuple(Lamp), lambda draft: (), str, LAMPS.state, LAMPS.put
    )

    assert "    [*] --> off" in diagram(begun)


def test_the_page_links_the_tests_of_a_rule_and_counts_its_cases() -> None:
    cases = tuple(Marked(f"tests/test_lamps.py::test_it_begins[{number}]", ("O-01",)) for number in (1, 2))

    text = page(small(O_01=cases))

    assert "| O-01 | It begins. | – | [it begins](../tests/test_lamps.py) (2 cases) |" in text
    assert "| orders | 1 | 1 |" in text
    assert "Every rule of an order's life has a test." in text


def test_the_page_ends_with_the_rules_that_no_test_covers() -> None:
    ending = page(small()).split("## Rules without a test")[1]

    assert "have no test yet" in ending
    assert "- O-01: It begins." in ending
    assert "C-01" not in ending


def test_a_page_is_stale_until_it_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "rules.md"
    before = stale(small(), file)
    file.write_text(page(small()))

    assert before
    assert not stale(small(), file)
    assert stale(small(O_01=(Marked("tests/test_lamps.py::test_it", ("O-01",)),)), file)


@pytest.fixture
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver"), max_tasks_per_child=1) as pool:
        yield pool


def test_a_mark_is_earned_only_by_a_test_that_fails_without_its_rule(processes: Executor) -> None:
    file = "tests/domain/test_rules.py"
    true = Marked(f"{file}::test_an_order_with_nothing_to_ship_is_completed_and_its_money_taken", ("O-20", "A-26"))
    false = Marked(f"{file}::test_a_comment_enters_the_history_in_any_state", ("O-20",))

    earned, not_a_row = judged(processes, by_rule([true]))
    (claimed,) = judged(processes, by_rule([Marked(true.node, ("O-20",)), false]))

    assert (earned.rule, earned.words, earned.complaints) == ("O-20", "earned", [])
    assert (not_a_row.rule, not_a_row.words) == ("A-26", "not a row")
    assert (claimed.words, claimed.complaints) == ("NOT EARNED by 1", [f"{false.node} does not fail without O-20"])


def test_a_test_that_does_not_run_earns_nothing(processes: Executor) -> None:
    gone = Marked("tests/domain/test_rules.py::test_that_is_gone", ("O-20",))

    (verdict,) = judged(processes, by_rule([gone]))

    assert verdict.kept == (gone.node,)
