"""A label for every frame: of films and of recordings, from a table to answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import SIDE, film, turning
from rows_of import again, learn

import seqloom
from seqloom.errors import InputError
from seqloom.tasks.step_clips import split
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_frames import TagFrames

VIDEO = "source.tokens=video"
SMALL = (VIDEO, "data.valid=0", "source.front.kind=frames", "source.front.widths=[8]", "source.size=16")


def test_frames_have_a_label_each(tmp_path: Path) -> None:
    table = turning(tmp_path)
    task, _ = learn("tag", table, VIDEO, "data.valid=0.25")
    assert isinstance(task, TagFrames) and task.labels == ["left", "right"] and task.spec.target.column == "labels"
    assert task.spec.encoder["bidirectional"] and task.spec.heads == {"tags": {"kind": "tags", "dropout": 0.2}}
    train, valid = task.training(lambda note: None, False)
    assert valid is not None
    rows = [line.split("\t")[1].split() for line in table.read_text().splitlines()[1:]]
    seen = []
    for data, part in zip((train, valid), task._parts[:2], strict=True):
        for key in data.order(0):
            batch = data.load(key)
            source, target = batch.inputs["source"], batch.target["tags"]
            assert source.mask is not None and target.mask is not None and source.mask.equal(target.mask)
            for row, ids, there in zip(batch.rows, target.values, target.mask, strict=True):
                place = part.rows()[row]
                seen.append(place)
                assert [task.labels[one] for one in ids[there]] == rows[place]
    assert sorted(seen) == list(range(12))


def test_from_a_table_to_answers(tmp_path: Path) -> None:
    table = turning(tmp_path)
    run = seqloom.fit(
        "tag", str(table), arch="bilstm", settings=[*SMALL, "fit.steps=80", "fit.lr=0.01"], out=tmp_path / "r"
    )
    told = {values["path"]: answer.labels for values, answer in run.predict_file(str(table))}
    rows = dict(line.split("\t") for line in table.read_text().splitlines()[1:])
    right = [one == other for path in rows for one, other in zip(told[path], rows[path].split(), strict=True)]
    assert np.mean(right) > 0.9 and run.evaluate(str(table))["accuracy"] == pytest.approx(np.mean(right))
    again_ = seqloom.load(tmp_path / "r")
    assert isinstance(again_.task, TagFrames)
    path = str(tmp_path / "films" / "0")
    answer = next(iter(again_.predict([path], probabilities=True)))
    assert answer.labels == told["films/0"] and len(answer.probabilities) == 7 and min(answer.probabilities) >= 0.5
    array = np.full((3, SIDE, SIDE, 3), 20, np.uint8)
    assert len(next(iter(again_.predict([array]))).labels) == 3


def test_recordings_have_frames_too(tmp_path: Path) -> None:
    """Labels of JSON lines, as lists, for the frames of two tones; `frames` is what the spec makes of a recording."""
    sound = pytest.importorskip("soundfile")
    rate, rows = 8000, []
    spec = learn_audio_spec(tmp_path, sound, rate)
    for number in range(8):
        pitch = (300, 1200)[number % 2]
        samples = 0.3 * np.sin(2 * np.pi * pitch * np.arange(rate // 4) / rate)
        sound.write(tmp_path / f"{number}.wav", samples, rate)
        rows.append({"path": f"{number}.wav", "labels": [("low", "high")[number % 2]] * spec})
    table = tmp_path / "tones.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    task, _ = learn("tag", table, "data.valid=0")
    assert isinstance(task, TagFrames) and task.spec.source.tokens == "audio" and task.labels == ["high", "low"]
    batch = (data := task.training(lambda note: None, False)[0]).load(data.order(0)[0])
    assert batch.inputs["source"].values.shape[1] == spec == batch.target["tags"].values.shape[1]
    run = seqloom.fit("tag", str(table), settings=["data.valid=0", "fit.steps=15", "fit.lr=0.01"], out=tmp_path / "r")
    assert run.evaluate(str(table))["accuracy"] > 0.95
    with pytest.raises(InputError, match=r"source\.front=stack makes other steps of frames: use a front that keeps"):
        settings = ["data.valid=0", "source.front={kind: stack, frames: 2}", "fit.steps=1"]
        seqloom.fit("tag", str(table), settings=settings, out=tmp_path / "r2")


def learn_audio_spec(folder: Path, sound: Any, rate: int) -> int:
    """Return how many frames a quarter of a second has, as the message about a wrong number of labels says it."""
    sound.write(folder / "first.wav", 0.3 * np.sin(np.arange(rate // 4)), rate)
    (folder / "first.tsv").write_text("path\tlabels\nfirst.wav\ta b\n")
    with pytest.raises(InputError) as error:
        learn("tag", folder / "first.tsv", "data.valid=0")
    said = str(error.value)
    assert "first.tsv:2 (first.wav): 2 labels, and " in said
    return int(said.split("labels, and ")[1].split()[0])


def test_as_many_labels_as_frames(tmp_path: Path) -> None:
    table = turning(tmp_path)
    lines = table.read_text().splitlines()
    lines[3] += " left"
    table.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r"turns\.tsv:4 \(films/2\): 8 labels, and 7 frames are read of it; tag needs"):
        learn("tag", table, VIDEO)
    task, notes = learn("tag", table, VIDEO, "data.on_bad_row=skip", "data.valid=0")
    assert len(task._parts[0]) == 11 and any("1 rows are left out, the first: " in note for note in notes)
    with pytest.raises(InputError, match=r"7 labels, and 3 frames are read of it"):
        learn("tag", table, VIDEO, "video.frames=3")


def test_what_was_learnt_is_loaded_again(tmp_path: Path) -> None:
    task, _ = learn("tag", turning(tmp_path), VIDEO, "data.valid=0")
    task.save(tmp_path / "vocab")
    loaded = Tag.load(task.spec, tmp_path / "vocab")
    assert isinstance(loaded, TagFrames) and loaded.digest() == task.digest()
    assert isinstance(again(task, tmp_path / "more"), TagFrames)


def test_a_label_that_training_has_not_is_named(tmp_path: Path) -> None:
    run = seqloom.fit("tag", str(turning(tmp_path)), settings=[*SMALL, "fit.steps=1"], out=tmp_path / "r")
    other = tmp_path / "other.tsv"
    film(tmp_path, "new", [1, 2])
    other.write_text("path\tlabels\nnew\tleft up\n")
    with pytest.raises(InputError, match=r"other\.tsv:2 \(new\): a step of this series has the label 'up', which does"):
        run.evaluate(str(other))


def test_pictures_have_no_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"source\.tokens=image has none: use audio or video, or the task classify"):
        learn("tag", turning(tmp_path), "source.tokens=image")


def test_cells_of_labels() -> None:
    assert (
        split(" a  b a ") == ("a", "b", "a") and split('["a b", 1, 2.50]') == ("a b", "1", "2.50") and split("") == ()
    )
    for cell, said in {'["a"': "is no JSON list of labels", '[["a"]]': "holds more than labels"}.items():
        with pytest.raises(InputError, match=said):
            split(cell)
