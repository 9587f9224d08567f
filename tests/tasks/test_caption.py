"""Caption: pictures of made shapes to sentences, from the file to the answer."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("PIL")
pytest.importorskip("sacrebleu")
from made_shapes_files import TINY, made
from PIL import Image

from seqloom.errors import InputError
from seqloom.tasks.caption import Caption
from seqloom.tasks.clip_pairs import ClipData
from seqloom.tasks.parts import TEST
from seqloom.training.run import Run, fit, load, plan

SMALL = [*TINY, "target.size=16", "decoder.size=16", "fit.batch_tokens=512", "decode.beam=2"]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("caption"))


def learnt(shapes: Path, out: Path, *settings: str, **more: Any) -> tuple[Run, list[str]]:
    said: list[str] = []
    options = {"arch": "show-attend-tell", "valid": str(shapes / "valid/captions.tsv"), "steps": 3, **more}
    data = str(shapes / "train/captions.tsv")
    return fit("caption", data, out=str(out), settings=[*SMALL, *settings], say=said.append, **options), said


@pytest.fixture(scope="module")
def run(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return learnt(shapes, tmp_path_factory.mktemp("runs") / "run", "bridge.size=16", "fit.lr=0.01", steps=60)[0]


def test_it_learns_from_captions_and_measures_them_all_ways(run: Run, shapes: Path) -> None:
    values = run.evaluate()
    wanted = {"loss", "cider", "cider_d", "bleu1", "bleu2", "bleu3", "bleu4", "chrf", "exact", "gap.cider"}
    assert wanted <= set(values)
    assert values["answered"] == 8, "two captions of a picture are two right answers to one question"
    assert all(len(sample["target"]) == 2 for sample in values["samples"])
    assert values["samples"][0]["source"].startswith("pictures/")
    again = run.evaluate(str(shapes / "valid/captions.tsv"))
    assert again["cider"] == values["cider"]


def test_loaded_it_says_the_same_of_a_path_bytes_and_pixels(run: Run, shapes: Path) -> None:
    path = shapes / "valid/pictures/0003.png"
    pixels = np.asarray(Image.open(path))
    assert run.folder is not None
    other = load(run.folder)
    said = [answer.text for answer in run.predict([str(path), path.read_bytes(), pixels])]
    assert said[0] == said[1] == said[2] and said[0].split()[0] in ("a", "one")
    assert [answer.text for answer in other.predict([str(path)])] == said[:1]
    (best,) = run.predict([str(path)], beam=4, best=3)
    assert len(best.hypotheses) == 3


def test_a_file_is_answered_row_for_row(run: Run, shapes: Path) -> None:
    rows = list(run.predict_file(str(shapes / "valid/captions.tsv")))
    assert len(rows) == 16 and rows[0][0]["path"] == "pictures/0001.png"
    assert rows[0][1].text == rows[1][1].text, "two rows of one picture have one answer"


@pytest.mark.parametrize("arch", ["show-tell", "gru", "transformer"])
def test_other_architectures_write_captions_too(arch: str, shapes: Path, tmp_path: Path) -> None:
    small = {"transformer": ["encoder.size=16", "decoder.layers=1", "encoder.layers=1", "decoder.inner=16"]}
    small["gru"] = ["encoder.size=16", "bridge.size=16"]
    run, _ = learnt(shapes, tmp_path / "run", *small.get(arch, []), arch=arch, steps=2)
    assert next(iter(run.predict([str(shapes / "valid/pictures/0001.png")]))).text is not None
    assert run.model.decoder is not None and run.model.source is not None


def test_captions_of_pictures_that_are_tested_on_are_in_no_other_part(shapes: Path) -> None:
    task, _ = task_of(shapes, "data.test=0.25", "data.valid=0.25", "data.split=2")
    parts = task._pairs
    assert parts is not None and parts.valid is not None and parts.test is not None
    train, valid, test = (set(part.digests) for part in (parts.train, parts.valid, parts.test))
    assert train and valid and test and not (train & valid or train & test or valid & test)
    data = task.evaluation(TEST, lambda note: None, False)
    assert isinstance(data, ClipData) and data.questions is not None and data.questions.all == len(test)


def test_the_default_shows_where_it_looks() -> None:
    spec, _ = plan("caption", "captions.tsv")
    assert spec.arch == "show-attend-tell" and spec.bridge is not None and spec.bridge["kind"] == "attention"
    assert spec.source is not None and spec.source.tokens == "image"


def task_of(shapes: Path, *settings: str) -> tuple[Caption, list[str]]:
    said: list[str] = []
    valid = f"data.valid={shapes / 'valid/captions.tsv'}"
    spec, _ = plan("caption", str(shapes / "train/captions.tsv"), settings=[*SMALL, valid, *settings])
    return Caption.learn(spec, said.append), said


def test_texts_that_are_too_long_are_left_out_of_training(shapes: Path) -> None:
    lines = (shapes / "train/captions.tsv").read_text(encoding="utf-8").splitlines()[1:]
    words = [len(line.split("\t")[1].split()) for line in lines]
    assert 5 in words and max(words) > 5
    task, said = task_of(shapes, "target.max_length=5")
    train, _ = task.training(said.append, False)
    assert isinstance(train, ClipData) and max(map(len, train.targets)) == 5
    short = sum(one <= 5 for one in words)
    assert len(train) == short
    assert any(
        f"{len(words) - short} of {len(words)} rows are left out of training: more than 5" in one for one in said
    )


def test_pictures_vary_from_epoch_to_epoch_and_those_to_validate_on_do_not(shapes: Path) -> None:
    task, said = task_of(shapes, "image.shift=0.4", "image.brightness=0.3")
    train, valid = task.training(said.append, False)

    def read(data: Any, epoch: int) -> dict[int, torch.Tensor]:
        found = {}
        for batch in map(data.load, data.order(epoch)):
            found |= dict(zip(batch.rows, batch.inputs["source"].values, strict=True))
        return found

    first, same, other = read(train, 0), read(train, 0), read(train, 1)
    assert len(first) == 80 and all(torch.equal(first[row], same[row]) for row in first)
    assert not any(torch.equal(first[row], other[row]) for row in first)
    assert not torch.equal(first[0], first[1]), "two captions of a picture see it varied twice"
    assert all(torch.equal(one, two) for one, two in zip(read(valid, 0).values(), read(valid, 1).values(), strict=True))


def test_runs_that_scale_pixels_otherwise_are_no_ensemble(shapes: Path) -> None:
    """What is read and what is written are in one digest, by which runs that answer together are compared."""
    plain, again = task_of(shapes)[0].digest(), task_of(shapes)[0].digest()
    others = [task_of(shapes, one)[0].digest() for one in ("image.mean=[0.5]", "target.tokens=char")]
    assert plain == again and len({plain, *others}) == 3


def test_what_captions_are_not_of_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("path\tcaption\na.wav\ta dog barks\n")
    with pytest.raises(InputError, match=r"caption reads image or video, and source\.tokens=audio"):
        fit("caption", str(tmp_path / "x.tsv"), settings=["source.tokens=audio", "source.front=stack"], out="unused")


def test_what_is_kept_of_a_run(run: Run) -> None:
    assert run.folder is not None and isinstance(run.task, Caption)
    about = json.loads((run.folder / "vocab/pairs.json").read_text())
    assert set(about) == {"training_rows_sha256"}
