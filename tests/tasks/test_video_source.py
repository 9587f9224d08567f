"""Films as a source: what of them a model reads, what is said and refused, and classify from table to answer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from films import SIDE, film, moving
from rows_of import again, learn

import seqloom
from seqloom.data.made_motion import film as made_film
from seqloom.errors import InputError

VIDEO = "source.tokens=video"


def batch_of(task: object) -> tuple[torch.Tensor, torch.Tensor]:
    train, _ = task.training(lambda note: None, False)  # type: ignore[attr-defined]
    source = train.load(train.order(0)[0]).inputs["source"]
    return source.values, source.mask


def test_films_are_laid_side_by_side_and_scaled_by_training(tmp_path: Path) -> None:
    task, notes = learn("classify", moving(tmp_path), VIDEO, "data.valid=0")
    values, mask = batch_of(task)
    assert values.shape[2:] == (SIDE, SIDE, 3) and values.dtype == torch.float32
    assert sorted(set(mask.sum(1).tolist())) == [5, 6, 7] and not values[~mask].any()
    every = values[mask].flatten(0, 2)
    assert torch.allclose(every.mean(0), torch.zeros(3), atol=1e-4) and torch.allclose(
        every.std(0), torch.ones(3), atol=1e-3
    )
    assert "16 different films of 5 to 7 frames, each frame read as 8 x 8 pixels in colour." in notes
    assert task.spec.encoder == {"kind": "lstm", "size": 128} and task.spec.arch == "lrcn"
    assert task.labels == ["left", "right"]


def test_so_many_frames_or_so_many_a_second(tmp_path: Path) -> None:
    table = moving(tmp_path)
    task, notes = learn("classify", table, VIDEO, "data.valid=0", "video.frames=6")
    assert set(batch_of(task)[1].sum(1).tolist()) == {5, 6}
    assert "6 of 16 films have fewer than 6 frames, and all of them are read." in notes
    timed, _ = learn("classify", table, VIDEO, "data.valid=0", "video.rate=5", "video.native=10")
    assert set(batch_of(timed)[1].sum(1).tolist()) == {3, 4}
    with pytest.raises(InputError, match=r"films\.tsv:2 \(films/0\): these frames have no times, and video\.rate"):
        learn("classify", table, VIDEO, "video.rate=5")
    with pytest.raises(InputError, match=r"video\.frames=6 reads so many frames of each film and video\.rate=5"):
        learn("classify", table, VIDEO, "video.rate=5", "video.frames=6")


def test_frames_are_brought_to_one_size_and_gray_stays_gray(tmp_path: Path) -> None:
    task, _ = learn("classify", moving(tmp_path), VIDEO, "data.valid=0", "image.height=4", "image.channels=brightness")
    assert batch_of(task)[0].shape[2:] == (4, 4, 1) and task.source.dims == (4, 4, 1)


def test_all_frames_of_a_film_are_varied_in_one_way(tmp_path: Path) -> None:
    """A film that stands still stands still when it is mirrored and moved; another epoch moves it elsewhere."""
    for name in "abcd":
        film(tmp_path, name, [3] * 6)
    (tmp_path / "t.tsv").write_text("path\tlabel\n" + "".join(f"{name}\t{name}\n" for name in "abcd"))
    task, notes = learn(
        "classify", tmp_path / "t.tsv", VIDEO, "data.valid=0", "image.shift=0.4", "image.brightness=0.3"
    )
    assert "4 of 4 films stand still: every frame is the same." in notes
    train, _ = task.training(lambda note: None, False)
    epochs = [train.load(train.order(epoch)[0]).inputs["source"].values for epoch in (0, 0, 1)]
    assert torch.equal(epochs[0], epochs[1]) and not torch.equal(epochs[0], epochs[2])
    for values in epochs:
        assert torch.equal(values, values[:, :1].expand_as(values)) and not torch.equal(values[0], values[1])
    assert task.source.varies and not learn("classify", moving(tmp_path / "m"), VIDEO)[0].source.varies


def test_a_bad_film_is_named_or_counted(tmp_path: Path) -> None:
    table = moving(tmp_path)
    (tmp_path / "films" / "3" / "2.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"films\.tsv:5 \(films/3\)/2\.png: is empty \(0 bytes\), expected a picture"):
        learn("classify", table, VIDEO)
    task, notes = learn("classify", table, VIDEO, "data.on_bad_row=skip", "data.valid=0")
    assert len(task._parts[0]) == 15 and any("1 items cannot be used and are left out" in note for note in notes)


def test_rows_of_a_column_are_held_out(tmp_path: Path) -> None:
    table = moving(tmp_path)
    task, notes = learn("classify", table, VIDEO, valid="who=b")
    assert [len(part) for part in task._parts[:2]] == [8, 8] and set(task._parts[1].column("who")) == {"b"}
    assert any("8 rows with who=b are held out, 8 are trained on" in note for note in notes)
    with pytest.raises(InputError, match=r"no row has who=c, to be held out; there is a, b\."):
        learn("classify", table, VIDEO, valid="who=c")
    with pytest.raises(InputError, match="every row has who=a,b, which leaves none to train on"):
        learn("classify", table, VIDEO, valid="who=a,b")


def test_what_was_learnt_is_loaded_again(tmp_path: Path) -> None:
    task, _ = learn("classify", moving(tmp_path), VIDEO, "data.valid=0")
    loaded = again(task, tmp_path)
    assert loaded.digest() == task.digest() and loaded.source.dims == task.source.dims
    frames = np.random.default_rng(0).integers(0, 255, (4, SIDE, SIDE, 3), np.uint8)
    assert np.array_equal(loaded.source.made(frames, None), task.source.made(frames, None))


def test_classify_from_a_table_to_an_answer(tmp_path: Path) -> None:
    """A model that reads frames in their order tells where a bar goes; paths, arrays and files are answered alike."""
    table = moving(tmp_path)
    settings = ["source.tokens=video", "data.valid=0", "source.front.widths=[8]", "source.size=16", "encoder.size=16"]
    run = seqloom.fit(
        "classify",
        str(table),
        settings=[*settings, "fit.steps=60", "fit.lr=0.01", "source.dropout=0"],
        out=tmp_path / "r",
    )
    told = {values["path"]: answer.label for values, answer in run.predict_file(str(table))}
    rows = [line.split("\t") for line in table.read_text().splitlines()[1:]]
    assert told == {path: label for path, label, _ in rows}
    paths = [str(tmp_path / path) for path in told]
    assert [answer.label for answer in run.predict(paths)] == list(told.values())
    assert run.evaluate(str(table))["accuracy"] == 1
    ((values, answer),) = run.predict_file(paths[3])  # a folder of frames is one film
    assert answer.label == told["films/3"] and values["file"] == "3"
    loaded = seqloom.load(tmp_path / "r")
    array = np.random.default_rng(1).integers(0, 255, (5, SIDE, SIDE, 3), np.uint8)
    one, other = (next(iter(each.predict([array]))) for each in (run, loaded))
    assert one.probabilities == pytest.approx(other.probabilities)


def test_the_set_of_frames_without_their_order_tells_nothing(tmp_path: Path) -> None:
    """The bag of frames gives a film and its reverse one answer, to the last digits; the lstm does not."""
    table = moving(tmp_path)
    frames = made_film(np.random.default_rng(0), ["right"] * 6)[:, :SIDE, :SIDE]
    for arch, same in (("bag", True), ("lrcn", False)):
        settings = [VIDEO, "data.valid=0", "source.front={kind: frames, widths: [8]}", "fit.steps=2"]
        run = seqloom.fit("classify", str(table), arch=arch, settings=settings, out=tmp_path / arch)
        there, back = (answer.probabilities for answer in run.predict([frames, frames[::-1].copy()]))
        assert (there == pytest.approx(back, abs=1e-6)) == same
