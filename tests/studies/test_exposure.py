"""The study of exposure: what it measures, its verdict and its control."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.exposure import FORCED, ITSELF, SAMPLED, TRUTH, Exposure, best, forced, free
from seqloom.studies.learning import outputs
from seqloom.studies.puzzles import FIRST, all_of
from seqloom.studies.puzzles_track import tracking

SMALL: dict[str, Any] = {"size": 8, "length": 6, "places": 5, "steps": 3, "rows": 20}


def made(truth: float, alone: float, sampled_truth: float, sampled_alone: float) -> list[dict[str, Any]]:
    cases = ((FORCED, TRUTH, truth), (FORCED, ITSELF, alone), (SAMPLED, TRUTH, sampled_truth))
    return [
        {"seed": seed, "trained": trained, "hears": heard, "right": right + 0.001 * seed * number}
        for seed in (1, 2, 3)
        for number, (trained, heard, right) in enumerate((*cases, (SAMPLED, ITSELF, sampled_alone)))
    ]


def test_the_verdict_follows_from_the_numbers() -> None:
    study = Exposure()
    assert study.judge(made(0.9, 0.7, 0.85, 0.8)).answer == "holds"
    assert study.judge(made(0.9, 0.88, 0.9, 0.9)).answer == "does not hold"
    assert study.judge(made(0.9, 0.7, 0.75, 0.6)).answer == "does not hold"
    assert study.judge(made(0.9, 0.7, 0.98, 0.72)).answer == "does not hold"


def test_by_itself_a_model_hears_what_it_wrote() -> None:
    model = Exposure(**SMALL)._model(3).eval()
    batch = tracking(torch.Generator().manual_seed(0), 30, 6, places=5)
    told = batch.target["words"].values[:, :-1]
    heard = batch.inputs["target"].values[:, :1]
    for _ in range(6):  # the whole anew for every word, in place of one step more
        again = replace(batch, inputs={**batch.inputs, "target": all_of(heard)})
        heard = torch.cat([heard, best(outputs(model, again)["words"][:, -1:])], 1)
    wrote = heard[:, 1:]
    assert wrote.min() >= FIRST
    assert torch.equal(free(model, batch), (wrote == told).float().mean(0))
    assert not torch.equal(free(model, batch), forced(model, batch))


def test_who_hears_nothing_is_as_right_either_way() -> None:
    study = Exposure(**SMALL, hears="nothing")
    batch = tracking(torch.Generator().manual_seed(0), 30, 6, places=5)
    assert torch.equal(forced(study._model(1).eval(), batch), free(study._model(1).eval(), batch))
    rows = [row for row in study.measure(1, lambda note: None) if "right" in row]
    assert rows[0]["right"] == rows[1]["right"] and rows[2]["right"] == rows[3]["right"]


def test_rows_hold_the_whole_and_every_step() -> None:
    rows = Exposure(**SMALL).measure(1, lambda note: None)
    whole = [row for row in rows if "right" in row]
    assert [(row["trained"], row["hears"]) for row in whole] == [
        (trained, heard) for trained in (FORCED, SAMPLED) for heard in (TRUTH, ITSELF)
    ]
    for row in whole:
        steps = [one["here"] for one in rows if "here" in one and all(one[k] == row[k] for k in ("trained", "hears"))]
        assert len(steps) == 6
        assert row["right"] == pytest.approx(sum(steps) / 6)
    assert rows == Exposure(**SMALL).measure(1, lambda note: None)


def test_options_that_cannot_be_are_refused() -> None:
    for options, said in (
        ({"sampling": 0}, "sampling=0.0 is a share above 0"),
        ({"sampling": 1.5}, "sampling=1.5"),
        ({"length": 2}, "length=2, places=16"),
        ({"lies": 1}, "lies=1 cannot be used"),
    ):
        with pytest.raises(InputError, match=said):
            prepare("exposure", options)


@pytest.mark.slow
def test_the_truth_spoils_a_decoder_unless_it_hears_nothing() -> None:
    found = conduct("exposure", Exposure.tiny, seeds=3, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    broken = conduct("exposure", {**Exposure.tiny, **Exposure.control}, seeds=3, jobs=1)
    assert broken.verdict.answer == "does not hold"
