"""The schedule: a seed says everything, and no kind is left out."""

from itertools import islice

import pytest

from tests.chaos.schedule import KINDS, LANES, Planned, lane


def drawn(seed: int, count: int = 40) -> list[tuple[str, float, str]]:
    plans: list[Planned] = [each for name in LANES for each in islice(lane(name, seed), count)]
    return [(each.kind.name, each.rest, each.seed) for each in plans]


def test_the_same_seed_plans_the_same_faults_and_another_one_others() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.mark.parametrize("seed", range(5))
def test_a_round_holds_every_kind_once(seed: int) -> None:
    rounds = {name: [] for name in LANES}  # type: dict[str, list[str]]
    for name, found in rounds.items():
        for planned in lane(name, seed):
            found.append(planned.kind.name)
            if planned.last:
                break

    assert sorted(each for found in rounds.values() for each in found) == sorted(kind.name for kind in KINDS)


def test_no_two_kinds_have_one_name_and_each_lane_plays() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert {kind.lane for kind in KINDS} == set(LANES)
