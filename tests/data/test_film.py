"""Films: which frames are read of files, folders and arrays, and what is wrong with those that cannot be."""

import re
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqloom.data.film import Sampling, evenly, read_film
from seqloom.data.media import Item
from seqloom.data.picture import read_picture
from seqloom.errors import InputError

av = pytest.importorskip("av")
Image = pytest.importorskip("PIL.Image")
CODECS = {"a.mp4": ("mpeg4", "yuv420p"), "a.avi": ("mjpeg", "yuvj420p"), "a.mkv": ("ffv1", "bgr0")}


def shades(count: int, size: tuple[int, int] = (16, 32)) -> NDArray[np.uint8]:
    """Frame t is gray of 8 t all over."""
    frames = np.zeros((count, *size, 3), np.uint8)
    frames += (8 * np.arange(count, dtype=np.uint8))[:, None, None, None]
    return frames


def video(path: Path, frames: NDArray[np.uint8], codec: str = "mpeg4", pixels: str = "yuv420p", **more: Any) -> Path:
    """Write a film at 10 frames a second; `at` are the numbers of the frames in time where they are not all, `options`
    those of the container."""
    with av.open(str(path), "w", options=more.get("options", {})) as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], pixels
        stream.bit_rate = 4_000_000
        stream.codec_context.gop_size = 1
        for number, frame in zip(more.get("at", range(len(frames))), frames, strict=True):
            made = av.VideoFrame.from_ndarray(frame, format="rgb24")
            made.pts = number
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return path


def pictures(folder: Path, frames: NDArray[np.uint8]) -> Path:
    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(folder / f"{number}.png")
    return folder


def film(path: Path, **sampling: Any) -> NDArray[Any]:
    return read_film(Item(path.name, file=path), Sampling(**sampling), read_picture)


def numbers(frames: NDArray[Any]) -> list[int]:
    """Return which of `shades` each frame is."""
    return [round(float(frame.mean()) / 8) for frame in frames]


def refused(item: Item, **sampling: Any) -> str:
    with pytest.raises(InputError) as error:
        read_film(item, Sampling(**sampling), read_picture)
    return str(error.value)


@pytest.mark.parametrize("name", CODECS)
def test_every_frame_is_read_in_its_order(tmp_path: Path, name: str) -> None:
    path = video(tmp_path / name, shades(25), *CODECS[name])
    frames = film(path)
    assert frames.shape == (25, 16, 32, 3) and frames.dtype == np.uint8 and numbers(frames) == list(range(25))
    same = read_film(Item("bytes", data=path.read_bytes()), Sampling(), read_picture)
    assert np.array_equal(same, frames), "bytes out of an archive are the same film"


