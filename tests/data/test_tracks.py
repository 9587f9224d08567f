"""Tracks: both formats, what every option makes of points, and the place of every error."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real_data import REAL

from seqloom.data.track_points import Points
from seqloom.data.tracks import is_tracks, read_tracks
from seqloom.errors import InputError

TEXT = "gesture wave hands 2\n1 2 3 4 5 6\n1 2 4 4 5 7\nend\n\ngesture push hands 1\n0 0 0 1 1 1\nend\n"
MOVES = np.arange(5 * 2 * 3, dtype=np.float32).reshape(5, 2, 3) + 1


def text(folder: Path, content: str = TEXT, name: str = "hands.txt") -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return file


def archive(folder: Path, name: str = "moves.npz", **arrays: Any) -> Path:
    given = {"frames": MOVES, "offset": np.array([0, 2, 5]), "action": np.array([7, 8]), "who": np.array(["a", "b"])}
    np.savez(folder / name, **{key: value for key, value in {**given, **arrays}.items() if value is not None})
    return folder / name


def refused(path: Path, points: Points | None = None) -> str:
    with pytest.raises(InputError) as error:
        read_tracks(path, points)
    return str(error.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize("name", ["hands.txt", "hands.txt.gz"])
def test_a_text_has_a_frame_a_line_and_pairs_of_names_and_cells_above(tmp_path: Path, name: str) -> None:
    cases = read_tracks(text(tmp_path, name=name))
    assert cases.channels == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]
    assert cases[0].values.tolist() == [[1, 2, 3, 4, 5, 6], [1, 2, 4, 4, 5, 7]] and len(cases) == 2
    assert [dict(case.own) for case in cases] == [
        {"gesture": "wave", "hands": "2"},
        {"gesture": "push", "hands": "1"},
    ]
    assert [cases.where(place) for place in (0, 1)] == [f"{tmp_path / name}:1", f"{tmp_path / name}:6"]


def test_an_archive_is_cut_at_its_offsets_and_has_a_column_an_array(tmp_path: Path) -> None:
    cases = read_tracks(archive(tmp_path, camera=np.array([1, 2, 3])))  # not one a track: no column
    assert [case.values.shape for case in cases] == [(2, 6), (3, 6)]
    assert np.array_equal(cases[1].values, MOVES[2:].reshape(3, 6))
    assert [dict(case.own) for case in cases] == [{"action": "7", "who": "a"}, {"action": "8", "who": "b"}]
    assert cases.where(1).endswith("moves.npz:2")
    flat = read_tracks(archive(tmp_path, frames=MOVES.reshape(5, 6)))
    assert flat.channels == ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]
    assert np.array_equal(flat[1].values, cases[1].values)


def test_numbers_are_chosen_and_measured_from_an_origin(tmp_path: Path) -> None:
    path = archive(tmp_path)
    chosen = read_tracks(path, Points(dims=(1, 3)))
    assert chosen.channels == ["1.1", "1.3", "2.1", "2.3"]
    assert chosen[0].values.tolist() == [[1, 3, 4, 6], [7, 9, 10, 12]]
    assert read_tracks(path, Points(origin=2))[0].values.tolist() == [[-3, -3, -3, 0, 0, 0]] * 2
    assert read_tracks(path, Points(origin="centre"))[0].values.tolist() == [[-1.5] * 3 + [1.5] * 3] * 2
    assert read_tracks(path, Points(origin="first"))[0].values.tolist() == [[0] * 6, [6] * 6]
    stepped = read_tracks(path, Points(dims=(1,), motion=True))
    assert stepped.channels == ["1.1", "2.1", "1.1 moved", "2.1 moved"]
    assert stepped[0].values.tolist() == [[1, 4, 0, 0], [7, 10, 6, 6]], "the first frame has moved nowhere"


def test_lost_points_are_bridged_or_left_out(tmp_path: Path) -> None:
    frames = MOVES.copy()
    frames[3, 0] = 0  # between frames 2 and 4 of the second track, which begins at 2
    frames[0, 1] = [4, 2**31, 6]
    path = archive(tmp_path, frames=frames)
    kept = read_tracks(path)
    assert kept[1].values[1, :3].tolist() == [0, 0, 0] and kept[0].values[0, 4] == 2**31
    bridged = read_tracks(path, Points(lost="interpolate", limit=1e4))
    assert np.array_equal(bridged[1].values, MOVES[2:].reshape(3, 6)), "MOVES lie on a line"
    assert np.array_equal(bridged[0].values[0, 3:], MOVES[1, 1]), "before the first frame seen stands that"
    gap = read_tracks(path, Points(lost="missing", limit=1e4, origin="first"))
    assert np.isnan(gap[1].values[1]).tolist() == [True] * 3 + [False] * 3
    assert gap[0].values[:, 3:].tolist()[1] == [0, 0, 0], "the first frame in which the point was found"
    said = refused(path, Points(limit=1e4))
    assert said == (
        "moves.npz:1: point 2 of frame 1 is beyond tracks.limit=10000. Say what is read in its place: "
        "-s tracks.lost=interpolate, or skip such rows with --on-bad-row skip."
    )


def test_a_point_with_a_single_zero_was_found(tmp_path: Path) -> None:
    frames = MOVES.copy()
    frames[1, 0, 0] = 0
    for lost in ("keep", "interpolate", "missing"):
        found = read_tracks(archive(tmp_path, frames=frames), Points(lost=lost))  # type: ignore[arg-type]
        assert found[0].values[1, :3].tolist() == [0, 8, 9]


def test_points_that_were_lost_do_not_draw_the_centre(tmp_path: Path) -> None:
    frames = MOVES.copy()
    frames[1, 0] = 0
    found = read_tracks(archive(tmp_path, frames=frames), Points(lost="missing", origin="centre"))
    assert found[0].values[0].tolist() == [-1.5] * 3 + [1.5] * 3
    assert found[0].values[1, 3:].tolist() == [0, 0, 0] and np.isnan(found[0].values[1, :3]).all()


def test_a_track_that_was_lost_whole_is_refused_or_counted(tmp_path: Path) -> None:
    frames = MOVES.copy()
    frames[:2] = 0
    path = archive(tmp_path, frames=frames)
    assert "moves.npz:1: every point of this track is lost (all zeros). Leave" in refused(path, Points(lost="missing"))
    left = read_tracks(path, Points(lost="missing"), "skip")
    assert len(left) == 1 and left.skipped == 1 and left.notes[0].startswith("1 bad row skipped, the first: ")
    assert len(read_tracks(path)) == 2, "zeros are numbers unless something is said of them"


ARCHIVES = {
    "no offset": ({"offset": None}, "no array 'offset'; an archive of tracks has"),
    "falling": ({"offset": np.array([0, 4, 2, 5])}, "'offset' must rise from 0 to the 5 frames there are"),
    "too short": ({"offset": np.array([0, 2, 4])}, "it goes from 0 to 4"),
    "fractions": ({"offset": np.array([0.0, 5.0])}, "it counts frames"),
    "one number a frame": ({"frames": MOVES[:, 0, 0]}, "'frames' is [5] of float32; tracks are numbers"),
    "words": ({"frames": np.full((5, 2, 3), "x")}, "of <U1"),
    "endless": ({"frames": np.where(MOVES == 8, np.inf, MOVES)}, ":1: point 1 of frame 2 is not finite"),
    "no frames": ({"offset": np.array([0, 0, 5])}, ":1: a track without frames. Leave it out"),
    "objects": ({"who": np.array([{}, 1], object)}, "never objects"),
}


@pytest.mark.parametrize(("arrays", "said"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_does_not_fit_together_says_why(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    assert said in refused(archive(tmp_path, **arrays))


def test_a_cut_archive_and_a_misnamed_one_are_no_archives(tmp_path: Path) -> None:
    whole = archive(tmp_path).read_bytes()
    for name, data in {"cut.npz": whole[: len(whole) // 2], "text.npz": TEXT.encode(), "empty.npz": b""}.items():
        (tmp_path / name).write_bytes(data)
        assert f"{name}: " in refused(tmp_path / name) and not is_tracks(tmp_path / name)


TEXTS = {
    "no head": ("1 2 3\nend\n", "hands.txt:1: '1 2 3' begins no track"),
    "odd head": ("gesture a hands\n1 2 3\nend\n", "hands.txt:1: 'gesture a hands' begins no track"),
    "no end": ("gesture a\n1 2 3\n", "the track of line 1 has no 'end': the file was cut short"),
    "no end between": ("gesture a\n1 2 3\ngesture b\n", "hands.txt:3: a track begins before the one of line 1 has"),
    "word": ("gesture a\n1 x 3\nend\n", "hands.txt:2: 'x' is no number. Fix the row"),
    "width": ("gesture a\n1 2 3\n1 2 3 4 5 6\nend\n", "hands.txt:3: a frame of 6 numbers, and this track's first has"),
    "no point": ("gesture a\n1 2\nend\n", "hands.txt:2: a frame of 2 numbers, which are no X Y Z"),
    "other width": (TEXT + "gesture c\n1 2 3\nend\n", "hands.txt:9: frames of 1 points, and the first track has 2"),
    "no frame": ("gesture a\nend\n", "hands.txt:1: a track without frames"),
    "endless": ("gesture a\n1 2 inf\nend\n", "hands.txt:1: point 1 of frame 1 is not finite"),
    "nothing": ("\n", "it holds no track"),
}


@pytest.mark.parametrize(("content", "said"), TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_none_says_where(tmp_path: Path, content: str, said: str) -> None:
    assert said in refused(text(tmp_path, content))


def test_a_bad_frame_spoils_its_track_alone(tmp_path: Path) -> None:
    left = read_tracks(text(tmp_path, "gesture bad\n1 ? x\n1 2 3\nend\n" + TEXT), on_bad_row="skip")
    assert [case.own["gesture"] for case in left] == ["wave", "push"] and left.skipped == 1


def test_options_that_do_not_suit_the_points_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path)
    assert "tracks.dims names number 4 of a point, and there are 3" in refused(path, Points(dims=(1, 4)))
    assert "tracks.origin=3, and there are 2 points, numbered from 1" in refused(path, Points(origin=3))


def test_tracks_are_told_from_other_files(tmp_path: Path) -> None:
    assert is_tracks(archive(tmp_path)) and is_tracks(text(tmp_path)) and is_tracks(text(tmp_path, name="a.txt.gz"))
    films = archive(tmp_path, "films.npz", frames=np.zeros((5, 8, 8), np.uint8))
    gray = archive(tmp_path, "gray.npz", frames=np.zeros((5, 8, 8), np.float32))
    sounds = archive(tmp_path, "sounds.npz", frames=None, audio=np.zeros(5, np.int16))
    prose = text(tmp_path, "a gesture\n", "prose.txt")
    assert not any(map(is_tracks, (films, gray, sounds, prose, tmp_path, tmp_path / "none.npz")))
    assert is_tracks(gray, "tracks") and not is_tracks(archive(tmp_path), "npz"), "what is said goes first"


@pytest.mark.skipif(not (REAL / "msr_action3d").is_dir(), reason="the real data is not here")
def test_msr_action3d() -> None:
    path = REAL / "msr_action3d" / "msr_action3d_train.npz"
    points = Points(dims=(1, 2, 3), origin=7, lost="interpolate", limit=1e4)
    assert is_tracks(path) and ":192: every point" in refused(path, points)
    cases = read_tracks(path, points, "skip")
    assert (
        len(cases) == 291
        and len(cases.channels) == 60
        and {case.own["action"] for case in cases} == {str(action) for action in range(1, 21)}
    )
    assert not any(case.values[:, 18:21].any() or np.isnan(case.values).any() for case in cases)


@pytest.mark.skipif(not (REAL / "grufba3d").is_dir(), reason="the real data is not here")
def test_grufba3d() -> None:
    path = REAL / "grufba3d" / "grufba_origin.txt.gz"
    cases = read_tracks(path)
    assert is_tracks(path) and len(cases) == 1099 and sum(len(case.values) for case in cases) == 71_783
    assert {case.own["gesture"] for case in cases} == {f"g{number}" for number in range(1, 8)}
