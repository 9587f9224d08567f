"""Runs of pairs: trained, saved, loaded, asked; answers come in order and are the same after loading."""

from pathlib import Path
from typing import Any

import pytest
import torch

from seqloom.errors import CheckpointError, InputError
from seqloom.tasks import answers
from seqloom.tasks.answers import Answer, Search
from seqloom.training.events import Event, Step, Valid
from seqloom.training.run import Run, fit, load

SMALL: dict[str, Any] = {
    "source": {"size": 16, "dropout": 0.0},
    "target": {"size": 16, "dropout": 0.0},
    "arch": "luong",
    "encoder": {"size": 24, "layers": 1, "dropout": 0.0},
    "decoder": {"size": 24, "layers": 1, "dropout": 0.0},
    "heads": {"words": {"dropout": 0.0, "smoothing": 0.0}},
    "decode": {"beam": 3, "max_length": 8},
    "fit": {"batch_tokens": 64, "lr": 0.02, "schedule": "constant", "warmup": 5, "device": "cpu", "patience": None},
}
LETTERS = "가나다라"
ROWS = [a + b + c for a in LETTERS for b in LETTERS for c in LETTERS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    text = "".join(f"{row}\t{row.translate(str.maketrans(LETTERS, 'abcd'))}\n" for row in ROWS)
    (folder / "소리.tsv").write_text("word\tsound\n" + text, encoding="utf-8")
    (folder / "a.ko").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    (folder / "a.en").write_text("\n".join(row.translate(str.maketrans(LETTERS, "abcd")) for row in ROWS) + "\n")
    return folder


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def run(folder: Path, events: list[Event]) -> Run:
    columns = {"source": "word", "target": "sound"}
    data = str(folder / "소리.tsv")
    return fit("transduce", data, out=str(folder / "run"), columns=columns, on_event=events.append, **trained(40))


def trained(epochs: float) -> dict[str, Any]:
    return {**SMALL, "epochs": epochs}


def texts(run: Run, rows: list[str], **asked: Any) -> list[str]:
    found = list(run.predict(rows, **asked))
    assert all(isinstance(answer, Answer) for answer in found)
    return [answer.text for answer in found if isinstance(answer, Answer)]


def test_it_learns_and_answers_in_order(run: Run) -> None:
    asked = ["라", "가나다", "", "다다다라", "나"]
    assert texts(run, ["가나다", "라라가", "", "나다라"]) == ["abc", "dda", "", "bcd"]
    assert texts(run, asked) == [text for row in asked for text in texts(run, [row])]
    assert texts(run, ["가나다"] * 300) == ["abc"] * 300, "more than one chunk"


def test_validation_answers_freely_and_logs_the_gap(run: Run, events: list[Event]) -> None:
    seen = [event.metrics for event in events if isinstance(event, Valid)]
    assert len(seen) == 10
    for metrics in seen:
        assert metrics["gap.exact"] == pytest.approx(metrics["forced.exact"] - metrics["exact"])
    assert seen[0]["exact"] < 1 == max(metrics["exact"] for metrics in seen)


def test_a_loaded_run_gives_the_same_answers(run: Run) -> None:
    assert run.folder is not None
    again, rows = load(run.folder), ["가나다", "라라", "다나가나"]
    assert list(again.predict(rows, best=3)) == list(run.predict(rows, best=3))
    assert again.evaluate() == run.evaluate()


def test_evaluate_tells_metrics_and_answers(run: Run, folder: Path) -> None:
    values = run.evaluate(str(folder / "소리.tsv"))
    assert values["answered"] == 64 and values["exact"] > 0.9 and values["cer"] < 0.1
    assert len(values["samples"]) == 5
    sample = values["samples"][0]
    assert sample["target"] == [sample["source"].translate(str.maketrans(LETTERS, "abcd"))]


def test_evaluate_takes_another_beam(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    decode = answers.decode

    def noted(models: Any, batch: Any, settings: Any, **more: Any) -> Any:
        seen.append(settings.beam)
        return decode(models, batch, settings, **more)

    monkeypatch.setattr(answers, "decode", noted)
    run.evaluate()
    run.evaluate(beam=1)
    assert set(seen) == {3, 1} and seen[-1] == 1


def test_hypotheses_are_asked_for(run: Run) -> None:
    (answer,) = run.predict(["가나다"], beam=4, best=3)
    assert isinstance(answer, Answer) and len({guess.text for guess in answer.hypotheses}) == 3
    assert answer.text == answer.hypotheses[0].text and answer.hypotheses[0].logprob <= 0
    (forced,) = run.predict(["가나다"], search=Search(prefix="d", samples=2))
    assert isinstance(forced, Answer) and all(guess.text.startswith("d") for guess in forced.hypotheses)


def test_samples_of_later_chunks_are_others(run: Run) -> None:
    drawn = texts(run, ["가나다"] * 270, search=Search(samples=1, temperature=4.0))
    assert drawn[256:264] != drawn[1:9] and drawn[256:264] != drawn[0:8]
    assert drawn == texts(run, ["가나다"] * 270, search=Search(samples=1, temperature=4.0))


def test_a_file_is_answered_row_for_row(run: Run, folder: Path) -> None:
    (folder / "새것.tsv").write_text("id\tword\n7\t가\n8\t나다\n", encoding="utf-8")
    answered = list(run.predict_file(str(folder / "새것.tsv"), beam=1))
    assert [values["id"] for values, _ in answered] == ["7", "8"]
    assert [answer for _, answer in answered] == list(run.predict(["가", "나다"], beam=1))


def test_two_files_of_lines_train_and_answer_too(folder: Path) -> None:
    data = f"{folder / 'a.ko'},{folder / 'a.en'}"
    run = fit("transduce", data, out=str(folder / "lines"), valid=data, **trained(2))
    assert run.task.columns == ["text"]  # type: ignore[attr-defined]
    answered = list(run.predict_file(str(folder / "a.ko")))
    assert len(answered) == 64 and list(load(folder / "lines").predict(ROWS)) == [answer for _, answer in answered]


def test_runs_answer_together(run: Run, folder: Path) -> None:
    data, columns = str(folder / "소리.tsv"), {"source": "word", "target": "sound"}
    other = fit("transduce", data, out=str(folder / "other"), columns=columns, seed=8, **trained(1))
    (alone,), (both,) = run.predict(["가나다"]), run.predict(["가나다"], beside=[other])
    assert isinstance(alone, Answer) and isinstance(both, Answer)
    assert both.hypotheses[0].logprob < alone.hypotheses[0].logprob, "the other knows less"
    foreign = fit("transduce", str(folder / "a.ko") + "," + str(folder / "a.ko"), out=str(folder / "f"), **trained(1))
    with pytest.raises(InputError, match=r"f has other vocabularies than .*run "):
        run.predict(["가"], beside=[foreign])


def test_options_of_other_tasks_are_refused(run: Run) -> None:
    with pytest.raises(InputError, match="threshold is for labels, and this run's task is transduce"):
        run.predict(["가"], threshold=0.5)
    with pytest.raises(InputError, match="this run's task is transduce, which writes no text; it can `predict`"):
        next(run.generate())
    with pytest.raises(InputError, match=r"a row of 2 text\(s\); this model was trained on 1 a row"):
        list(run.predict([["가", "나"]]))


def test_a_metric_that_there_is_not_is_said_before_training(folder: Path) -> None:
    data, columns = str(folder / "소리.tsv"), {"source": "word", "target": "sound"}
    with pytest.raises(InputError, match=r"fit\.metric: validation gives no 'bleu'"):
        fit("transduce", data, columns=columns, out=str(folder / "n"), metric="bleu", **trained(1))
    assert not (folder / "n").exists()


class Stop(Exception):
    """Raised by a listener, as a kill would come."""


def test_resumed_it_ends_at_the_same_weights_and_changed_pairs_are_refused(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "소리.tsv"
    data.write_text((folder / "소리.tsv").read_text(encoding="utf-8"), encoding="utf-8")
    options = {**trained(3), "columns": {"source": "word", "target": "sound"}, "source": {"size": 16, "dropout": 0.3}}
    whole = fit("transduce", str(data), out=str(tmp_path / "whole"), **options)

    def stop(event: Event) -> None:
        if isinstance(event, Step) and event.step == 8:
            raise Stop

    with pytest.raises(Stop):
        fit("transduce", str(data), out=str(tmp_path / "cut"), on_event=stop, **options)
    resumed = fit("transduce", str(data), out=str(tmp_path / "cut"), resume=True)
    for (name, one), other in zip(whole.model.named_parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(one, other), name
    data.write_text(data.read_text(encoding="utf-8").replace("abc", "abd"), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"소리\.tsv or its validation split is not what this run began with"):
        fit("transduce", str(data), out=str(tmp_path / "cut"), resume=True)
