"""The study of alignment: what it measures, its verdict and its control."""

from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.report.figures import Heat
from seqloom.studies.alignment import ATTENTIONS, Alignment, beside, looked, reversed_rows, share_on
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.puzzles import FIRST

SMALL: dict[str, Any] = {"size": 8, "longest": 4, "forms": "short", "steps": 2, "rows": 10}


def made(share: float, even: float = 0.2) -> list[dict[str, Any]]:
    map_ = {"weights": [[1.0]], "source": ["a"], "target": ["a"]}
    return [
        {
            "seed": seed,
            "task": task,
            "attention": attention,
            "share": share + 0.001 * seed if (task, attention) == ("dates", "luong") else 0.9,
            "even": even,
            "near": 1.0,
            "right": 1.0,
            "map": map_,
        }
        for seed in (1, 2, 3)
        for task in ("reversal", "dates")
        for attention in ATTENTIONS
    ]


def test_the_verdict_follows_from_the_numbers() -> None:
    study = Alignment()
    assert study.judge(made(0.8)).answer == "holds"
    assert study.judge(made(0.4)).answer == "does not hold"
    assert study.judge(made(0.6, even=0.55)).answer == "does not hold"
    assert study.judge(made(0.4985)).answer == "inconclusive"


def test_the_share_is_the_weight_on_right_places_of_steps_that_have_one() -> None:
    looks = torch.tensor([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0]]])
    places = torch.tensor([[[True, False, False], [False, True, True], [False, False, False]]])
    assert share_on(looks, places) == pytest.approx((0.5 + 0.9) / 2)
    mask = torch.tensor([[True, True, False]])
    assert beside(places, mask).tolist() == [[[True, True, False], [True, True, False], [False, False, False]]]


def test_a_reversal_comes_from_the_mirrored_place() -> None:
    batch, places = reversed_rows(torch.Generator().manual_seed(0), 5, 4)
    source, told = batch.inputs["source"].values, batch.target["words"].values
    for row in range(5):
        for step in range(4):
            (place,) = places[row, step].nonzero()[:, 0].tolist()
            assert source[row, place] == told[row, step] >= FIRST
    assert not places[:, 4].any() and not places[:, :, 4].any()


def test_rows_hold_what_was_looked_at() -> None:
    study = Alignment(**SMALL)
    rows = study.measure(1, lambda note: None)
    assert [(row["task"], row["attention"]) for row in rows] == [
        (task, attention) for task in ("reversal", "dates") for attention in ATTENTIONS
    ]
    for row in rows:
        assert 0 < row["share"] < row["near"] <= 1
        weights = torch.tensor(row["map"]["weights"])
        assert weights.shape == (len(row["map"]["target"]), len(row["map"]["source"]))
        assert torch.allclose(weights.sum(1), torch.ones(len(weights)), atol=1e-3)
        assert row["map"]["source"][-1] == row["map"]["target"][-1] == "∎"
    assert rows[0]["even"] == pytest.approx(1 / 5)  # one place of four symbols and the end
    assert rows[0]["map"]["target"][:-1] == rows[0]["map"]["source"][-2::-1]
    figures = study.figures([{"seed": 1, **row} for row in rows])
    assert sum(isinstance(one, Heat) for one in figures) == 4


def test_looks_sum_to_one_on_the_source() -> None:
    study = Alignment(**SMALL)
    model = study._model(study.puzzles["dates"], "luong", 0)
    batch, _ = study.puzzles["dates"].draw(torch.Generator().manual_seed(0), 6)
    looks, mask = looked(model, batch), batch.inputs["source"].mask
    assert mask is not None
    assert torch.allclose(looks.sum(-1), torch.ones(looks.shape[:2]))
    assert not looks[~mask[:, None, :].expand_as(looks)].any()


def test_options_that_cannot_be_are_refused() -> None:
    for options, said in (({"longest": 2}, "longest=2"), ({"forms": "long"}, "forms='long' cannot be used")):
        with pytest.raises(InputError, match=said):
            prepare("alignment", options)


@pytest.mark.slow
def test_attention_finds_the_place_unless_symbols_have_none() -> None:
    found = conduct("alignment", Alignment.tiny, seeds=3, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    broken = conduct("alignment", {**Alignment.tiny, **Alignment.control}, seeds=3, jobs=1)
    assert broken.verdict.answer == "does not hold"
