"""Rows of labels: one or several a row, of two or many, steps of series, questions of several people."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept_runs import disagreements, kept
from made_media import pictures
from make_media import PICTURES

from seqloom.comparing.items import items_of
from seqloom.training.run import Run, fit

SMALL: dict[str, Any] = {"device": "cpu", "steps": 12, "lr": 0.03, "encoder": {"size": 6}}


def classifier(folder: Path, lines: list[str], *settings: str) -> tuple[Run, str]:
    data = folder / "rows.tsv"
    data.write_text("text\tlabel\n" + "".join(line + "\n" for line in lines), encoding="utf-8")
    asked = ["source.tokens=word", "source.size=6", *settings]
    return fit("classify", str(data), arch="gru", out=str(folder / "run"), settings=asked, **SMALL), str(data)


def test_two_labels(tmp_path: Path) -> None:
    chosen = random.Random(3)
    lines = [
        f"{'좋은 good' if n % 2 else 'bad 나쁜'} {chosen.choice(['a', 'b c'])}\t{'참' if n % 2 else '거짓'}"
        for n in range(40)
    ]
    run, data = classifier(tmp_path, lines, "heads.label.class_weights=balanced")
    assert disagreements(run, data) == {}
    items = items_of(run, data)
    assert items.classes is not None and items.classes[0] == ("거짓", "참")
    assert items.lengths[:4].tolist() == [len(line.split("\t")[0].split()) for line in lines[:4]]


def test_several_labels_a_row(tmp_path: Path) -> None:
    chosen = random.Random(4)
    names = ["빨강", "blue", "green"]
    rows = [[name for name in names if chosen.random() < 0.5] or ["blue"] for _ in range(40)]
    lines = [f"{' '.join(row)} x\t{','.join(row)}" for row in rows]
    run, data = classifier(tmp_path, lines, "target={multilabel: ','}")
    assert disagreements(run, data) == {}
    items = items_of(run, data)
    assert items.measure == "micro_f1" and items.classes is None
    assert items.stats[:, 2].tolist() == [len(row) for row in rows]


def test_steps_of_series_count_within_their_series(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    lines = ["run,t,x,label"]
    for run_ in range(16):
        for step in range(3 + run_ % 4):
            high = draw.random() < 0.5
            lines.append(f"r{run_},{step},{draw.normal(3 * high, 0.3):.3f},{'켬' if high else '끔'}")
    data = tmp_path / "steps.csv"
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    asked = ["source.tokens=series", "series.id=run", "series.time=t"]
    run = fit("tag", str(data), arch="gru", out=str(tmp_path / "run"), settings=asked, **SMALL)
    assert disagreements(run, str(data)) == {}
    items = items_of(run, str(data))
    assert (items.measure, items.classes) == ("accuracy", None)
    assert items.stats[:, 1].tolist() == items.lengths.tolist() == [3 + run_ % 4 for run_ in range(16)]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people answer each question about five pictures; one question has answers that training lacks."""
    folder = tmp_path_factory.mktemp("asked")
    images, colours, ways = pictures(5, seed=3)
    np.savez(folder / "pictures.npz", images=images)
    lines = ["id\tquestion\tanswer"]
    for number, (colour, way) in enumerate(zip(colours, ways, strict=True)):
        lines += [f"{number}\twhat colour is it?\t{said}" for said in (colour, colour, "red")]
        lines += [f"{number}\twhich way?\t{way}"]
    lines += ["0\tis it 고양이?\t몰라", "0\tis it 고양이?\t아니"]
    (folder / "asked.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("variants", [False, True])
def test_questions_of_several_people_and_those_that_nobody_could_answer(
    variants: bool, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(asked)
    run = kept("vqa")
    run.spec.data.variants, run.spec.data.on_bad_row = variants, "skip"
    assert PICTURES["media"] == {"root": "pictures.npz"}
    assert disagreements(run, "asked.tsv") == {}
    items = items_of(run, "asked.tsv")
    assert items.classes is not None
    assert len(items.stats) == (11 if variants else 22)
    lost = len(items.stats) - (1 if variants else 2)
    assert items.stats[lost:, 0].sum() == 0 and (items.lengths[lost:] == -1).all()
    assert {items.classes[0][one] for one in items.classes[1]} == {"what colour", "which way", "other"}


def test_a_picture_has_no_length(asked: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(asked)
    (asked / "named.tsv").write_text("id\tlabel\n0\t빨강\n1\tb\n2\tb\n3\t빨강\n4\tb\n", encoding="utf-8")
    parts: dict[str, Any] = {
        "source": {"tokens": "image", "size": 4, "front": {"kind": "cnn", "widths": [8]}},
        "media": {"root": "pictures.npz"},
    }
    run = fit("classify", "named.tsv", valid=0.0, out=str(tmp_path / "run"), arch="bag", device="cpu", steps=1, **parts)
    items = items_of(run, "named.tsv")
    assert (items.lengths == -1).all() and items.rarity is None
    assert disagreements(run, "named.tsv") == {}
