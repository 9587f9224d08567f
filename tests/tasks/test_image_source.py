"""Pictures as a source: settled by the first, brought to one size, scaled and varied; and classified end to end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import seqloom
from seqloom.data.media import Item
from seqloom.errors import InputError
from seqloom.spec import Spec, parse
from seqloom.tasks.image_source import ImageSource
from seqloom.tasks.pictures import SIDE, image_of

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
COLOURS = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)


def spec(**image: Any) -> Spec:
    return parse({"task": "classify", "source": {"tokens": "image"}, "target": {}, "image": image})


def item(array: NDArray[Any]) -> Item:
    return Item("x.npz: 3", array=array)


def settled(first: NDArray[Any], **image: Any) -> Spec:
    made = spec(**image)
    ImageSource.settle(made, item(first))
    return made


@pytest.mark.parametrize(
    ("first", "given", "wanted"),
    [
        (GRAY, {}, (6, 9, "gray")),
        (COLOURS, {}, (6, 9, "rgb")),
        (np.zeros((SIDE, SIDE + 1, 3), np.uint8), {}, (SIDE, SIDE, "rgb")),
        (GRAY, {"height": 4}, (4, 4, "gray")),
        (GRAY, {"height": 4, "width": 20, "channels": "rgb"}, (4, 20, "rgb")),
    ],
)
def test_the_first_picture_settles_what_is_left_open(first: Any, given: Any, wanted: tuple[Any, ...]) -> None:
    image = image_of(settled(first, **given))
    assert (image.height, image.width, image.channels) == wanted


def test_every_picture_is_brought_to_size_and_channels() -> None:
    rgb = settled(COLOURS)
    assert np.array_equal(ImageSource.raw(rgb, item(GRAY)), np.repeat(GRAY[..., None], 3, 2))
    assert ImageSource.raw(rgb, item(np.zeros((50, 20, 3), np.uint8))).shape == (6, 9, 3)
    gray = settled(GRAY)
    assert np.array_equal(ImageSource.raw(gray, item(np.repeat(GRAY[..., None], 3, 2)))[..., 0], GRAY), (
        "no colour in it"
    )
    with pytest.raises(InputError, match=r"x\.npz: 3: is in colour, and image\.channels=gray .*channels=brightness"):
        ImageSource.raw(gray, item(COLOURS))
    assert ImageSource.raw(settled(COLOURS, channels="brightness"), item(COLOURS)).shape == (6, 9, 1)


def learnt(spec: Spec, said: list[str] | None = None) -> ImageSource:
    raws = [ImageSource.raw(spec, item(one)) for one in (COLOURS, 255 - COLOURS, np.full((6, 9, 3), 9, np.uint8))]
    return ImageSource.fit(spec, iter(raws), (said if said is not None else []).append)


def test_what_is_said() -> None:
    said: list[str] = []
    learnt(settled(COLOURS), said)
    assert said == [
        "3 different pictures, read as 6 x 9 pixels in colour (image.height, width, channels; fit=pad).",
        "1 of 3 pictures are of one colour all over.",
    ]
    again: list[str] = []
    learnt(settled(COLOURS, mean=0.5, deviation=[0.5]), again)
    assert again == said, "counted too where mean and deviation are given"


def test_a_model_reads_scaled_pixels() -> None:
    source = learnt(settled(COLOURS, mean=[0.5], deviation=[0.25]))
    raw = ImageSource.raw(source.spec, item(COLOURS))
    wanted = (COLOURS / 255 - 0.5) / 0.25
    np.testing.assert_allclose(source.made(raw, None), wanted, atol=1e-5)
    assert source.dims == (6, 9, 3) and not source.varies and ImageSource.length(source.spec, raw) == 6
    field = source.field([raw, raw])
    assert field.values.shape == (2, 6, 9, 3) and field.values.dtype == torch.float32
    assert field.mask is not None and field.mask.all()


def test_training_varies_by_the_randomness_it_is_given() -> None:
    source = learnt(settled(COLOURS, mean=[0.0], deviation=[1.0], flip="horizontal"))
    raw = ImageSource.raw(source.spec, item(COLOURS))
    assert source.varies and np.array_equal(source.made(raw, None), source.made(raw, None))
    ways = {source.made(raw, np.random.default_rng(seed)).tobytes() for seed in range(20)}
    assert ways == {source.made(raw, None).tobytes(), np.ascontiguousarray(source.made(raw, None)[:, ::-1]).tobytes()}


def test_a_saved_source_reads_alike(tmp_path: Path) -> None:
    source = learnt(settled(COLOURS))
    source.save(tmp_path)
    again = ImageSource.load(source.spec, tmp_path)
    assert again.digest == source.digest and np.array_equal(again.made(COLOURS, None), source.made(COLOURS, None))
    assert learnt(settled(COLOURS, height=4)).digest != source.digest


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Bars that lie and bars that stand, in places of their own: 24 pictures of 12 x 12 in two folders."""
    for number in range(24):
        picture = RNG.integers(0, 60, (12, 12, 3), dtype=np.uint8)
        at, lies = int(RNG.integers(2, 9)), number % 2
        picture[(slice(at, at + 2), slice(None)) if lies else (slice(None), slice(at, at + 2))] = 220
        folder = tmp_path / "bars" / ("lying" if lies else "standing")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number}.png")
    return tmp_path / "bars"


