"""Forecast: what is settled from a file, the three forms, what is held out, and what cannot be."""

from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.build import build
from seqloom.errors import InputError
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.parts import TEST
from seqloom.training.run import load, plan

from .series_files import DECODER, learnt, monthly, months, spec, trained, waves, write


def test_a_file_settles_what_a_spec_leaves_open(tmp_path: Path) -> None:
    made = plan("forecast", str(monthly(tmp_path / "a.csv", 144, 2)))[0]
    notes: list[str] = []
    task = Forecasting.learn(made, notes.append)
    said = task.spec.series
    assert said is not None and (said.time, said.values, said.frequency) == ("month", ["a", "b"], "month")
    assert (said.season, said.horizon, said.look_back, said.calendar) == (12, 12, 24, ["month"])
    assert any("144 steps, one step: month; to forecast: a, b" in note for note in notes)
    assert any("series.season=12, where its changes echo" in note for note in notes)
    assert any("series.look_back=24" in note for note in notes)


def test_what_is_said_is_kept(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 96, 2), "series.season=6", "series.calendar=none", "series.values=[b]")
    said = task.spec.series
    assert said is not None and (said.season, said.calendar, said.values, said.look_back) == (6, "none", ["b"], 12)


def test_channels_apart_are_rows_and_together_are_features(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 96, 3)
    apart, together = learnt(path)[0], learnt(path, "series.channels=together")[0]
    assert (apart.wiring().features, together.wiring().features) == (1 + 2, 3 + 2), "a month is a sine and a cosine"
    one, other = apart.training(print, False)[0], together.training(print, False)[0]
    assert len(one) == 3 * len(other)  # type: ignore[arg-type]
    assert together.wiring().numbers["forecast"].channels == 3


def test_what_is_told_comes_after_what_is_read_and_parts_do_not_meet(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 96), "data.valid=8", "data.test=12")
    assert task.laid is not None and task.laid.parts == [(76, 84, 96)]
    assert task.laid.origins("train")[:, 1].tolist() == list(range(12, 76 - 4 + 1))
    assert task.laid.origins("valid")[:, 1].tolist() == list(range(76, 84 - 4 + 1))
    assert task.laid.origins("test")[:, 1].tolist() == list(range(84, 96 - 4 + 1))
    assert task.laid.origins("test", 4)[:, 1].tolist() == [84, 88, 92]


def test_scales_are_those_of_the_training_part(tmp_path: Path) -> None:
    task, _ = learnt(monthly(tmp_path / "a.csv", 96))
    assert task.laid is not None
    truth = task.laid.filled[0].series.truth[: task.laid.parts[0].train]
    assert np.allclose(task.scales[""][0].center, truth.mean(0)) and np.allclose(
        task.scales[""][0].spread, truth.std(0)
    )


@pytest.mark.parametrize("form", ["direct", "aligned", "sequence"])
@pytest.mark.parametrize("head", ["point", "quantiles", "normal", "student"])
def test_every_form_and_head_builds_learns_and_tells(tmp_path: Path, form: str, head: str) -> None:
    path = monthly(tmp_path / "a.csv", 60, 2)
    settings = [f"series.form={form}", f"heads.forecast={head}", "series.scale=series"]
    settings += DECODER if form == "sequence" else []
    run = trained(path, tmp_path / "run", *settings)
    values = run.evaluate()
    assert np.isfinite(values["loss"]) and len(values["forecasts"]) == 4
    levels = () if head == "point" else (80.0,)
    (found,) = run.predict([str(path)], levels=levels)
    assert found.point.shape == (4, 2) and np.isfinite(found.point).all() and found.times == months(4, "2006-01")
    (again,) = load(tmp_path / "run").predict([str(path)], levels=levels)
    assert (again.point == found.point).all()
    if levels:
        assert (found.low[80.0] <= found.high[80.0]).all() and (found.low[80.0] < found.high[80.0]).any()


@pytest.mark.parametrize("arch", ["rnn", "lstm", "birnn", "transformer", "mlp", "mingru"])
def test_architectures_forecast(tmp_path: Path, arch: str) -> None:
    settings = ("encoder.heads=2",) if arch == "transformer" else ()
    run = trained(monthly(tmp_path / "a.csv", 60), tmp_path / "run", *settings, arch=arch, steps=1)
    assert np.isfinite(next(run.predict([str(tmp_path / "a.csv")])).point).all()


