"""Looking: weights over the places of a picture, of captions and of answers, as a Tape hears them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PIL")
from seqloom.data.made_shapes import make
from seqloom.errors import InputError
from seqloom.explaining.attention import attention
from seqloom.explaining.looking import looking
from seqloom.training.run import Run, fit

TINY = ["source.size=16", "image.height=16", "image.width=16", "fit.threads=1", "fit.device=cpu"]
FRONT = "source.front={kind: cnn, widths: [8, 8, 8]}"
CAPTION = [*TINY, FRONT, "target.size=16", "decoder.size=16", "decode.beam=1"]
ASK = [*TINY, FRONT, "beside.question.size=8", "beside.question.encoder.size=16", "fuse.size=16"]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("looking") / "shapes"
    make(folder, 40, 7)
    return folder


def run_of(task: str, shapes: Path, out: Path, settings: list[str], **more: Any) -> Run:
    table = shapes / "train" / ("captions.tsv" if task == "caption" else "questions.tsv")
    options = {"steps": 2, "valid": 0.2, **more}
    return fit(task, str(table), out=str(out), settings=settings, **options)


@pytest.fixture(scope="module")
def teller(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of("caption", shapes, tmp_path_factory.mktemp("runs") / "run", [*CAPTION, "bridge.size=16"])


@pytest.fixture(scope="module")
def picture(shapes: Path) -> str:
    return str(shapes / "valid/pictures/0001.png")


def test_a_map_for_each_word_and_one_for_the_end(teller: Run, picture: str) -> None:
    (look,) = looking(teller, picture, "a red circle")
    assert list(look.words) == ["a", "red", "circle", "∎"] and look.title == "a red circle"
    assert look.weights.shape == (4, 4, 4) and look.weights.sum((1, 2)) == pytest.approx(np.ones(4), abs=1e-5)
    assert look.picture.shape == (16, 16, 3) and look.picture.dtype == np.uint8
    other = str(Path(picture).with_name("0002.png"))
    assert not np.allclose(looking(teller, other, "a red circle")[0].weights, look.weights)


def test_without_a_text_it_is_its_own_answer(teller: Run, picture: str) -> None:
    (answer,) = teller.predict([picture])
    (look,) = looking(teller, picture)
    assert look.title == answer.text and len(look.words) == len(answer.hypotheses[0].tokens) + 1


def test_places_are_rows_from_the_top_left(teller: Run, picture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the front makes of the third place alone is looked at there, whatever the words."""
    front: Any = teller.model.source
    made = front.forward

    def alone(values: Any) -> Any:
        steps = made(values)
        steps[:] = 0
        steps[:, 4 * 1 + 2] = 50.0
        return steps

    quiet = looking(teller, picture, "a")[0].weights
    monkeypatch.setattr(front, "forward", alone)
    (look,) = looking(teller, picture, "a")
    places = {tuple(np.argwhere(one == one.max())[0]) for one in look.weights} | {
        tuple(np.argwhere(one == one.min())[0]) for one in look.weights
    }
    assert (1, 2) in places and not np.allclose(quiet, look.weights)
    flat = look.weights[0].copy()
    flat[1, 2] = flat[0, 0]
    assert np.allclose(flat, flat[0, 0]), "all other places are alike"


def test_a_question_has_a_map_for_each_look(shapes: Path, picture: str, tmp_path: Path) -> None:
    run = run_of("vqa", shapes, tmp_path / "run", [*ASK, "fuse.hops=3"], arch="stacked-attention")
    (look,) = looking(run, picture, "what color is the large shape?")
    assert list(look.words) == ["look-1", "look-2", "look-3"] and look.weights.shape == (3, 4, 4)
    assert look.weights.sum((1, 2)) == pytest.approx(np.ones(3), abs=1e-5)
    (answer,) = run.predict([(picture, "what color is the large shape?")])
    assert look.title == f"what color is the large shape? {answer.label}"
    with pytest.raises(InputError, match="looks at a picture for a question"):
        looking(run, picture)
    with pytest.raises(InputError, match="which writes no answer to a source"):
        attention(run, picture)


def test_a_transformer_has_a_look_for_each_layer(shapes: Path, picture: str, tmp_path: Path) -> None:
    small = ["encoder.size=16", "encoder.layers=1", "decoder.layers=2", "decoder.inner=16"]
    run = run_of("caption", shapes, tmp_path / "run", [*CAPTION, *small], arch="transformer")
    looks = looking(run, picture, "a circle")
    assert len(looks) == 2 and all(look.title.startswith("a circle (decoder.") for look in looks)
    assert all(look.weights.shape == (3, 4, 4) for look in looks)


def test_what_does_not_look_says_so(teller: Run, shapes: Path, picture: str, tmp_path: Path) -> None:
    blind = run_of("caption", shapes, tmp_path / "a", CAPTION, arch="show-tell")
    with pytest.raises(InputError, match=r"looks at its picture by no attention: .* --arch show-attend-tell"):
        looking(blind, picture)
    times = run_of("vqa", shapes, tmp_path / "b", ASK, arch="vqa-lstm")
    with pytest.raises(InputError, match=r"looks at its picture by no attention: .* -s fuse=attend"):
        looking(times, picture, "what shape is red?")
    rows = [*TINY, "source.front=rows", "target.size=16", "decoder.size=16", "bridge.size=16", "encoder.size=16"]
    lines = run_of("caption", shapes, tmp_path / "c", rows, arch="bahdanau")
    with pytest.raises(InputError, match="steps that are no places of a grid"):
        looking(lines, picture)
    with pytest.raises(InputError, match="this run reads image; of pictures `looking` shows where it looked"):
        attention(teller, picture)
