"""Pictures: every format and mode against the pixels that were written, and every kind of bad file named."""

import io
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqloom.data.media import Item
from seqloom.data.picture import LARGEST, Rules, in_channels, is_gray, read_picture
from seqloom.errors import InputError

Image = pytest.importorskip("PIL.Image")
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)
GRAY = COLOURS[..., :1]
SMOOTH = np.linspace(0, 255, 32 * 24 * 3).reshape(32, 24, 3).astype(np.uint8)


def encoded(image: Any, form: str, **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **how)
    return buffer.getvalue()


def read(data: bytes, **rules: Any) -> NDArray[Any]:
    return read_picture(Item("a.tsv:3 (x.png)", data=data), Rules(**rules))


def refusal(data: bytes, **rules: Any) -> str:
    with pytest.raises(InputError) as error:
        read(data, **rules)
    assert str(error.value).startswith("a.tsv:3 (x.png): ")
    return str(error.value).removeprefix("a.tsv:3 (x.png): ")


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF", "TIFF", "PPM"])
def test_what_was_written_is_read(form: str, tmp_path: Path) -> None:
    for picture in (GRAY, COLOURS):
        image = Image.fromarray(picture.squeeze())
        if form == "GIF" and picture is COLOURS:
            image = image.quantize(256)
            picture = np.asarray(image.convert("RGB"))
        data = encoded(image, form)
        found = read(data)
        assert found.dtype == np.uint8 and np.array_equal(found, picture)
        for name in ("x", f"x.{form}"):
            (tmp_path / name).write_bytes(data)
            assert np.array_equal(read_picture(Item("x", file=tmp_path / name)), picture)
        (tmp_path / "x.jpg").write_bytes(data)
        with pytest.raises(InputError, match=rf"x: is a {form} picture and named as JPEG: name it as what it is"):
            read_picture(Item("x", file=tmp_path / "x.jpg"))
        assert np.array_equal(read_picture(Item("x", file=tmp_path / "x.jpg"), Rules(endings="ignore")), picture)


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_what_is_pressed_is_nearly_read(form: str) -> None:
    found = read(encoded(Image.fromarray(SMOOTH), form, quality=95))
    assert found.shape == SMOOTH.shape and np.abs(found.astype(int) - SMOOTH).mean() < 6


def test_modes() -> None:
    half = Image.fromarray(GRAY[..., 0] > 127)
    assert np.array_equal(read(encoded(half, "PNG"))[..., 0], np.where(GRAY[..., 0] > 127, 255, 0))
    cmyk = Image.fromarray(SMOOTH).convert("CMYK")
    assert np.array_equal(read(encoded(cmyk, "TIFF")), np.asarray(cmyk.convert("RGB")))
    palette = Image.fromarray(GRAY[..., 0]).convert("P")
    assert np.array_equal(read(encoded(palette, "PNG")), GRAY), "a palette of grays is gray"


def test_sixteen_bits_of_gray_are_kept() -> None:
    deep = (np.arange(54, dtype=np.uint16).reshape(6, 9) * 77 + 3).astype(
        np.uint16
    )  # all within the lowest 8 bits of 16
    for form in ("PNG", "TIFF", "PPM"):
        found = read(encoded(Image.fromarray(deep), form))
        assert found.dtype == np.float32 and found.shape == (6, 9, 1)
        np.testing.assert_allclose(found[..., 0] * 257, deep, rtol=1e-6)
    np.testing.assert_allclose(read_picture(Item("x", array=deep))[..., 0] * 257, deep, rtol=1e-6)


