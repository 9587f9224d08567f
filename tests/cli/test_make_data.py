import hashlib
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.cli.make_data import MAKERS


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


@pytest.mark.parametrize("what", [name for name in MAKERS if name != "motion"])
def test_the_same_seed_makes_the_same_files(tmp_path: Path, seqloom: Callable, what: str) -> None:
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder, seed in zip(folders, (7, 7, 8), strict=True):
        answer = seqloom("make-data", what, str(folder), "--rows", "40", "--seed", str(seed))
        assert answer.code == 0 and "seqloom train" in answer.out, answer.err
    assert digest(folders[0]) == digest(folders[1]) != digest(folders[2])


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, seqloom: Callable) -> None:
    (tmp_path / "mine").write_text("x")
    answer = seqloom("make-data", "shapes", str(tmp_path))
    assert answer.code == 2 and "is there and is not empty: name a new folder" in answer.err
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
    wrong = seqloom("make-data", "shapes", str(tmp_path / "mine" / "below"))
    assert wrong.code == 2 and "cannot be made" in wrong.err
    assert seqloom("make-data", "shaps", str(tmp_path / "x")).code == 2
    assert seqloom("make-data", "shapes", str(tmp_path / "x"), "--rows", "3").code == 2


def test_films_are_folders_of_frames_where_asked(tmp_path: Path, seqloom: Callable) -> None:
    place = tmp_path / "새 films"
    answer = seqloom("make-data", "motion", str(place), "--rows", "40", "--frames")
    assert answer.code == 0, answer.err
    assert len(list((place / "train" / "clips" / "0001").glob("*.png"))) > 4
    command = shlex.split(answer.out.splitlines()[0])
    assert Path(command[3]) == place / "train" / "labels.tsv", "a path with a space stays one word"
    assert "source.tokens=video" in command
    wrong = seqloom("make-data", "tones", str(tmp_path / "t"), "--frames")
    assert wrong.code == 2 and "--frames is for films" in wrong.err


@pytest.mark.parametrize(
    ("what", "settings"),
    [
        ("adding", "-s source.tokens=series -s series.scale=none"),
        ("copy", "-s source.letters=none"),
    ],
)
def test_the_puzzles_of_memory_can_be_trained_as_is_said(
    tmp_path: Path, seqloom: Callable, what: str, settings: str
) -> None:
    place = tmp_path / "기억"
    answer = seqloom("make-data", what, str(place), "--rows", "40", "--length", "6")
    assert answer.code == 0, answer.err
    command = shlex.split(answer.out.splitlines()[0])
    assert set(settings.split()) <= set(command)
    line = [*command[1:-2], "--steps", "3", "--out", str(tmp_path / "run")]
    trained = seqloom(*line)
    assert command[-2] == "--minutes" and trained.code == 0, trained.err
    told = seqloom("evaluate", str(tmp_path / "run"), str(place / "test.tsv"))
    assert told.code == 0 and ("mae" if what == "adding" else "token_accuracy") in told.out, told.err
    wrong = seqloom("make-data", "shapes", str(tmp_path / "s"), "--length", "6")
    assert wrong.code == 2 and "--length is for adding and copy" in wrong.err
    short = seqloom("make-data", what, str(tmp_path / "short"), "--length", "0")
    assert short.code == 2 and "--length 0: at least" in short.err
