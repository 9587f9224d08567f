"""What a run is worth on each row sums to what evaluate says, for the kept run of every task and every metric of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from kept_runs import FILES, kept, write

from seqloom.comparing.items import gatherer_of, items_of
from seqloom.comparing.measures import measure_of
from seqloom.errors import InputError
from seqloom.tasks.parts import TEST
from seqloom.training.run import Run, fit

USUAL = {
    "classify": "accuracy",
    "language": "nats",
    "translate": "loss",
    "transduce": "loss",
    "tag": "span_f1",
    "forecast": "mase",
    "regress": "mae",
    "caption": "cider",
    "vqa": "accuracy",
    "transcribe": "wer",
}
NO_SUMS = {
    "classify": set(),
    "language": {"bits"},
    "translate": {"answered", "forced.bleu", "gap.bleu"},
    "transduce": {"answered", "forced.exact", "gap.exact"},
    "tag": {"tags.loss", "intent.loss"},
    "forecast": {
        *("loss", "scaled.mae", "scaled.mse", "coverage80", "coverage95", "width80", "width95"),
        *("beats_naive", "horizon", "origins", "season"),
    },
    "regress": {"loss", "spearman", "baseline.mae", "baseline.rmse"},
    "caption": {"answered", "forced.cider", "forced.cider_d", "gap.cider", "gap.cider_d"},
    "vqa": {"ece"},
    "transcribe": {"answered"},
}
"""What evaluate gives as a number and nobody compares rows by."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made, before = tmp_path_factory.mktemp("kept"), Path.cwd()
    write(made)
    os.chdir(made)
    yield made
    os.chdir(before)


def valued(run: Run, data: str, metric: str | None = None) -> float:
    items = items_of(run, data, metric)
    return float(measure_of(items.measure).value(items.stats.sum(0)))


@pytest.mark.parametrize("task", FILES)
def test_rows_sum_to_what_evaluate_says(task: str, folder: Path) -> None:
    run, data = kept(task), FILES[task]
    told = run.evaluate(data)
    known = gatherer_of(run, run.task.evaluation(data, lambda note: None, run.model.carries)).known
    for name in known:
        assert valued(run, data, name) == pytest.approx(told[name], rel=1e-5, abs=1e-7), name
    numbers = {name for name, value in told.items() if isinstance(value, int | float)}
    assert numbers - {*known} == NO_SUMS[task]


@pytest.mark.parametrize("task", FILES)
def test_each_task_has_what_its_users_look_at(task: str, folder: Path) -> None:
    items = items_of(kept(task), FILES[task])
    assert items.measure == USUAL[task]
    assert len(items.stats) == len(items.lengths)
    assert np.isfinite(items.stats).all()


@pytest.mark.parametrize("task", [task for task in FILES if task not in ("language", "forecast")])
def test_rows_stand_in_the_order_of_the_data_whatever_the_batches(task: str, folder: Path) -> None:
    run = kept(task)
    as_ever = items_of(run, FILES[task])
    run.spec.fit.batch_tokens = 7 if task not in ("caption", "vqa", "transcribe") else 100
    other = items_of(run, FILES[task])
    assert other.stats == pytest.approx(as_ever.stats, abs=1e-4)
    assert other.lengths.tolist() == as_ever.lengths.tolist()
    assert (as_ever.classes is None) == (other.classes is None)
    if as_ever.classes is not None and other.classes is not None:
        assert other.classes[1].tolist() == as_ever.classes[1].tolist()
    if as_ever.rarity is not None:
        assert other.rarity == pytest.approx(as_ever.rarity, nan_ok=True)


def test_classes_are_the_true_labels_of_the_rows_in_any_script(folder: Path) -> None:
    items = items_of(kept("classify"), "reviews.tsv")
    assert items.classes is not None
    names, which = items.classes
    rows = (folder / "reviews.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert [names[one] for one in which] == [row.split("\t")[1] for row in rows]


def test_a_file_of_one_row_and_rows_of_nothing(folder: Path) -> None:
    (folder / "one.tsv").write_text("text\tlabel\n훌륭한 film\t좋음\n", encoding="utf-8")
    items = items_of(kept("classify"), "one.tsv")
    assert (items.stats.tolist(), items.lengths.tolist()) == ([[1.0, 1.0]], [2])
    (folder / "empty.tsv").write_text("text\tlabel\n\t좋음\n모르는 말\t나쁨\n훌륭한\t좋음\n", encoding="utf-8")
    items = items_of(kept("classify"), "empty.tsv")
    assert items.lengths.tolist() == [0, 2, 1]
    assert items.rarity is not None
    assert np.isnan(items.rarity).tolist() == [True, False, False]
    assert items.rarity[1] > items.rarity[2], "words that nobody knows are the rarest"


def test_rows_of_nothing_alone_have_no_rarity(folder: Path) -> None:
    (folder / "blank.tsv").write_text("text\tlabel\n\t좋음\n", encoding="utf-8")
    items = items_of(kept("classify"), "blank.tsv")
    assert items.rarity is None and items.lengths.tolist() == [0]


@pytest.mark.parametrize(
    ("task", "name", "near"),
    [
        ("classify", "acuracy", "accuracy"),
        ("classify", "span_f1", "accuracy"),
        ("language", "bits", "nats, perplexity"),
        ("regress", "spearman", "pearson"),
        ("translate", "gap.bleu", "bleu"),
    ],
)
def test_a_metric_that_rows_have_no_sum_of_is_refused_with_those_that_have(
    task: str, name: str, near: str, folder: Path
) -> None:
    with pytest.raises(InputError, match=f"metric={name}: .* cannot be compared by it.*{near}"):
        items_of(kept(task), FILES[task], name)


def test_what_training_held_out_is_measured_where_no_file_is_named(folder: Path) -> None:
    run = kept("classify")
    run.spec.data.train, run.spec.data.valid = "reviews.tsv", 0.2
    assert len(items_of(run).stats) == 12
    assert valued(run, "reviews.tsv") == run.evaluate("reviews.tsv")["accuracy"]


def test_items_are_kept_in_a_file(folder: Path) -> None:
    items = items_of(kept("tag"), "slots.txt")
    items.save(folder / "cell.npz")
    again = type(items).load(folder / "cell.npz")
    assert again.measure == items.measure and again.stats.tolist() == items.stats.tolist()
    assert again.classes is not None and items.classes is not None
    assert again.classes[0] == items.classes[0] == ("fly", "stay")


def test_what_was_held_out_for_testing_is_measured_and_pairs_the_rows_of_two_architectures(folder: Path) -> None:
    runs = [
        fit(
            "classify",
            "reviews.tsv",
            arch=arch,
            out=str(folder / arch),
            settings=["data.test=0.3", "data.split=5"],
            source={"tokens": "word", "size": 4},
            steps=2,
            seed=seed,
            device="cpu",
        )
        for arch, seed in (("gru", 1), ("bag", 2))
    ]
    one, two = (items_of(run, TEST, "macro_f1") for run in runs)
    assert len(one.stats) == len(two.stats) == 18 and one.stats.shape == two.stats.shape
    assert one.lengths.tolist() == two.lengths.tolist() and one.classes is not None and two.classes is not None
    assert one.classes[1].tolist() == two.classes[1].tolist()
    assert one.rarity is not None and two.rarity is not None and one.rarity.tolist() == two.rarity.tolist()
    for run, items in zip(runs, (one, two), strict=True):
        told = float(measure_of("macro_f1").value(items.stats.sum(0)))
        assert told == pytest.approx(run.evaluate(TEST)["macro_f1"])
