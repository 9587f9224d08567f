"""Made motion: what is written, that one frame tells nothing, and that two frames tell all."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.film import Sampling, read_film
from seqloom.data.made_motion import DIRECTIONS, LEG, RATE, SIDE, STEPS, TURNING, film, make, turning
from seqloom.data.media import Item
from seqloom.data.picture import read_picture
from seqloom.errors import InputError

pytest.importorskip("av")
pytest.importorskip("PIL")


def table(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def middle(frame: np.ndarray) -> complex:
    """Return where a shape is, as angles to the right and down on the ring that joins the sides of a frame."""
    cover = np.abs(frame.astype(float) - np.median(frame, (0, 1))).sum(2)
    ring = np.exp(2j * np.pi * np.arange(SIDE) / SIDE)
    return np.angle((cover.sum(0) * ring).sum()) + 1j * np.angle((cover.sum(1) * ring).sum())


def step(before: complex, after: complex) -> complex:
    """Return the way between two places, the short way round."""
    right, down = (np.angle(np.exp(1j * (b - a))) for a, b in ((before.real, after.real), (before.imag, after.imag)))
    return complex(right, down)


def direction(film_: np.ndarray) -> list[str]:
    """Tell where the shape came from before each frame but the first, from its places alone."""
    places = [middle(frame) for frame in film_]
    told = []
    for before, after in pairwise(places):
        eighth = round(np.angle(step(before, after)) / (np.pi / 4)) % 8
        told.append(list(DIRECTIONS)[eighth])
    return told


def test_two_frames_tell_the_direction() -> None:
    rng = np.random.default_rng(0)
    for name in DIRECTIONS:
        assert direction(film(rng, [name] * STEPS)) == [name] * (STEPS - 1)
    path = turning(rng, TURNING)
    assert direction(film(rng, path)) == path[1:]


def test_every_direction_is_as_fast() -> None:
    """Else how far a shape comes in a frame would tell which way it goes."""
    for seed in range(3):
        far = {}
        for name in DIRECTIONS:
            places = [middle(frame) for frame in film(np.random.default_rng(seed), [name] * STEPS)]
            far[name] = np.mean([abs(step(*two)) for two in pairwise(places)]) * SIDE / (2 * np.pi)
        assert max(far.values()) < 1.05 * min(far.values()), far
        assert min(far.values()) > 1.4 and max(far.values()) < 3.1


def test_one_frame_tells_nothing() -> None:
    """Where shapes are, how bright and how large, is the same for every direction, in the first frame as in the last:
    within four standard errors of 400 films."""
    count = 400
    seen = {name: [] for name in ("right", "left", "up")}
    for name in seen:
        for number in range(count):
            made = film(np.random.default_rng([number, len(name), ord(name[0])]), [name] * STEPS)
            for frame in (made[0], made[-1]):
                place = middle(frame)
                seen[name].append([np.cos(place.real), np.sin(place.real), np.cos(place.imag), frame.mean() / 255])
    means = {name: np.array(values).mean(0) for name, values in seen.items()}
    error = np.array(seen["right"]).std(0) * np.sqrt(2 / count)  # a film's two frames are not independent
    for name in ("left", "up"):
        assert (np.abs(means["right"] - means[name]) < 4 * error).all()
    assert (np.abs(means["right"][:3]) < 4 / np.sqrt(2 * count)).all(), "a place is anywhere"


def test_a_direction_is_kept_for_a_while_and_then_left() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        path = turning(rng, TURNING)
        starts = [0, *(place for place in range(1, len(path)) if path[place] != path[place - 1]), len(path)]
        assert len(path) == TURNING and len(starts) in (3, 4)
        assert min(np.diff(starts)) >= LEG


def test_the_folder_holds_what_its_tables_say(tmp_path: Path) -> None:
    commands = make(tmp_path / "m", 20, 7)
    assert [command.split()[1:3] for command in commands] == [["train", "classify"]] * 2 + [["train", "tag"]]
    for part, count in (("train", 20), ("valid", 8)):
        labels, frames = (table(tmp_path / "m" / part / f"{name}.tsv") for name in ("labels", "frames"))
        assert len(labels) == len(frames) == count + 1 and {label for _, label in labels[1:]} == set(DIRECTIONS)
        for path, label in labels[1:4]:
            read = read_film(Item(path, file=tmp_path / "m" / part / path), Sampling(), read_picture)
            assert read.shape == (STEPS, SIDE, SIDE, 3) and direction(read) == [label] * (STEPS - 1)
        for path, said in frames[1:4]:
            read = read_film(Item(path, file=tmp_path / "m" / part / path), Sampling(rate=RATE), read_picture)
            assert len(read) == TURNING and direction(read) == said.split()[1:]


def test_every_frame_of_a_file_is_coded_by_itself(tmp_path: Path) -> None:
    """Else a frame would show traces of the one before it, and so tell where the shape came from."""
    import av

    make(tmp_path / "m", 16, 7)
    for path in (tmp_path / "m" / "train").glob("*/0001.mp4"):
        with av.open(str(path)) as container:
            assert all(packet.is_keyframe for packet in container.demux(video=0) if packet.size)


def test_same_seed_same_films_and_frames_as_pictures(tmp_path: Path) -> None:
    for name, seed, form in (("a", 7, "frames"), ("b", 7, "frames"), ("c", 8, "frames"), ("d", 7, "mp4")):
        make(tmp_path / name, 16, seed, form)  # type: ignore[arg-type]

    def first(name: str, file: str = "0001") -> np.ndarray:
        path = tmp_path / name / "train" / "clips" / file
        return read_film(Item(file, file=path), Sampling(), read_picture).astype(int)

    assert np.array_equal(first("a"), first("b")) and not np.array_equal(first("a"), first("c"))
    assert len(list((tmp_path / "a" / "train" / "clips" / "0001").iterdir())) == STEPS
    assert np.abs(first("a") - first("d", "0001.mp4")).mean() < 8, "coding changes little"


def test_what_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--rows 15: at least 16 films, two of each direction"):
        make(tmp_path / "m", 15, 7)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(InputError, match="full: there is something already; name a folder that is new or empty"):
        make(tmp_path / "full", 16, 7)