def test_classes_of_a_folder_end_to_end(shapes: Path, tmp_path: Path) -> None:
    said: list[str] = []
    run = seqloom.fit(
        "classify",
        str(shapes),
        out=str(tmp_path / "run"),
        settings=["source.front.widths=[8,16]", "fit.steps=60", "fit.lr=0.01", "image.shift=0.1", "data.valid=0.25"],
        say=said.append,
    )
    assert any("read as 12 x 12 pixels in colour" in note for note in said)
    assert run.spec.arch == "cnn" and run.spec.image is not None and run.spec.image.height == 12
    files = sorted(shapes.rglob("*.png"))
    answers = list(run.predict([str(file) for file in files]))
    right = [answer.label == file.parent.name for answer, file in zip(answers, files, strict=True)]
    assert np.mean(right) > 0.9
    loaded = seqloom.load(str(tmp_path / "run"))
    for rows in ([str(files[0])], [files[0].read_bytes()], [np.asarray(Image.open(files[0]))]):
        (again,) = loaded.predict(rows)
        assert again.probabilities == pytest.approx(answers[0].probabilities, abs=1e-5)


@pytest.mark.parametrize("arch", ["gru", "transformer", "vit"])
def test_other_architectures_read_pictures(shapes: Path, tmp_path: Path, arch: str) -> None:
    run = seqloom.fit("classify", str(shapes), arch=arch, out=str(tmp_path / "run"), steps=2)
    assert next(iter(run.predict([str(next(shapes.rglob("*.png")))]))).label in ("lying", "standing")


def test_bad_files_are_named_or_counted(shapes: Path, tmp_path: Path) -> None:
    whole = (shapes / "lying" / "1.png").read_bytes()
    (shapes / "lying" / "0cut.png").write_bytes(whole[:90])
    (shapes / "standing" / "empty.png").write_bytes(b"")
    settings = ["source.front.widths=[8]", "fit.steps=2"]
    with pytest.raises(
        InputError, match=r"bars/lying/0cut\.png: is a PNG picture that is cut or damaged.*bad-row skip"
    ):
        seqloom.fit("classify", str(shapes), out=str(tmp_path / "run"), settings=settings)
    said: list[str] = []
    settings.append("data.on_bad_row=skip")
    seqloom.fit("classify", str(shapes), out=str(tmp_path / "run2"), settings=settings, say=said.append)
    assert any("2 items cannot be used and are left out, the first: " in note for note in said)
