"""A second start on the same files passes over none of them, and gives the same batches."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.data import kept, pieces, rows, splits, stream
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import InputError
from seqloom.tasks import task_class
from seqloom.training.run import plan


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "FROM", 0)
    monkeypatch.setenv("SEQLOOM_CACHE", str(tmp_path / "cache"))
    return tmp_path


def write(folder: Path, kind: str) -> str:
    draw = random.Random(3)
    texts = [
        " ".join(draw.choices(["좋다", "film", "a", "war", "여행"], k=draw.randint(1, 9))) + f" {n}" for n in range(90)
    ]
    file = folder / {"json": "rows.jsonl", "text": "text.txt"}.get(kind, "rows.tsv")
    if kind == "json":
        lines = [
            json.dumps({"text": text, "label": len(text) % 2, **({"odd": 1} if n else {})})
            for n, text in enumerate(texts)
        ]
    elif kind == "classify":
        lines = ["text\tlabel", *(f"{text}\t{len(text) % 3}" for text in texts)]
    elif kind == "pairs":
        lines = ["source\ttarget", *(f"{text}\t{text[::-1]}" for text in texts), "no target\t"]
    else:
        lines = texts
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(file)


def start(task: str, data: str, settings: list[str]) -> tuple[list[str], list[Any]]:
    """Learn as a training does; return its notes and all that its first epoch reads."""
    notes: list[str] = []
    spec, _ = plan(task, data, settings=settings)
    learnt = task_class(task).learn(spec, notes.append)
    found: list[Any] = [learnt.rows_digest, learnt.digest()]
    for data_ in learnt.training(notes.append, False):
        if data_ is not None:
            for key in data_.order(0):
                batch = data_.load(key)
                found += [batch.rows, *(field.values for field in (*batch.inputs.values(), *batch.target.values()))]
    return notes, found


CASES = {
    "labels": ("classify", "classify", ["source.vocab=300", "data.test=0.1"]),
    "json": ("classify", "json", ["source.tokens=word"]),
    "numbers": ("regress", "classify", ["source.tokens=char"]),
    "pairs": ("translate", "pairs", ["source.vocab=300", "target.vocab=300", "data.valid=0.2", "data.on_bad_row=skip"]),
    "copies": (
        "summarise",
        "pairs",
        ["data.valid=0.2", "data.on_bad_row=skip", "source.vocab=300", "target.vocab=300"],
    ),
    "text": ("language", "text", ["fit.window=16", "fit.batch_tokens=64", "data.test=0.2"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_second_start_reads_no_row_again(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, kind, settings = CASES[case]
    data = write(folder, kind)
    monkeypatch.setenv("SEQLOOM_CACHE", "off")
    plain = start(task, data, settings)
    monkeypatch.setenv("SEQLOOM_CACHE", str(folder / "cache"))
    first = start(task, data, settings)

    def never(*args: Any, **more: Any) -> Any:
        raise AssertionError("a pass over a file")

    if task != "regress":  # whose numbers are read again
        monkeypatch.setattr(rows.Rows, "_texts", never)
    for module, name in ((rows, "_pass"), (pieces, "learn"), (splits, "_hashes"), (stream, "encode_stream")):
        monkeypatch.setattr(module, name, never)
    monkeypatch.setattr(Vocabulary, "_batch", never)
    again = start(task, data, settings)
    for notes, found in (first, again):
        assert notes == plain[0]
        assert len(found) == len(plain[1])
        assert all(
            torch.equal(one, other) if torch.is_tensor(one) else one == other
            for one, other in zip(found, plain[1], strict=True)
        )


def test_what_both_files_hold_is_counted_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write(folder, "classify")
    valid = folder / "valid.tsv"
    valid.write_text("\n".join(Path(data).read_text(encoding="utf-8").split("\n")[:12]) + "\n", encoding="utf-8")
    first = start("classify", data, [f"data.valid={valid}"])
    assert any("11 of 11 rows also occur" in note for note in first[0])
    monkeypatch.setattr(splits, "_hashes", None)
    assert start("classify", data, [f"data.valid={valid}"])[0] == first[0]


def test_rows_that_were_changed_are_read_again(folder: Path) -> None:
    data = write(folder, "classify")
    first = start("classify", data, [])
    file = Path(data)
    file.write_text(file.read_text(encoding="utf-8").replace("film", "FILM"), encoding="utf-8")
    assert start("classify", data, [])[1][0] != first[1][0]


def test_a_bad_row_is_refused_at_every_start(folder: Path) -> None:
    data = write(folder, "pairs")
    for _ in range(2):
        with pytest.raises(InputError, match=r"rows\.tsv:92: the target is empty"):
            start("translate", data, [])


def test_kept_ids_are_not_to_be_written_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAPPED_FROM", 0)
    data = write(folder, "classify")
    start("classify", data, [])
    spec, _ = plan("classify", data, settings=[])
    learnt: Any = task_class("classify").learn(spec, lambda note: None)
    train: Callable[..., Any] = learnt.training(lambda note: None, False)[0]
    ids = train._stored._ids._ids  # type: ignore[attr-defined]
    assert isinstance(ids, np.memmap) and not ids.flags.writeable