def test_an_aligned_forecast_needs_an_encoder_that_reads_forwards(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 60)
    task, _ = learnt(path, "series.form=aligned", arch="bigru")
    with pytest.raises(InputError, match="this encoder has read those already"):
        build(task.spec, task.wiring())
    task, _ = learnt(path, "series.form=aligned", "series.scale=window")
    with pytest.raises(InputError, match=r"series\.scale=window has measured those already"):
        build(task.spec, task.wiring())


def test_learning_beats_knowing_nothing(tmp_path: Path) -> None:
    run = trained(monthly(tmp_path / "a.csv", 144), tmp_path / "run", "fit.lr=0.01", "encoder.size=16", steps=150)
    values = run.evaluate()
    assert values["beats_naive"] and values["mase"] < 1 and values["verdict"].startswith("The model beats")


def test_several_series_of_other_lengths_and_one_too_short(tmp_path: Path) -> None:
    rows = [(city, month, value) for city, count in (("서울", 80), ("부산", 50), ("x", 3))
            for month, value in zip(months(count), waves(count)[:, 0], strict=True)]  # fmt: skip
    columns = {"city": [row[0] for row in rows], "month": [row[1] for row in rows], "v": [row[2] for row in rows]}
    path = write(tmp_path / "a.csv", columns)
    task, notes = learnt(path)
    task.training(notes.append, False)
    assert any("1 series are too short for a window of training" in note for note in notes)
    run = trained(path, tmp_path / "run")
    found = list(run.predict([str(path)]))
    assert [one.series for one in found] == ["서울", "부산", "x"] and found[1].times[0] == "2005-03"
    assert not np.allclose(found[0].point, found[1].point)


def test_covariates_enter_and_the_future_must_be_known(tmp_path: Path) -> None:
    values = waves(60)[:, 0]
    columns = {"month": months(60), "v": values.tolist(), "price": np.roll(values, 5).tolist(), "wind": values.tolist()}
    path = write(tmp_path / "a.csv", columns)
    run = trained(path, tmp_path / "run", "series.known=[price]", "series.past=[wind]")
    assert run.task.wiring().features == 1 + 1 + 1 + 2
    with pytest.raises(InputError, match=r"price must be known of all 4 steps after the last value \(2005-12\).*of 0"):
        list(run.predict([str(path)]))
    later = {"month": months(64), "price": [*columns["price"], 9, 9, 9, 9]}
    later |= {name: [*columns[name], "", "", "", ""] for name in ("v", "wind")}
    (one,) = run.predict([str(write(tmp_path / "b.csv", later))])
    assert one.times == months(4, "2006-01")
    later["price"][-4:] = [500, 500, 500, 500]
    (other,) = run.predict([str(write(tmp_path / "c.csv", later))])
    assert not np.allclose(one.point, other.point), "what is known of the future is heard"
    with pytest.raises(InputError, match=r"wind \(series\.past\), which nobody knows yet"):
        list(run.predict([str(tmp_path / "b.csv")], horizon=5))


def test_missing_values_are_read_as_flags_and_never_told(tmp_path: Path) -> None:
    values: list = waves(72)[:, 0].tolist()
    values[30] = values[31] = values[40] = ""
    path = write(tmp_path / "a.csv", {"month": months(72), "v": values})
    with pytest.raises(InputError, match=r"a\.csv:32: 'v' has no number at 2003-07"):
        learnt(path)
    run = trained(path, tmp_path / "run", "series.gaps=missing")
    assert run.task.wiring().features == 2 + 2
    data, _ = learnt(path, "series.gaps=missing")[0].training(print, False)
    targets = torch.cat([data.load(key).target["forecast"].values for key in data.order(0)])
    assert targets.isnan().any() and np.isfinite(run.evaluate(str(path))["loss"])


def test_a_file_of_its_own_is_evaluated_after_what_training_saw(tmp_path: Path) -> None:
    run = trained(monthly(tmp_path / "a.csv", 60), tmp_path / "run", "data.valid=6", "data.test=8")
    notes: list[str] = []
    values = run.evaluate(str(monthly(tmp_path / "b.csv", 72)), say=notes.append)
    assert values["origins"] == 72 - 46 - 4 + 1 and any("ended at 2004-10" in note for note in notes)
    with pytest.raises(InputError, match="no step to forecast from"):
        run.evaluate(str(monthly(tmp_path / "c.csv", 40)))
    with pytest.raises(InputError, match="beam=2 is for answers that are written"):
        run.evaluate(beam=2)


