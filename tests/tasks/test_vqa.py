"""Visual question answering on made shapes: from the table to the answer, and what is refused on the way."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("PIL")
from made_shapes_files import TINY, made
from PIL import Image

from seqloom.errors import InputError
from seqloom.tasks.vqa import Vqa
from seqloom.training.run import Run, fit, load, plan

SMALL = [
    *TINY,
    "beside.question.size=8",
    "beside.question.encoder.size=16",
    "fuse.size=16",
    "heads.label.hidden=16",
    "fit.batch_tokens=128",
    "fit.lr=0.01",
]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("vqa"))


def learnt(shapes: Path, out: Path, *settings: str, **more: Any) -> tuple[Run, list[str]]:
    said: list[str] = []
    options = {"valid": str(shapes / "valid/questions.tsv"), "steps": 3, **more}
    data = options.pop("data", str(shapes / "train/questions.tsv"))
    return fit("vqa", data, out=str(out), settings=[*SMALL, *settings], say=said.append, **options), said


@pytest.fixture(scope="module")
def run(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return learnt(shapes, tmp_path_factory.mktemp("runs") / "run", steps=40)[0]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def write(path: Path, rows: list[dict[str, str]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return str(path)


def test_it_learns_what_can_be_told_from_the_question_and_measures_by_type(run: Run, shapes: Path) -> None:
    values = run.evaluate()
    assert {"accuracy/color", "accuracy/count", "accuracy/shape", "accuracy/yes or no"} <= set(values)
    assert values["accuracy"] > 0.25, "more than one answer in eighteen"
    rows = rows_of(shapes / "valid/questions.tsv")
    assert sum(row["questions"] for row in values["types"]) == len(rows)
    assert isinstance(run.task, Vqa) and set(run.task.labels) == {
        row["answer"] for row in rows_of(shapes / "train/questions.tsv")
    }
    sample = values["samples"][0]
    assert sample["source"].startswith("pictures/0001.png | how many")
    again = run.evaluate(str(shapes / "valid/questions.tsv"))
    assert again["accuracy"] == values["accuracy"]


def test_loaded_it_says_the_same_of_a_path_bytes_and_pixels(run: Run, shapes: Path) -> None:
    import numpy as np

    path, question = shapes / "valid/pictures/0002.png", "what color is the large shape?"
    assert run.folder is not None
    other = load(run.folder)
    pictures = [str(path), path.read_bytes(), np.asarray(Image.open(path))]
    said = list(run.predict([(one, question) for one in pictures]))
    assert said[0] == said[1] == said[2]
    (again,) = other.predict([(str(path), question)])
    assert again.label == said[0].label and again.probabilities == pytest.approx(said[0].probabilities, abs=1e-6)
    assert sum(again.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_a_file_is_answered_row_for_row_as_pairs_are(run: Run, shapes: Path) -> None:
    rows = list(run.predict_file(str(shapes / "valid/questions.tsv")))
    table = rows_of(shapes / "valid/questions.tsv")
    assert [values["question"] for values, _ in rows] == [row["question"] for row in table]
    pairs = [(str(shapes / "valid" / row["path"]), row["question"]) for row in table]
    for (_, answer), alone in zip(rows, run.predict(pairs), strict=True):
        assert answer.label == alone.label
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-5)


@pytest.mark.parametrize("fuse", ["concat", "attend"])
def test_other_ways_to_fuse(fuse: str, shapes: Path, tmp_path: Path) -> None:
    run, _ = learnt(shapes, tmp_path / "run", f"fuse={fuse}", "heads.label.reads=mean")
    assert run.spec.fuse is not None and run.spec.fuse["kind"] == fuse
    assert run.evaluate()["accuracy"] >= 0


@pytest.mark.parametrize("blind", ["image", "question"])
def test_what_is_ablated_makes_no_difference(blind: str, shapes: Path, tmp_path: Path) -> None:
    run, _ = learnt(shapes, tmp_path / "run", f"data.ablate={blind}", steps=8)
    one, other = (str(shapes / f"valid/pictures/000{number}.png") for number in (1, 2))
    pairs = [(one, "how many shapes are there?"), (other, "how many shapes are there?"), (one, "what shape is red?")]
    first, second, third = ([*answer.probabilities.values()] for answer in run.predict(pairs))
    assert (first == pytest.approx(second, abs=1e-6)) is (blind == "image")
    assert (first == pytest.approx(third, abs=1e-6)) is (blind == "question")
    assert run.folder is not None
    (again,) = load(run.folder).predict(pairs[:1])
    assert [*again.probabilities.values()] == pytest.approx(first, abs=1e-6)


def test_rare_answers_are_left_out_and_those_of_others_count_as_wrong(shapes: Path, tmp_path: Path) -> None:
    run, said = learnt(shapes, tmp_path / "run", "target.vocab=5")
    assert isinstance(run.task, Vqa) and len(run.task.labels) == 5
    counts = Counter(row["answer"] for row in rows_of(shapes / "train/questions.tsv"))
    assert sorted(counts[one] for one in run.task.labels) == sorted(counts.values())[-5:]
    assert any("are left out of training: their answers are not among the 5 most frequent" in note for note in said)
    assert any("do not occur in training, so that they count as wrong" in note for note in said)
    values = run.evaluate()
    rows = rows_of(shapes / "valid/questions.tsv")
    assert sum(row["questions"] for row in values["types"]) == len(rows)
    known = [row for row in rows if row["answer"] in run.task.labels]
    assert 0 < len(known) < len(rows) and values["accuracy"] <= len(known) / len(rows)


def test_rows_of_one_picture_are_held_out_together(shapes: Path, tmp_path: Path) -> None:
    run, _ = learnt(shapes, tmp_path / "run", valid=0.25)
    assert isinstance(run.task, Vqa)
    parts = run.task._parts
    assert parts is not None and parts[1] is not None
    train, held = (set(part.keys()) for part in parts[:2])
    assert train and held and not train & held


def test_what_several_people_answered_is_one_question(shapes: Path, tmp_path: Path) -> None:
    rows = rows_of(shapes / "train/questions.tsv")
    first = [row for row in rows if row["type"] == "count"]
    many = write(shapes / "train/many.tsv", rows + 9 * first)
    run, _ = learnt(shapes, tmp_path / "run", "data.variants=true", data=many, valid=0.25)
    assert isinstance(run.task, Vqa)
    values = run.evaluate()
    asked = {row["type"]: row["questions"] for row in values["types"]}
    held = run.task._parts
    assert held is not None and held[1] is not None
    assert asked["count"] == len(set(held[1].keys())), "ten answers to one question"


def test_a_column_may_bear_any_name(shapes: Path, tmp_path: Path) -> None:
    rows = [
        {"img": row["path"], "q": row["question"], "a": row["answer"]}
        for row in rows_of(shapes / "train/questions.tsv")
    ]
    odd = write(shapes / "train/odd.tsv", rows)
    with pytest.raises(InputError, match=r"which column is the label\?"):
        learnt(shapes, tmp_path / "x", data=odd, valid=0.2)
    columns = {"label": "a"}
    with pytest.raises(InputError, match=r"which column is the question\? .* -s beside.question.column"):
        learnt(shapes, tmp_path / "x", data=odd, valid=0.2, columns=columns)
    run, _ = learnt(shapes, tmp_path / "run", "beside.question.column=q", data=odd, valid=0.2, columns=columns)
    assert run.evaluate()["types"][0]["type"] == "how many", "without a column of types, how a question begins"


def test_what_cannot_be_answered(run: Run, shapes: Path, tmp_path: Path) -> None:
    path = str(shapes / "valid/pictures/0001.png")
    for row, said in [
        ((path, " "), "row 1 asks nothing"),
        (path, "row 1 is no pair of a picture and a question"),
        (("nowhere.png", "what?"), "nowhere.png: no such file"),
    ]:
        with pytest.raises(InputError, match=said):
            list(run.predict([row]))
    rows = rows_of(shapes / "train/questions.tsv")
    with pytest.raises(InputError, match=r"silent\.tsv:3 .*column 'question' is empty"):
        learnt(shapes, tmp_path / "x", data=write(shapes / "train/silent.tsv", [rows[0], {**rows[1], "question": ""}]))
    with pytest.raises(InputError, match="no answer in it occurs in training"):
        run.evaluate(write(shapes / "valid/other.tsv", [{**rows_of(shapes / "valid/questions.tsv")[0], "answer": "x"}]))


def test_what_contradicts_the_task_is_refused(shapes: Path, tmp_path: Path) -> None:
    for setting, said in [
        ("source.tokens=word", "source.front reads|source.tokens=word must be image"),
        ("target.multilabel=/", "a question has one answer a row"),
        ("beside.sound={tokens: word, encoder: {kind: gru}}", "a question: its spec needs the section beside.question"),
    ]:
        with pytest.raises(InputError, match=said):
            learnt(shapes, tmp_path / "x", setting)


def test_the_plan_of_a_question() -> None:
    spec, _ = plan("vqa", "questions.tsv")
    assert spec.arch == "vqa-lstm" and spec.fuse is not None and spec.fuse["kind"] == "multiply"
    assert spec.beside is not None and spec.beside["question"].encoder == {
        "kind": "lstm",
        "size": 128,
        "layers": 2,
        "dropout": 0.2,
    }
    spec, _ = plan("vqa", "questions.tsv", arch="bigru")
    assert spec.beside is not None and spec.beside["question"].encoder is not None
    assert spec.beside["question"].encoder["kind"] == "gru" and spec.encoder == {"kind": "bag"}


def test_questions_of_one_picture_are_answered_as_each_alone(run: Run, shapes: Path) -> None:
    path = str(shapes / "valid/pictures/0001.png")
    other = str(shapes / "valid/pictures/0002.png")
    rows = [(path, "what shape is red?"), (other, "is there a red circle?"), (path, "how many shapes are there?")]
    rows += [(path, "is there a red circle?"), (other, "how many shapes are there?")]
    task: Any = run.task
    batch = task.batch(rows)
    assert batch.inputs["which"].values.tolist() == [0, 1, 0, 0, 1] and len(batch.inputs["source"].values) == 2
    with torch.no_grad():
        together = run.model(batch)[0]["label"]
        alone = torch.cat([run.model(task.batch([row]))[0]["label"] for row in rows])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_check_counts_questions_and_not_pictures(shapes: Path) -> None:
    from seqloom.cli.media_check import found, report

    rows = rows_of(shapes / "train/questions.tsv")
    spec, _ = plan("vqa", str(shapes / "train/questions.tsv"), settings=[*SMALL, "data.valid=null"])
    task = Vqa.learn(spec, lambda note: None)
    counted = found(task, task.training(lambda note: None, False)[0], None, [])
    assert counted["train"]["rows"] == len(rows) and sum(counted["train"]["labels"].values()) == len(rows)
    assert counted["train"]["beside"]["question"]["most"] == 7, "what color is the large shape ?"
    assert f"{len(rows)} rows" in report(counted) and "train question" in report(counted)
