"""The study of depth: its puzzle, its measures, its verdict and its control."""

import math

import pytest
import torch

from seqloom.errors import InputError, NumberError
from seqloom.studies import depth
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.depth import ARMS, STACKS, Depth, _flow, commonest
from seqloom.studies.learning import numbers
from seqloom.studies.puzzles import FIRST


def rows_of(**more: float) -> list[dict[str, object]]:
    """Rows of three seeds as the claim would have them; `more` in place of what the recurrent stack shows."""
    good = {"lost": -4.0, "kept": 0.3, "slow": 1.3, "quick": 0.1}
    rows: list[dict[str, object]] = []
    for seed in (1, 2, 3):
        for stack in STACKS:
            show = good | (more if stack == "recurrent" else {})
            for has in ARMS:
                power = show["kept" if has == "both" else "lost"] + seed / 1000
                loss = show["quick" if has == "both" else "slow"]
                trained = {"train": loss, "valid": loss + 0.5, "gap": 0.5 + seed / 100, "right": 0.5}
                rows.append({"seed": seed, "stack": stack, "has": has, "depth": 8, "power": power})
                rows.append({"seed": seed, "stack": stack, "has": has, **trained})
    return rows


def test_the_commonest_symbol_is_told() -> None:
    batch = commonest(numbers(1), 50)
    for row, label in zip(batch.inputs["source"].values.tolist(), batch.target["label"].values.tolist(), strict=True):
        counts = [row.count(FIRST + one) for one in range(4)]
        assert counts[label] == max(counts)


def test_a_claim_that_is_so_holds_and_the_gap_stands_beside() -> None:
    verdict = Depth(depths=[2, 8]).judge(rows_of())
    assert verdict.answer == "holds"
    assert [reason.startswith("beside the claim") for reason in verdict.reasons] == [False] * 8 + [True] * 2


@pytest.mark.parametrize("what", [{"lost": -1.0}, {"kept": -2.0}, {"kept": 2.0}, {"quick": 1.2}])
def test_each_part_of_the_test_can_break_it(what: dict[str, float]) -> None:
    assert Depth(depths=[2, 8]).judge(rows_of(**what)).answer == "does not hold"


@pytest.mark.parametrize("stack", STACKS)
def test_gradients_are_those_of_the_bottom_and_the_top_layer(stack: str) -> None:
    study = Depth(depths=[2, 3], size=8)
    model = study._model(stack, "both", 3, 1)
    found = _flow(model, 1)
    path = "cells" if stack == "recurrent" else "blocks"
    for layer, name in ((0, "bottom"), (2, "top")):
        squares = [
            float(weight.grad.double().square().sum())
            for place, weight in model.named_parameters()
            if f".{path}.{layer}." in place and weight.grad is not None
        ]
        assert found[name] == pytest.approx(math.sqrt(sum(squares)))
    assert found["power"] == pytest.approx(math.log10(found["bottom"] / found["top"]))


@pytest.mark.parametrize("stack", STACKS)
def test_the_gradient_fades_without_either_and_arrives_with_both(stack: str) -> None:
    study = Depth(depths=[2, 12], size=16)
    assert _flow(study._model(stack, "neither", 12, 1), 1)["power"] < -1.5
    assert -1 < _flow(study._model(stack, "both", 12, 1), 1)["power"] < 1
    broken = Depth(depths=[2, 12], size=16, gives="neither")
    assert _flow(broken._model(stack, "both", 12, 1), 1)["power"] < -1.5


def test_values_that_grow_without_bound_are_measured_and_their_training_is_said_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = Depth(depths=[2, 24], trained=2, size=16, steps=1)
    assert _flow(study._model("transformer", "residual", 24, 1), 1)["power"] > 2

    def end(*_: object, **__: object) -> None:
        raise NumberError("update 3 of the study: a loss that is not finite.")

    monkeypatch.setattr(depth, "learn", end)
    said: list[str] = []
    assert study._train("transformer", "residual", 1, said.append) == {"ended": 1}
    assert "transformer with residual ends at seed 1" in said[0]
    with pytest.raises(NumberError, match=r"with both: .* fewer layers"):
        study._train("transformer", "both", 1, said.append)
    rows = [
        {key: value for key, value in row.items() if key in ("seed", "stack", "has")} | {"ended": 1}
        if row["has"] == "residual" and "train" in row
        else row
        for row in rows_of()
    ]
    verdict = Depth(depths=[2, 8]).judge(rows)
    assert verdict.answer == "holds"
    assert "there is no gap" in verdict.reasons[-1]
    assert Depth(depths=[2, 8]).table(rows).rows[1][3] is None


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="two depths or more"):
        prepare("depth", {"depths": [8]})
    with pytest.raises(InputError, match="multiple of 4"):
        prepare("depth", {"size": 10})


@pytest.mark.slow
def test_the_verdict_holds_and_with_neither_it_does_not() -> None:
    found = conduct("depth", Depth.tiny, seeds=3, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    assert len(found.figures) == 5
    assert len(found.table.rows) == len(ARMS) * len(STACKS)
    broken = conduct("depth", {**Depth.tiny, **Depth.control}, seeds=2, jobs=1)
    assert broken.verdict.answer == "does not hold"


def test_one_seed_gives_the_same_rows_twice() -> None:
    torch.manual_seed(0)
    study = Depth(depths=[2, 3], trained=2, size=8, steps=2)
    assert study.measure(3, print) == study.measure(3, print)