@pytest.mark.parametrize("numbers", [np.ones((3, 3), np.int32), np.ones((3, 3), np.float32)])
def test_thirty_two_bits_have_no_white(numbers: NDArray[Any]) -> None:
    assert refusal(encoded(Image.fromarray(numbers), "TIFF")).startswith("has pixels of 32 bits, of which nobody knows")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(orientation: int) -> None:
    """The eight orientations of EXIF (TIFF 6.0, tag 274): where the stored first row and column are on the picture."""
    stored = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS, 1),
        7: COLOURS[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(COLOURS, -1),
    }[orientation]
    image = Image.fromarray(np.ascontiguousarray(stored))
    exif = Image.Exif()
    exif[274] = orientation
    assert np.array_equal(read(encoded(image, "PNG", exif=exif)), COLOURS)


def test_what_can_be_seen_through() -> None:
    alpha = np.full((6, 9, 1), 255, np.uint8)
    opaque = encoded(Image.fromarray(np.concatenate([COLOURS, alpha], 2)), "PNG")
    assert np.array_equal(read(opaque), COLOURS), "nothing is lost: nothing is asked"
    alpha[0, 0], alpha[0, 1] = 0, 51
    glass = encoded(Image.fromarray(np.concatenate([COLOURS, alpha], 2)), "PNG")
    assert refusal(glass).startswith("can be seen through (3.7 % of its pixels): say what lies behind")
    for behind, value in (("white", 255), ("black", 0)):
        found = read(glass, alpha=behind)
        assert found[0, 0].tolist() == [value] * 3
        assert found[0, 1].tolist() == [int(c * 0.2 + value * 0.8 + 0.5) for c in COLOURS[0, 1]]
        assert np.array_equal(found[1:], COLOURS[1:])
    both = encoded(Image.fromarray(np.concatenate([GRAY, alpha], 2), "LA"), "PNG")
    assert read(both, alpha="white").shape == (6, 9, 1)
    chosen = Image.fromarray(GRAY[..., 0]).convert("P")
    keyed = encoded(chosen, "PNG", transparency=int(np.asarray(chosen)[0, 0]))
    assert "can be seen through" in refusal(keyed)


def test_several_pictures_in_one_file() -> None:
    frames = [Image.fromarray(GRAY[..., 0]), Image.fromarray(255 - GRAY[..., 0])]
    for form in ("GIF", "TIFF", "PNG", "WEBP"):
        data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
        assert refusal(data).startswith("holds 2 pictures, expected one")
    camera = encoded(Image.fromarray(SMOOTH), "MPO", save_all=True, append_images=[Image.fromarray(255 - SMOOTH)])
    assert np.abs(read(camera).astype(int) - SMOOTH).mean() < 12, "a camera's preview is no second picture"
    tiff = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert np.array_equal(read(tiff, frames="first"), GRAY)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds nothing to speak of."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min((width + 1) * height, 10**6)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(50_000, 1), (1, 50_000), (12_000, 9_000), (50_000, 50_000)])
def test_size_is_checked_before_decoding(width: int, height: int) -> None:
    said = refusal(bomb(width, height))
    assert "pixels; a side has at most 10000" in said and "image.largest" in said
    assert len(said) < 200


