"""A number of each row: read from any source, told in its own units, beside the mean of training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rows_of import again, learn

from seqloom.build import build
from seqloom.errors import InputError
from seqloom.tasks.regress import Regress
from seqloom.training.run import fit, load
from seqloom.training.validate import validate

TEXTS = "text\tscore\n" + "".join(f"{'good ' * (n % 5)}film {n}\t{100 + 10 * (n % 5)}\n" for n in range(60))


def write(folder: Path, text: str, name: str = "a.tsv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def series(folder: Path) -> Path:
    """Write series whose target is the mean of their numbers."""
    generator = np.random.default_rng(0)
    lines = ["@univariate true", "@targetLabel true", "@data"]
    for number in range(80):
        values = generator.normal(size=1) * 5 + generator.normal(size=4 + number % 4)
        lines.append(",".join(f"{value:.4f}" for value in values) + f":{1000 + values.mean():.4f}")
    return write(folder, "\n".join(lines) + "\n", "a.ts")


def test_targets_are_standardised_by_the_training_rows(tmp_path: Path) -> None:
    task, _ = learn("regress", write(tmp_path, TEXTS), "source.tokens=char")
    numbers = np.array([float(cell) for cell in task._parts[0].cells()])
    assert task.scale.mean == numbers.mean() and task.scale.deviation == numbers.std()
    assert task.spec.target.column == "score" and len(task._parts[1]) > 0
    train, _ = task.training(lambda note: None, False)
    values = torch.cat([train.load(key).target["number"].values for key in train.order(0)])
    assert values.shape[1:] == (1, 1) and values.mean().abs() < 1e-5 and abs(values.std(correction=0) - 1) < 1e-5


def test_a_file_without_names_has_one_column_of_numbers(tmp_path: Path) -> None:
    text = "".join(f"film {n % 7}\t{n}.5\n" for n in range(40))
    task, notes = learn("regress", write(tmp_path, text), "source.tokens=char")
    assert task.spec.target.column == "2" and any("column 2 is taken as the number to tell" in note for note in notes)
    with pytest.raises(InputError, match="which columns are what is read and the number to tell"):
        learn("regress", write(tmp_path, "a\tb\n" * 20), "source.tokens=char")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text\tscore\na\t1\nb\ttwo\n", r"a\.tsv:3: 'two' is no number. Fix the row, name another column"),
        ("text\tscore\na\t1\nb\t\n", r"a\.tsv:3: the number to tell is missing"),
        ("text\tscore\na\tinf\n", r"a\.tsv:2: 'inf' is not finite"),
        ("text\tscore\na\t3\nb\t3\n", "every row has the number 3; there is nothing to learn"),
        ("text\tscore\na\t1e308\nb\t1e308\nc\t-1e308\n", "too large to have a mean"),
    ],
)
def test_targets_that_cannot_be_told(tmp_path: Path, text: str, message: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(InputError, match=message):
        learn("regress", write(tmp_path, text), "source.tokens=char", "data.valid=0")


def test_rows_without_a_number_are_skipped_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path, TEXTS + "odd\tn/a\n")
    task, notes = learn("regress", path, "source.tokens=char", "data.valid=0", "data.on_bad_row=skip")
    assert len(task._parts[0]) == 60
    assert any("1 of 61 rows without a number skipped, the first:" in note for note in notes)


def test_several_labels_and_other_heads_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, TEXTS)
    with pytest.raises(InputError, match=r"target\.multilabel is for labels"):
        learn("regress", path, "target={multilabel: ','}")
    with pytest.raises(InputError, match="regress needs a head named number"):
        learn("regress", path, "heads={other: {kind: point}}", "source.tokens=char")


OPTIONS: dict[str, Any] = {
    "source": {"size": 8, "dropout": 0.0},
    "encoder": {"size": 16},
    "valid": 0.1,
    "batch_tokens": 128,
    "lr": 0.01,
    "device": "cpu",
}


@pytest.mark.parametrize("head", ["point", "normal", "quantiles", "student"])
def test_a_series_of_numbers_is_learnt_and_told_in_its_units(tmp_path: Path, head: str) -> None:
    heads = {"number": {"kind": head, "dropout": 0.0}}
    out = str(tmp_path / "run")
    run = fit("regress", str(series(tmp_path)), arch="gru", out=out, steps=150, heads=heads, **OPTIONS)
    values = run.evaluate()
    assert values["mae"] < 0.5 * values["baseline.mae"] and values["pearson"] > 0.8 and values["r2"] > 0.6
    assert values["baseline"]["number"] == run.task.scale.mean  # type: ignore[attr-defined]
    asked = [[[1.0]] * 5, "3,3,3,3", "3,?,3"]
    told = list(load(out).predict(asked, levels=[50, 90]) if head != "point" else load(out).predict(asked))
    assert 990 < told[0].number < 1010 and told[0].number < told[1].number
    assert [one.number for one in told] == pytest.approx([next(iter(run.predict([one]))).number for one in asked])
    for one in told:
        if head == "point":
            assert one.intervals == {}
        else:
            (low, high), (lower, higher) = one.intervals[50], one.intervals[90]
            assert lower < low < one.number < high < higher


def test_the_baseline_is_the_training_mean(tmp_path: Path) -> None:
    task, _ = learn("regress", write(tmp_path, TEXTS), "source.tokens=char")
    model = build(task.spec, task.wiring())
    data = task.evaluation(str(write(tmp_path, "text\tscore\na\t100\nb\t140\n", "b.tsv")), lambda note: None, False)
    meter = task.meter(model, data)
    result, mean = validate(model, data, meter), task.scale.mean
    assert result["baseline.mae"] == pytest.approx((abs(100 - mean) + abs(140 - mean)) / 2, rel=1e-5)
    assert result["baseline.rmse"] == pytest.approx((((100 - mean) ** 2 + (140 - mean) ** 2) / 2) ** 0.5, rel=1e-5)


def test_several_models_tell_the_mean_of_theirs(tmp_path: Path) -> None:
    task, _ = learn("regress", write(tmp_path, TEXTS), "source.tokens=char")
    models = [build(task.spec, task.wiring()).eval() for _ in range(2)]
    one, other, both = (
        [told.number for told in task.answers(some, ["good film", "film"])] for some in (models[:1], models[1:], models)
    )
    assert both == pytest.approx([(a + b) / 2 for a, b in zip(one, other, strict=True)]) and one != other
    with pytest.raises(InputError, match="threshold is not for this run"):
        task.answers(models[:1], ["film"], threshold=0.5)
    with pytest.raises(InputError, match="level=100: an interval holds a percentage above 0 and below 100"):
        task.answers(models[:1], ["film"], levels=[100])


def test_pairs_of_texts_are_read_together(tmp_path: Path) -> None:
    text = "sentence1\tsentence2\tscore\n" + "".join(f"a {n}\tb {n % 3}\t{n % 3}\n" for n in range(40))
    task, _ = learn("regress", write(tmp_path, text), "source.tokens=char", columns={"text": "sentence1,sentence2"})
    assert task.columns == ["sentence1", "sentence2"]
    with pytest.raises(InputError, match=r"a row of 1 text\(s\); this model was trained on 2 a row"):
        list(task.answers([build(task.spec, task.wiring())], ["alone"]))


def test_saved_and_loaded_it_tells_the_same(tmp_path: Path) -> None:
    task, _ = learn("regress", write(tmp_path, TEXTS), "source.tokens=char")
    other: Regress = again(task, tmp_path)
    assert other.scale == task.scale and other.digest() == task.digest() and other.rows_digest == task.rows_digest
