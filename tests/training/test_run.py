"""Run: fit, evaluate, predict, save and load, and what a person does wrong with them."""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from toys import same, tiny, weights

import seqloom
from seqloom.errors import CheckpointError, InputError, SeqloomError
from seqloom.training.run import Run, fit, load, pick_device, plan

Fit = Callable[..., Run]
ROWS = ["훌륭한 film", "별로", "정말 great 영화 fine great 훌륭한", "", "dull dull", "모르는 말"]


@pytest.fixture(scope="module")
def classifier(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a trained run; it is only read."""
    torch.set_num_threads(1)
    options = tiny("bigru", steps=60, lr=0.03, schedule="constant", encoder={"dropout": 0.0})
    return fit("classify", str(reviews), out=str(tmp_path_factory.mktemp("실행") / "run"), **options)


def close(ours: dict[str, float], theirs: dict[str, float]) -> bool:
    return ours.keys() == theirs.keys() and all(abs(ours[key] - theirs[key]) < 1e-6 for key in ours)


def test_it_learnt(classifier: Run) -> None:
    values = classifier.evaluate()
    assert values["accuracy"] == 1.0
    assert values["labels"] == ["나쁨", "좋음"]
    assert sum(map(sum, values["confusion"])) == sum(row["rows"] for row in values["per_class"])
    assert [one.label for one in classifier.predict(["훌륭한 great", "dull 별로"])] == ["좋음", "나쁨"]


def test_rows_together_equal_rows_alone_in_order(classifier: Run) -> None:
    together = list(classifier.predict(ROWS * 50))  # more than are predicted at once
    alone = [next(classifier.predict([row])) for row in ROWS]
    assert len(together) == 300
    for number, answer in enumerate(together):
        assert answer.label == alone[number % 6].label
        assert close(answer.probabilities, alone[number % 6].probabilities)
    assert len({tuple(one.probabilities.values()) for one in alone}) == 6
    assert all(sum(one.probabilities.values()) == pytest.approx(1) for one in alone)


def test_answers_come_as_rows_do(classifier: Run) -> None:
    """An endless stream is answered chunk by chunk, not at its end."""
    endless = (row for _ in iter(int, 1) for row in ROWS)
    assert next(classifier.predict(endless)).label == "좋음"


def test_one_row_alone_is_no_list_of_rows(classifier: Run) -> None:
    with pytest.raises(InputError, match=r"give a list, such as run.predict\(\[row\]\)"):
        classifier.predict("a fine film")


def test_a_threshold_moves_the_decision(classifier: Run) -> None:
    answers = [next(classifier.predict(["great dull"], threshold=value)) for value in (0.0, 1.0)]
    assert [one.label for one in answers] == ["좋음", "나쁨"]
    assert answers[0].probabilities == answers[1].probabilities


def test_saved_and_loaded_it_answers_alike(classifier: Run, tmp_path: Path) -> None:
    classifier.save(str(tmp_path / "사본"))
    for place in (tmp_path / "사본", classifier.folder):
        again = seqloom.load(str(place))
        assert same(weights(again), weights(classifier))
        assert [one.probabilities for one in again.predict(ROWS)] == [
            one.probabilities for one in classifier.predict(ROWS)
        ]
        assert again.evaluate() == classifier.evaluate()
        assert again.spec == classifier.spec
        assert not again.model.training


def test_a_moved_run_loads_without_its_data(classifier: Run, reviews: Path, tmp_path: Path) -> None:
    classifier.save(str(tmp_path / "moved"))
    spec = tmp_path / "moved/spec.yaml"
    assert str(reviews) in spec.read_text(encoding="utf-8")
    assert classifier.evaluate(str(reviews))["accuracy"] > 0.9


@pytest.mark.parametrize("name", ["model.safetensors", "spec.yaml", "vocab/labels.json", "vocab/source/tokenizer.json"])
def test_a_damaged_run_is_refused(name: str, classifier: Run, tmp_path: Path) -> None:
    classifier.save(str(tmp_path / "run"))
    path = tmp_path / "run" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match=f"{name}: its content is not what was saved"):
        load(str(tmp_path / "run"))
    path.unlink()
    with pytest.raises(CheckpointError):
        load(str(tmp_path / "run"))


def written(kind: str, with_label: bool) -> tuple[str, bytes]:
    """Return a name and a file of ROWS as some format, with a column of its own beside."""
    if kind == "jsonl":
        records = [
            {"id": str(n), "text": row, **({"label": "좋음"} if with_label else {})} for n, row in enumerate(ROWS)
        ]
        return "rows.jsonl", "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records).encode()
    mark = "\t" if kind in ("tsv", "tsv.gz") else ","
    lines = [["id", "text", *(["label"] if with_label else [])]]
    lines += [[str(n), row, *(["좋음"] if with_label else [])] for n, row in enumerate(ROWS)]
    content = "".join(mark.join(line) + "\n" for line in lines).encode()
    return f"rows.{kind}", gzip.compress(content) if kind.endswith("gz") else content


@pytest.mark.parametrize("with_label", [True, False])
@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl", "tsv.gz"])
def test_a_file_is_answered_row_for_row(kind: str, with_label: bool, classifier: Run, tmp_path: Path) -> None:
    name, content = written(kind, with_label)
    (tmp_path / name).write_bytes(content)
    answers = list(classifier.predict_file(str(tmp_path / name)))
    assert [values["id"] for values, _ in answers] == [str(n) for n in range(6)]
    assert [values["text"] for values, _ in answers] == ROWS
    for (_, answer), alone in zip(answers, classifier.predict(ROWS), strict=True):
        assert close(answer.probabilities, alone.probabilities)


def test_a_plain_text_is_answered_line_for_line(classifier: Run, tmp_path: Path) -> None:
    lines = [row for row in ROWS if row]
    (tmp_path / "줄.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    answers = list(classifier.predict_file(str(tmp_path / "줄.txt")))
    assert [next(iter(values.values())) for values, _ in answers] == lines
    for (_, answer), alone in zip(answers, classifier.predict(lines), strict=True):
        assert close(answer.probabilities, alone.probabilities)


def test_stdin_is_answered(classifier: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").write_text("text\n훌륭한 film\n별로\n", encoding="utf-8")
    with (tmp_path / "in").open(encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdin", file)
        answers = list(classifier.predict_file("-"))
    assert [answer.label for _, answer in answers] == ["좋음", "나쁨"]


def test_pairs(tmp_path: Path) -> None:
    words = ["rain", "snow", "눈", "비"]
    rows = [
        f"{a} {n % 3}\t{b} {n % 3}\t{'same' if a == b else 'other'}" for n in range(12) for a in words for b in words
    ]
    (tmp_path / "pairs.tsv").write_text("q1\tq2\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    run = fit(
        "classify",
        str(tmp_path / "pairs.tsv"),
        out=str(tmp_path / "run"),
        columns={"text": "q1,q2", "label": "label"},
        **tiny("bigru", steps=5),
    )
    ab, ba = run.predict([("rain 1", "snow 1"), ("snow 1", "rain 1")])
    assert not close(ab.probabilities, ba.probabilities), "which text is first is heard"
    with pytest.raises(InputError, match=r"a row of 1 text\(s\); this model was trained on 2 a row\."):
        next(run.predict(["rain"]))


def test_a_classifier_writes_nothing(classifier: Run) -> None:
    with pytest.raises(InputError, match="this run's task is classify, which writes no text; it can `predict`"):
        next(classifier.generate("h"))
    with pytest.raises(InputError, match="writes no text"):
        next(classifier.score(["h"]))


def test_a_folder_that_holds_something_is_left_alone(small: Fit, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"run.* holds "):
        small("bag", tmp_path / "run")
    with pytest.raises(InputError, match=r"notes.txt.* is a file"):
        small("bag", tmp_path / "run/notes.txt")
    (tmp_path / "run/notes.txt").unlink()
    small("bag", tmp_path / "run", steps=1)  # an empty folder is as good as none


def test_a_mistake_in_the_data_does_not_take_the_folder(reviews: Path, tmp_path: Path) -> None:
    (tmp_path / "valid.tsv").write_text("text\tlabel\ngreat\t그저그럼\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"valid.tsv:2: label '그저그럼' does not occur in training"):
        fit("classify", str(reviews), valid=str(tmp_path / "valid.tsv"), out=str(tmp_path / "run"), **tiny("bag"))
    assert not (tmp_path / "run").exists()


def test_runs_are_numbered(reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [fit("classify", str(reviews), **tiny("bag", steps=1)).folder for _ in range(2)]
    assert folders == [Path("runs/classify-bag-1"), Path("runs/classify-bag-2")]


def test_resume_needs_a_folder_that_is_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"resume needs the run folder: out='runs/\.\.\.'"):
        fit("classify", "x.tsv", resume=True)
    with pytest.raises(SeqloomError, match=r"spec\.yaml"):
        fit("classify", "x.tsv", resume=True, out=str(tmp_path))


def test_loading_what_is_no_run(classifier: Run, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        load(str(tmp_path / "nothing"))


def test_plan_says_what_it_will_do(reviews: Path) -> None:
    spec, notes = plan("classify", str(reviews), arch="bilstm", settings=["encoder.size=9"], options={"lr": 0.5})
    assert (spec.arch, spec.encoder and spec.encoder["size"], spec.fit.lr) == ("bilstm", 9, 0.5)
    assert notes == []


def test_devices() -> None:
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


# ---- --init ----


def test_a_run_starts_from_the_weights_of_another(classifier: Run, small: Fit, tmp_path: Path) -> None:
    options: dict[str, Any] = {"steps": 1, "lr": 1e-30, "encoder": {"dropout": 0.0}, "seed": classifier.spec.fit.seed}
    started = small("bigru", tmp_path / "run", init=str(classifier.folder), optimizer="sgd", **options)
    assert same(weights(started), weights(classifier))
    fresh = small("bigru", tmp_path / "fresh", optimizer="sgd", **options)
    assert not same(weights(fresh), weights(classifier))


def test_init_of_another_vocabulary_is_refused(classifier: Run, tmp_path: Path) -> None:
    (tmp_path / "other.tsv").write_text(
        "text\tlabel\n" + "".join(f"wort {n}\t{'나쁨' if n % 2 else '좋음'}\n" for n in range(30)), encoding="utf-8"
    )
    with pytest.raises(InputError) as error:
        fit(
            "classify",
            str(tmp_path / "other.tsv"),
            out=str(tmp_path / "run"),
            init=str(classifier.folder),
            **tiny("bigru"),
        )
    assert str(error.value) == (
        f"{classifier.folder}: its vocabulary differs from this data's, so its weights would mean other words."
    )
    assert not (tmp_path / "run").exists()


def test_init_of_another_shape_is_refused(classifier: Run, small: Fit, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"weight encoder\.\S+ is \(24, 8\), this model needs \(27, 8\); same --arch and"
    ):
        small("bigru", tmp_path / "run", init=str(classifier.folder), encoder={"size": 9})
    with pytest.raises(InputError, match=r"weight encoder\.\S+ is \(24, 8\), this model needs \(32, 8\)"):
        small("bilstm", tmp_path / "run", init=str(classifier.folder), encoder={"size": 8})
    with pytest.raises(InputError, match=r"weight encoder\.\S+ is not there, this model needs"):
        small("bigru", tmp_path / "run", init=str(classifier.folder), encoder={"layers": 2})
    assert not (tmp_path / "run").exists()


def test_init_of_an_unfinished_run_says_so(small: Fit, tmp_path: Path) -> None:
    from toys import Kill, Power

    with pytest.raises(Power):
        small("bag", tmp_path / "first", on_event=Kill(3))
    notes: list[str] = []
    small("bag", tmp_path / "second", init=str(tmp_path / "first"), steps=1, say=notes.append)
    assert any("its training has not ended; these are the weights of step-" in note for note in notes)
