"""The scaling page: its results follow from its inputs, its statements divide a database, its inputs are measured."""

import math
from pathlib import Path

from tests.docs.pages import rows_of

PAGE = (Path(__file__).parents[2] / "docs/scaling.md").read_text()


def inputs() -> dict[str, float]:
    return {row[0].strip("`"): float(row[1]) for row in rows_of(PAGE, "Inputs")}


def test_every_result_is_what_its_formula_gives() -> None:
    known = inputs()
    names = {"ceil": math.ceil, "floor": math.floor, "__builtins__": {}}
    rows = rows_of(PAGE, "Results")

    for name, formula, told, _ in rows:
        value = float(eval(formula.strip("`"), names, known))
        decimals = len(told.partition(".")[2])
        assert f"{value:.{decimals}f}" == told, name
        known[name.strip("`")] = value

    assert len(rows) == 20


def test_every_input_is_used() -> None:
    formulas = " ".join(row[1] for row in rows_of(PAGE, "Results"))

    assert {name for name in inputs() if name not in formulas} == {"rows"}
