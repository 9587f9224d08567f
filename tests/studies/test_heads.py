"""The study of heads: its puzzle, its measures, its verdict and its control."""

import pytest
import torch

from seqloom.errors import InputError
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.heads import WEIGHTS, Heads, muting, on_place, one_look, told, two_looks
from seqloom.studies.learning import numbers, outputs
from seqloom.studies.puzzles import FIRST
from seqloom.tape import Patch, Tape


def rows_of(one: float = 0.1, two: float = 0.95, own: float = 0.8, other: float = 0.05) -> list[dict[str, object]]:
    """Rows of three seeds: both right with one head and with two, and what muting costs."""
    return [
        {"seed": seed, "heads": heads, "both": both + seed / 1000, "lost_own": own + seed / 1000, "lost_other": other}
        for seed in (1, 2, 3)
        for heads, both in ((1, one), (2, two))
    ]


def test_the_puzzle_tells_both_symbols() -> None:
    batch = two_looks(numbers(1), 3, 7, 5)
    read = batch.inputs["source"].values - FIRST
    for look, back in (("near", 1), ("far", 4)):
        target = batch.target[look]
        assert target.mask is not None
        assert target.mask.tolist() == [[False] * 4 + [True] * 3] * 3
        for step in (4, 5, 6):
            assert target.values[:, step].equal(read[:, step - back])


def test_weight_on_a_place_is_that_of_the_steps_that_have_it() -> None:
    weights = torch.zeros(2, 2, 6, 6)
    for step in range(6):
        weights[:, 0, step, max(step - 1, 0)] = 1
        weights[:, 1, step, max(step - 4, 0)] = 0.5
        weights[:, 1, step, step] = 0.5
    assert on_place(weights, 1) == [1.0, 0.0]
    assert on_place(weights, 4) == [0.0, 0.5]


def test_muting_takes_one_head_and_one_look_is_the_mean() -> None:
    weights = torch.rand(2, 3, 4, 4)
    left = muting(1)(weights)
    assert left[:, [0, 2]].equal(weights[:, [0, 2]])
    assert not left[:, 1].any()
    same = one_look(weights)
    assert torch.allclose(same[:, 2], weights.mean(1))
    assert same[:, 0].equal(same[:, 2])


def test_the_patch_reaches_the_models_heads() -> None:
    study = Heads(heads=[1, 2], symbols=6, size=8)
    model = study._model(2, 3).eval()
    batch = two_looks(numbers(1), 4, 12, 6)
    before = outputs(model, batch)["near"]
    with Patch(model, {WEIGHTS: muting(0)}), Tape(model, only=WEIGHTS) as tape:
        after = outputs(model, batch)["near"]
    assert not tape[WEIGHTS][:, 0].any()
    assert torch.allclose(tape[WEIGHTS][:, 1].sum(-1), torch.ones(()))
    assert not torch.allclose(before, after)
    assert outputs(model, batch)["near"].equal(before)


def test_both_is_right_where_near_and_far_are() -> None:
    study = Heads(heads=[1, 2], symbols=3, size=8)
    found = told(study._model(2, 3), two_looks(numbers(1), 64, 12, 3))
    assert 0 < found["both"] <= min(found["near"], found["far"]) < 1


def test_a_claim_that_is_so_holds() -> None:
    assert Heads().judge(rows_of()).answer == "holds"


@pytest.mark.parametrize("what", [{"one": 0.9}, {"two": 0.6}, {"own": 0.1}, {"other": 0.8}])
def test_each_part_of_the_test_can_break_it(what: dict[str, float]) -> None:
    assert Heads().judge(rows_of(**what)).answer == "does not hold"


def test_one_head_and_two_must_be_compared() -> None:
    with pytest.raises(InputError, match="both must be among them"):
        prepare("heads", {"heads": [2, 4]})
    with pytest.raises(InputError, match="symbols=1"):
        prepare("heads", {"symbols": 1})


@pytest.mark.slow
def test_the_verdict_holds_and_with_one_look_for_all_heads_it_does_not() -> None:
    found = conduct("heads", Heads.tiny, seeds=4, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    assert [row[0] for row in found.table.rows] == [1, 2]
    assert len(found.figures) == 4
    broken = conduct("heads", {**Heads.tiny, **Heads.control}, seeds=3, jobs=1)
    assert broken.verdict.answer == "does not hold", broken.verdict.reasons
