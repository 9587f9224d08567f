"""A label for every step of a series: read from long tables, learnt, and written back beside each row."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rows_of import again, learn

from seqloom.build import build
from seqloom.errors import InputError
from seqloom.plan import make
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_series import StepRow, TagSeries
from seqloom.training.run import fit, load

ASKED = ["source.tokens=series", "series.id=run", "series.time=t"]


def table(folder: Path, runs: int = 24, name: str = "steps.csv", seed: int = 0) -> Path:
    """Write series that switch between two levels; a step is "on" where the level is high."""
    generator = np.random.default_rng(seed)
    lines = ["run,t,x,label"]
    for run in range(runs):
        state = generator.random() < 0.5
        for step in range(6 + run % 5):
            state ^= bool(generator.random() < 0.3)
            lines.append(
                f"r{run},{20 - step},{generator.normal(3 if state else 0, 0.3):.3f},{'on' if state else 'off'}"
            )
    file = folder / name
    file.write_text("\n".join(lines) + "\n")
    return file


def test_every_step_has_its_label_in_order_of_time(tmp_path: Path) -> None:
    task, _ = learn("tag", table(tmp_path), *ASKED)
    assert isinstance(task, TagSeries) and task.labels == ["off", "on"] and sum(task.counts.values()) > 100
    assert task.spec.heads == {"tags": {"kind": "tags", "dropout": 0.2}} and task.spec.fit.metric == "accuracy"
    train, valid = task.training(lambda note: None, False)
    assert valid is not None
    cases = task._parts[0].cases
    for key in train.order(0):
        batch = train.load(key)
        source, tags = batch.inputs["source"], batch.target["tags"]
        assert source.mask is not None and tags.mask is not None and torch.equal(source.mask, tags.mask)
        for place, row in enumerate(batch.rows):
            length = len(cases[row].values)
            told = [task.labels[one] for one in tags.values[place, :length].tolist()]
            assert told == list(cases[row].labels)
            assert ((cases[row].values[:, 0] > 1.5) == [one == "on" for one in told]).mean() > 0.9


def test_it_is_learnt_and_told_of_each_row(tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    options: dict[str, Any] = {"steps": 60, "batch_tokens": 128, "lr": 0.02, "encoder": {"size": 16}, "device": "cpu"}
    run = fit("tag", str(table(tmp_path)), arch="bigru", out=out, settings=ASKED, **options)
    assert isinstance(run.task, TagSeries) and run.evaluate()["accuracy"] > 0.9
    found = load(out)
    path = table(tmp_path, 3, "new.csv", seed=1)
    values = found.evaluate(str(path))
    assert values["mcc"] > 0.8 and sum(map(sum, values["confusion"])) == len(path.read_text().splitlines()) - 1
    answers = list(found.predict_file(str(path), probabilities=True))
    assert [values["id"] for values, _ in answers] == ["r0", "r1", "r2"]
    for _, one in answers:
        assert isinstance(one.row, StepRow) and one.probabilities is not None and min(one.probabilities) >= 0.5
        own = one.row.own()
        assert [float(cells["x"]) for cells in own] == one.row.values[:, 0].tolist()
        assert sorted((cells["t"] for cells in own), key=int) == [cells["t"] for cells in own]
        assert np.mean([cells["label"] == told for cells, told in zip(own, one.labels, strict=True)]) > 0.8
    alone = list(found.predict([one.row.values for _, one in answers]))
    assert [one.labels for one in alone] == [one.labels for _, one in answers]


def test_missing_steps_keep_their_place(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text(
        "run,t,x,label\n"
        + "".join(f"r{n},{t},{'' if t == 3 else t},{'ab'[t % 2]}\n" for n in range(9) for t in range(4))
    )
    task, notes = learn("tag", path, *ASKED, "data.valid=0")
    assert all(len(case.values) == 4 for case in task._parts[0].cases), "a step at the end is labelled, so it stays"
    assert any("9 of 36 values are missing" in note for note in notes)
    model = build(task.spec, task.wiring())
    (told,) = task.answers([model], [[1.0, float("nan"), 2.0]])
    assert len(told.labels) == 3


def test_one_series_needs_no_id_and_a_crf_tells_too(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("x,label\n" + "".join(f"{n % 5},{'high' if n % 5 > 2 else 'low'}\n" for n in range(50)))
    task, _ = learn("tag", path, "source.tokens=series", "data.valid=0", "heads.tags=crf")
    assert len(task._parts[0]) == 1 and task.spec.series.values == ["x"]
    model = build(task.spec, task.wiring())
    (told,) = task.answers([model], ["1,2,3,4"])
    assert len(told.labels) == 4 and told.row is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["source.max_length=3"], r"source\.max_length is not for tag, which labels every step"),
        (["series.patch=2"], r"series\.patch reads several steps as one"),
        (["heads={other: {kind: tags}}"], "tag needs a head named tags"),
        (["source.complement=true"], r"source\.complement reads the other strand"),
    ],
)
def test_settings_that_steps_have_no_use_for(tmp_path: Path, settings: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        learn("tag", table(tmp_path), *ASKED, *settings)


def test_files_that_label_no_steps(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("@classLabel true\n@data\n1,2:up\n")
    with pytest.raises(InputError, match=r"a\.ts: a \.ts file has one label a series, and tag labels every step"):
        learn("tag", tmp_path / "a.ts", *ASKED)
    (tmp_path / "same.csv").write_text("run,t,x,label\na,1,2,on\na,2,3,on\nb,1,2,on\n")
    with pytest.raises(InputError, match="every step has the label 'on'"):
        learn("tag", tmp_path / "same.csv", *ASKED, "data.valid=0")
    task, _ = learn("tag", table(tmp_path), *ASKED)
    (tmp_path / "new.csv").write_text("run,t,x,label\na,1,2,on\na,2,3,onn\n")
    with pytest.raises(InputError, match=r"new\.csv:2: a step of this series has the label 'onn', .*did you mean 'on'"):
        task.evaluation(str(tmp_path / "new.csv"), lambda note: None, False)


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    task, _ = learn("tag", table(tmp_path), *ASKED)
    other = again(task, tmp_path)
    assert other.digest() == task.digest() and other.counts == task.counts and other.rows_digest == task.rows_digest
    assert isinstance(Tag.load(task.spec, tmp_path / "vocab"), TagSeries)
    assert task.reread(lambda note: None) == task.rows_digest


def test_words_are_tagged_as_before(tmp_path: Path) -> None:
    (tmp_path / "w.tsv").write_text("a\tX\nb\tY\n\n" * 20)
    spec, _ = make("tag", "steps", {**Tag.template(), **Tag.suited("w.tsv", None, None)}, str(tmp_path / "w.tsv"))
    assert spec.source is not None and spec.source.tokens == "word" and spec.source.letters == "cnn"
