"""Rows of texts: nats of every row, answers of every question, words that are copied, recordings."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept_runs import disagreements, kept, write
from made_media import RATE, sounds

from seqloom.comparing.items import gatherer_of, items_of
from seqloom.training.run import Run, fit

SMALL: dict[str, Any] = {"device": "cpu", "steps": 3, "encoder": {"size": 6}, "decoder": {"size": 6}}


def pairs(folder: Path, lines: list[str], names: str = "source\ttarget") -> str:
    (folder / "pairs.tsv").write_text(f"{names}\n" + "".join(line + "\n" for line in lines), encoding="utf-8")
    return str(folder / "pairs.tsv")


@pytest.mark.parametrize("task", ["summarise", "chat"])
def test_copied_words_and_one_vocabulary(task: str, tmp_path: Path) -> None:
    chosen = random.Random(7)
    words = ["film", "great", "영화", "정말", "dull", "좋다"]
    lines = [
        f"{' '.join(chosen.choices(words, k=6))} w{n}\t{' '.join(chosen.choices(words, k=2))} w{n}" for n in range(30)
    ]
    data = pairs(tmp_path, lines)
    sides: dict[str, Any] = {"source": {"tokens": "word", "vocab": 20, "size": 6}}
    sides["target"] = {"tokens": "word", "vocab": 20, "size": 6, "joint": True}
    run = fit(task, data, arch="bahdanau", out=str(tmp_path / "run"), **SMALL, **sides, decode={"max_length": 5})
    assert disagreements(run, data) == {}
    known = gatherer_of(run, run.task.evaluation(data, lambda note: None, False)).known
    assert ("rougeL" in known, "chrf" in known, "distinct1" in known) == (task == "summarise", task == "chat", False)
    assert items_of(run, data).lengths.tolist() == [7] * 30


def test_nothing_is_written_where_nats_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **more: Any) -> Any:
        raise AssertionError("an answer is written")

    write(tmp_path)
    monkeypatch.setattr("seqloom.tasks.answers.decode", refuse)
    run, data = kept("translate"), str(tmp_path / "sentences.tsv")
    assert items_of(run, data).measure == "loss"
    with pytest.raises(AssertionError, match="an answer is written"):
        items_of(run, data, "bleu")


def test_rows_of_one_source_are_one_question_and_each_a_row_of_nats(tmp_path: Path) -> None:
    lines = ["가방\tk a p a ŋ", "나비\tn a p i", "가방\tk a", "나비\tn a p i"]
    run, data = kept("transduce"), pairs(tmp_path, lines, "word\tpronunciation")
    assert len(items_of(run, data).stats) == 4
    exact = items_of(run, data, "exact")
    assert exact.stats[:, 1].tolist() == [1, 1] and exact.lengths.tolist() == [5, 4]
    assert disagreements(run, data) == {}


def test_one_pair_and_a_source_that_the_vocabulary_lacks(tmp_path: Path) -> None:
    run, data = kept("translate"), pairs(tmp_path, ["𝄞 ♞\tnothing known"])
    run.spec.source.column, run.spec.target.column = ["source"], "target"  # type: ignore[union-attr]
    assert disagreements(run, data) == {}
    items = items_of(run, data, "chrf")
    assert items.stats.shape == (1, 18) and items.rarity is not None
    assert items.rarity[0] == pytest.approx(np.log2(len(run.task.target) - 4))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("heard")
    made, texts = sounds(12)
    ends = np.cumsum([0, *map(len, made)])
    data = folder / "sounds.npz"
    np.savez(data, audio=np.concatenate(made), offset=ends, rate=RATE, text=np.array(texts))
    return str(data)


@pytest.mark.parametrize("form", ["attention", "hybrid"])
def test_recordings_that_a_decoder_hears(form: str, recordings: str, tmp_path: Path) -> None:
    parts: dict[str, Any] = {
        "audio": {"bands": 8, "form": form},
        "source": {"size": 6, "front": {"kind": "cnn1d", "layers": 1}},
        "target": {"tokens": "word", "size": 6},
        "bridge": {"size": 6},
        "decode": {"max_length": 5, "beam": 2},
        "heads": {"words": {"weight": 0.6}, **({"ctc": {"weight": 0.4}} if form == "hybrid" else {})},
    }
    columns = {"target": "text"}
    out = str(tmp_path / "run")
    run: Run = fit(
        "transcribe", recordings, arch="bahdanau", valid=0.0, out=out, columns=columns, metric="loss", **SMALL, **parts
    )
    assert disagreements(run, recordings) == {}
    items = items_of(run, recordings)
    assert items.measure == "wer" and (items.lengths > 20).all()
    assert items_of(run, recordings, "loss").stats.shape[1] == (4 if form == "hybrid" else 2)