def test_so_many_frames_are_the_middles_of_equal_parts(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", shades(20))
    assert numbers(film(path, frames=4)) == [2, 7, 12, 17] == evenly(20, 4)
    assert numbers(film(path, frames=1)) == [10] and numbers(film(path, frames=7)) == evenly(20, 7)
    assert numbers(film(path, frames=50)) == list(range(20)), "a shorter film is read whole, no frame twice"


@pytest.mark.parametrize(("total", "count"), [(1, 1), (5, 2), (7, 7), (100, 13)])
def test_places_are_symmetric(total: int, count: int) -> None:
    """Read backwards, a film gives the same frames, but for the halves of a step."""
    found = evenly(total, count)
    assert len(found) == count and found == sorted(set(found))
    assert all(abs(place - (total - 1 - other)) <= 1 for place, other in zip(found, found[::-1], strict=True))


def test_a_rate_reads_what_is_shown_at_a_time(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", shades(10))  # a second
    assert numbers(film(path, rate=5)) == [0, 2, 4, 6, 8]
    assert numbers(film(path, rate=4)) == [0, 2, 5, 7], "0.25 s is within frame 2, 0.75 s within frame 7"
    assert numbers(film(path, rate=20)) == [number // 2 for number in range(20)]
    assert numbers(film(path, rate=0.1)) == [0]


def test_time_counts_not_the_number_of_a_frame(tmp_path: Path) -> None:
    """Frame 1 is shown for half a second: 0, 1, 6 and 7 tenths."""
    path = video(tmp_path / "a.mkv", shades(4), "ffv1", "bgr0", at=[0, 1, 6, 7])
    assert numbers(film(path, rate=10))[:8] == [0, 1, 1, 1, 1, 1, 2, 3]
    assert numbers(film(path, frames=2)) == [1, 3] and numbers(film(path)) == [0, 1, 2, 3]


def test_folders_and_arrays_are_films(tmp_path: Path) -> None:
    frames = shades(12)
    folder = pictures(tmp_path / "f", frames)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_text("none")
    assert np.array_equal(film(folder), frames), "frame 2 comes before frame 10"
    assert numbers(film(folder, frames=3)) == [2, 6, 10]
    assert numbers(film(folder, rate=5, native=10)) == [0, 2, 4, 6, 8, 10]
    item = Item("row 1", array=frames[..., 0])
    assert read_film(item, Sampling(frames=3), read_picture).shape == (3, 16, 32, 1)
    said = refused(item, rate=5)
    assert said.startswith("row 1: these frames have no times") and said.endswith("-s video.frames=16.")


@pytest.mark.parametrize(("matrix", "turns"), [((1, 0, 0, 1), 0), ((0, 1, -1, 0), -1), ((-1, 0, 0, -1), 2)])
def test_a_film_is_turned_upright(tmp_path: Path, matrix: tuple[int, ...], turns: int) -> None:
    """A telephone held upright writes frames that lie, and how they are shown: (x, y) at (a x + c y, b x + d y), x to
    the right and y down (ISO/IEC 14496-12, section 8.3.2). 0 1 -1 0 sends what is above to the right."""
    frames = np.zeros((3, 16, 32, 3), np.uint8)
    frames[:, :8, :16], frames[:, 8:, 16:] = [250, 30, 30], [30, 30, 250]
    data = bytearray(video(tmp_path / "a.mp4", frames).read_bytes())
    place = data.index(b"tkhd") + 44
    a, b, c, d = (one << 16 for one in matrix)
    assert struct.unpack_from(">9i", data, place) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    struct.pack_into(">9i", data, place, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    (tmp_path / "a.mp4").write_bytes(data)
    wanted = np.rot90(frames, turns, (1, 2)).astype(int)  # a positive turn is to the left
    found = film(tmp_path / "a.mp4")
    assert found.shape == wanted.shape and np.abs(found - wanted).mean() < 8, "coding changes little"


def test_a_film_longer_than_the_limit_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", shades(20))
    assert len(film(path, limit=20)) == 20 and len(film(path, limit=4, frames=10)) == 10
    said = refused(Item("a.mp4", file=path), limit=19)
    assert said.startswith("a.mp4: 20 frames are to be read of this film, and video.limit is 19: read fewer with")
    assert "200 frames" in refused(Item("a.mp4", file=path), limit=19, rate=100)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("share", [0.9, 0.5, 0.02])
def test_a_cut_film_is_refused_by_name(tmp_path: Path, name: str, share: float) -> None:
    whole = video(tmp_path / name, shades(25), *CODECS[name]).read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole[: int(len(whole) * share)])
    try:
        frames = film(cut)
    except InputError as error:
        assert str(error).startswith(f"cut-{name}: ") and ("cut short" in str(error) or "damaged" in str(error))
    else:
        assert share == 0.9 and name == "a.mkv" and len(frames) == 25, "of a .mkv, its last tenth is an index alone"


@pytest.mark.parametrize(("share", "there"), [(0.95, 22), (0.9, 18), (0.8, 11)])
def test_a_cut_film_whose_index_comes_first_is_refused_by_its_count(tmp_path: Path, share: float, there: int) -> None:
    """As films on the web have it: what is there can be decoded, and nothing but the count tells that more was."""
    whole = video(tmp_path / "a.mp4", shades(25), options={"movflags": "faststart"})
    assert numbers(film(whole)) == list(range(25))
    whole.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    said = refused(Item("a.mp4", file=whole))
    found = re.fullmatch(r"a\.mp4: (\d+) of 25 frames are there: the file was cut short\. Copy it again, .*", said)
    assert found is not None and abs(int(found[1]) - there) <= 2, said


def test_what_is_no_film_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("a film of text\n" * 100)
    (tmp_path / "folder").mkdir()
    assert refused(Item("e.mp4", file=tmp_path / "empty.mp4")) == "e.mp4: the file is empty."
    assert refused(Item("t.mp4", file=tmp_path / "text.mp4")).startswith("t.mp4: this is no video, or it was cut short")
    assert refused(Item("f", file=tmp_path / "folder")).startswith("f: a folder without pictures")
    assert "is no film, which is [frames, height, width]" in refused(Item("x", array=np.zeros((4, 4))))
    assert refused(Item("x", array=np.zeros((0, 4, 4)))) == "x: there is no frame in it."
    assert "a film is a video file, a folder of frames or an array" in refused(Item("x"))


def test_a_film_of_sound_alone_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate = 8000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    assert "there is no picture in this file, which holds sound alone" in refused(Item("a", file=tmp_path / "a.mp4"))


def test_damage_in_the_middle_names_the_frame(tmp_path: Path) -> None:
    data = bytearray(video(tmp_path / "a.mkv", shades(20), "ffv1", "bgr0").read_bytes())
    half = len(data) // 2
    data[half : half + 60] = bytes(60)
    (tmp_path / "a.mkv").write_bytes(data)
    said = refused(Item("a.mkv", file=tmp_path / "a.mkv"))
    assert said.startswith("a.mkv: ") and ("cannot be decoded" in said or "cut short" in said)


def test_a_bad_frame_of_a_folder_is_named(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "f", shades(3))
    (folder / "2.png").write_bytes((folder / "2.png").read_bytes()[:40])
    assert refused(Item("f", file=folder)).startswith("f/2.png: is a PNG picture that is cut or damaged")
    Image.fromarray(shades(1, (8, 8))[0]).save(folder / "2.png")
    said = refused(Item("f", file=folder))
    assert said.startswith("f: frames of different sizes (8 x 8 x 3 and 16 x 32 x 3)")


def test_without_pyav_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = video(tmp_path / "a.mp4", shades(3))
    monkeypatch.setitem(sys.modules, "av", None)
    assert refused(Item("a", file=path)) == "a: reading video needs PyAV: pip install 'seqloom[video]'."


def test_a_film_of_one_frame_whose_header_counts_seconds_alone_is_whole(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "one.mkv"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), 90, np.uint8), format="rgb24")
        container.mux([*stream.encode(frame), *stream.encode()])
    read = read_film(Item("one.mkv", file=tmp_path / "one.mkv"), Sampling(), lambda item: np.asarray(item.array))
    assert read.shape == (1, 16, 32, 3)