def test_files_of_their_own_validate_and_test(tmp_path: Path) -> None:
    for name, count in (("b", 90), ("c", 100)):
        monthly(tmp_path / f"{name}.csv", count)
    path = monthly(tmp_path / "a.csv", 60)
    run = trained(path, tmp_path / "run", f"data.valid={tmp_path}/b.csv", f"data.test={tmp_path}/c.csv")
    assert run.evaluate()["origins"] == 100 - 60 - 4 + 1 == run.evaluate(TEST)["origins"]


def test_testing_never_falls_back_on_what_validation_saw(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 60)
    run = trained(path, tmp_path / "run", "data.valid=6", "data.test=8")
    assert run.evaluate(TEST) == run.evaluate()
    other = trained(path, tmp_path / "other", "data.valid=6", "data.test=0")
    assert other.evaluate()["origins"] > 0
    with pytest.raises(InputError, match="nothing out for testing"):
        other.evaluate(TEST)


def test_what_cannot_be_trained_is_said(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 60)
    with pytest.raises(InputError, match="forecast has one head, 'forecast'"):
        learnt(path, "heads.label=label")
    with pytest.raises(InputError, match=r"heads\.forecast\.reads=mean cannot be"):
        learnt(path, "series.form=aligned", "heads.forecast.reads=mean")
    with pytest.raises(InputError, match=r"reads=steps is for series\.form=aligned"):
        learnt(path, "heads.forecast.reads=steps")
    with pytest.raises(InputError, match=r"fit\.sampling is for decoders of words"):
        learnt(path, "fit.sampling=0.5")
    task, _ = learnt(monthly(tmp_path / "b.csv", 5), "series.horizon=8")
    with pytest.raises(InputError, match="the longest training part has 5 steps, too few"):
        task.training(print, False)


def test_a_constant_column_and_a_leak_are_said(tmp_path: Path) -> None:
    values = waves(60)[:, 0]
    columns = {"month": months(60), "v": values.tolist(), "flat": [7] * 60, "tomorrow": np.roll(values, -2).tolist()}
    _, notes = learnt(write(tmp_path / "a.csv", columns), "series.past=[tomorrow]")
    assert any("'flat' is the same at every step of its training part" in note for note in notes)
    assert any("'tomorrow' is 'v' of 2 steps later: is it known when a forecast is made?" in note for note in notes)


def test_a_run_is_resumed_and_its_scales_are_kept(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 60)
    run = trained(path, tmp_path / "run")
    again = load(tmp_path / "run")
    assert again.task.digest() == run.task.digest() and again.task.reread(print) == run.task.rows_digest
    monthly(path, 61)
    assert again.task.reread(print) != run.task.rows_digest


def test_an_option_of_another_task_is_refused(tmp_path: Path) -> None:
    run = trained(monthly(tmp_path / "a.csv", 60), tmp_path / "run")
    rows = [str(tmp_path / "a.csv")]
    with pytest.raises(InputError, match="threshold is not for this run"):
        run.predict(rows, threshold=0.5)
    with pytest.raises(InputError, match="horizon=0"):
        run.predict(rows, horizon=0)
    with pytest.raises(InputError, match="level=100"):
        run.predict(rows, levels=[100])
    with pytest.raises(InputError, match="a head of kind point tells one value"):
        list(run.predict(rows, levels=[80]))
    assert spec(tmp_path / "a.csv").task == "forecast"


@pytest.mark.parametrize(
    ("arch", "form", "wanted"),
    [
        ("bahdanau", None, "sequence"),
        ("gnmt", None, "sequence"),
        ("lstm", None, None),
        ("lstm", "sequence", "sequence"),
        ("bahdanau", "direct", "direct"),
        (None, None, None),
        ("gpt", None, None),
    ],
)
def test_what_writes_and_nothing_else_forecasts_step_by_step(
    arch: str | None, form: str | None, wanted: str | None
) -> None:
    assert Forecasting.form_of(arch, form) == wanted


def test_a_decoder_takes_the_form_that_it_is_for_and_says_so(tmp_path: Path) -> None:
    path = monthly(tmp_path / "a.csv", 60)
    made, notes = plan("forecast", str(path), arch="bahdanau")
    assert made.series is not None and made.series.form == "sequence"
    assert notes == ["series.form=sequence, which is what bahdanau is for"]
    with pytest.raises(InputError, match="architecture 'bahdanau' cannot do this task"):
        plan("forecast", str(path), arch="bahdanau", settings=["series.form=direct"])