def test_a_larger_one_may_be_allowed() -> None:
    assert read(bomb(LARGEST + 1, 2), largest=20_000).shape == (2, LARGEST + 1, 1)
    assert "9 x 6 pixels; a side has at most 8" in refusal(encoded(Image.fromarray(COLOURS), "PNG"), largest=8)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_a_cut_file_is_refused_wherever_it_is_cut(form: str) -> None:
    data = encoded(Image.fromarray(SMOOTH), form)
    for length in sorted({0, 1, 3, 8, 20, len(data) // 4, len(data) // 2, 3 * len(data) // 4, len(data) - 40}):
        said = refusal(data[:length])
        assert "cut or damaged" in said or "no picture that can be read" in said or "is empty" in said, (length, said)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_damage_is_an_error_or_a_picture_and_never_anything_else(form: str) -> None:
    data, rng = encoded(Image.fromarray(SMOOTH), form), np.random.default_rng(1)
    for _ in range(150):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            broken[place] = rng.integers(256)
        try:
            found = read(bytes(broken), alpha="white", frames="first")
        except InputError:
            continue
        assert found.ndim == 3 and found.shape[2] in (1, 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty (0 bytes), expected a picture."),
        (b"<!DOCTYPE html><html>", "it begins as markup (HTML, XML or SVG) does"),
        (b"  <svg xmlns=''>", "it begins as markup"),
        (b"%PDF-1.7 ", "it begins as a PDF does"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is no picture that can be read: it begins with b'%!PS-Ado'"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "is no picture: it begins as a RIFF file of kind b'WAVE' does"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG picture that is cut or damaged"),
        (b"hello there", "known are PNG, JPEG, BMP, GIF, WEBP, TIFF, PPM"),
    ],
)
def test_what_is_no_picture(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_a_folder_and_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="x: is a folder, expected a picture"):
        read_picture(Item("x", file=tmp_path))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((3, 4, 5, 6)), r"an array \[3, 4, 5, 6\] is no picture"),
        (np.zeros((3, 64, 64)), r"an array \[3, 64, 64\] is no picture: expected .height, width. or"),
        (np.zeros((0, 4), np.uint8), r"an array \[0, 4\] is no picture"),
        (np.array([["a"]]), "an array of <U1 holds no pixels"),
        (np.array([[0.0, 1.5]]), r"pixels of 0 to 1\.5: fractions go from 0 to 1"),
        (np.array([[np.nan, 0.5]]), r"1 of 2 pixels are no numbers \(NaN\)"),
        (np.array([[-1, 5]]), "pixels of -1 to 5: whole numbers to 255"),
        (np.array([[0, 256]]), "pixels of 0 to 256"),
    ],
)
def test_arrays_that_are_no_pictures(array: NDArray[Any], said: str) -> None:
    with pytest.raises(InputError, match="images.npz: item 3: " + said):
        read_picture(Item("images.npz: item 3", array=array))


def test_arrays() -> None:
    assert np.array_equal(read_picture(Item("x", array=COLOURS)), COLOURS)
    assert np.array_equal(read_picture(Item("x", array=GRAY[..., 0].astype(np.int64))), GRAY)
    fractions = read_picture(Item("x", array=np.array([[0.0, 0.25, 1.0]])))
    assert fractions.dtype == np.float32 and fractions[0, :, 0].tolist() == [0, 63.75, 255]
    assert read_picture(Item("x", array=np.array([[True, False]])))[0, :, 0].tolist() == [255, 0]
    glass = np.concatenate([COLOURS, np.zeros_like(GRAY)], 2)
    assert (read_picture(Item("x", array=glass), Rules(alpha="white")) == 255).all()
    with pytest.raises(InputError, match=r"can be seen through .100 %"):
        read_picture(Item("x", array=glass))


def test_channels() -> None:
    assert np.array_equal(in_channels(GRAY, 3), np.repeat(GRAY, 3, 2)) and in_channels(GRAY, 1) is GRAY
    ours, theirs = in_channels(COLOURS, 1)[..., 0], np.asarray(Image.fromarray(COLOURS).convert("L"))
    assert ours.dtype == np.uint8 and np.abs(ours.astype(int) - theirs).max() <= 1
    assert is_gray(GRAY) and is_gray(np.repeat(GRAY, 3, 2)) and not is_gray(COLOURS)
    white = np.full((1, 1, 3), 255, np.uint8)
    assert in_channels(white, 1)[0, 0, 0] == 255


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    from seqloom.data import picture

    data = encoded(Image.fromarray(COLOURS), "PNG")
    picture._pillow.cache_clear()
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(InputError, match=r"reading pictures needs Pillow: pip install 'seqloom\[image\]'"):
        read(data)
    assert np.array_equal(read_picture(Item("x", array=COLOURS)), COLOURS), "arrays need none"
    monkeypatch.undo()
    picture._pillow.cache_clear()
