"""Judging: what a look says is what evaluate says, and its standard error is the textbook's."""

import math

import numpy as np
import pytest
from racing import in_order, write

from seqloom.advising.judging import SPREAD, Judge, difference, look_of
from seqloom.comparing.measures import measure_of
from seqloom.errors import InputError
from seqloom.training.run import Run, fit


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("judged")
    small = ("source.tokens=word", "source.size=8", "encoder.size=8", "fit.batch_tokens=64", "fit.device=cpu")
    data = write(folder, "a.tsv", in_order(300))
    return fit("classify", data, arch="gru", valid=0.4, steps=12, settings=small, out=str(folder / "run"), lr=0.02)


def test_a_look_says_what_evaluate_says(run: Run) -> None:
    held = run.task.evaluation(None, lambda note: None, False)
    judge, wanted = Judge(None), run.evaluate()
    run.model.train()
    look = judge.look(run.spec, run.task, run.model, held)
    assert run.model.training, "its mode is put back"
    assert judge.measure is not None and judge.measure.name == "accuracy"
    assert look.value == pytest.approx(wanted["accuracy"]) and look.loss == pytest.approx(wanted["loss"])
    p, n = look.value, len(look.stats)
    assert 0 < p < 1 and look.error == pytest.approx(math.sqrt(p * (1 - p) / n), rel=0.15)
    assert Judge("macro_f1").look(run.spec, run.task, run.model, held).value == pytest.approx(wanted["macro_f1"])
    with pytest.raises(InputError, match="metric=acuracy"):
        Judge("acuracy").look(run.spec, run.task, run.model, held)


def test_a_share_is_of_all_lengths_and_the_same_for_all(run: Run) -> None:
    held = run.task.evaluation(None, lambda note: None, False)
    judge, keys = Judge(None), held.order(0)
    assert len(judge.keys(held)) == len(keys) > 8
    judge.share = 0.3
    some = judge.keys(held)
    assert len(some) == math.ceil(0.3 * len(keys)) and list(map(tuple, some)) == list(map(tuple, judge.keys(held)))
    places = [next(n for n, key in enumerate(keys) if list(key) == list(one)) for one in some]
    assert places[0] == 0 and max(np.diff(places)) <= 5
    assert (
        len(judge.look(run.spec, run.task, run.model, held).stats)
        < len(run.task.evaluation(None, print, False).order(0)) * 12
    )
    judge.whole = True
    assert len(judge.keys(held)) == len(keys)
    judge.whole, judge.share = False, 1e-9
    assert len(judge.keys(held)) == SPREAD
    assert [len(judge.load(held, key).rows) for key in judge.keys(held)] == [1] * SPREAD
    judge.share = SPREAD / len(keys) / 2
    look = judge.look(run.spec, run.task, run.model, held)
    whole = sum(len(held.load(key).rows) for key in judge.keys(held))
    assert len(look.stats) == pytest.approx(whole / 2, abs=SPREAD / 2)
    assert judge.seconds(run.spec, run.task, run.model, held) > 0


def test_a_difference_is_of_pairs() -> None:
    accuracy = measure_of("accuracy")
    hard = np.arange(400) % 4 == 0
    one, other = (np.stack([right, np.ones(400)], -1).astype(float) for right in (~hard, ~hard | (np.arange(400) < 20)))
    looks = [look_of(accuracy, stats, 0.0, 0.0) for stats in (other, one)]
    value, half = difference(accuracy, *looks)
    assert value == pytest.approx(5 / 400)
    p = 5 / 400  # rows on which they differ, always the same way
    assert half == pytest.approx(1.96 * math.sqrt(p * (1 - p) / 400), rel=0.15)
    assert half < looks[0].error, "less than either's own: what rows are like counts for both alike"


def test_one_row_tells_nothing_apart() -> None:
    look = look_of(measure_of("accuracy"), np.ones((1, 2)), 0.0, 0.0)
    assert look.value == 1 and look.error == math.inf
    assert math.isnan(difference(measure_of("accuracy"), look, look)[1])
