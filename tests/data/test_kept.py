"""What is kept is what would be found, and only where it would be."""

import os
from pathlib import Path

import numpy as np
import pytest

from seqloom.data import kept as module
from seqloom.data.kept import Findings, Origin, kept, then
from seqloom.errors import InputError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "FROM", 0)
    monkeypatch.setenv("SEQLOOM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    return tmp_path / "a.txt"


class Finder:
    """Counts how often it has to look."""

    def __init__(self) -> None:
        self.looked = 0

    def __call__(self) -> Findings:
        self.looked += 1
        big = np.arange(300_000, dtype=np.int64) + self.looked
        return {"big": big, "none": np.zeros((0, 2), np.int64), "said": ["한글", 1, None], "looked": self.looked}


def same(one: Findings, other: Findings) -> bool:
    arrays = all(
        np.array_equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in ("big", "none")
    )
    return arrays and one["said"] == other["said"] and one["looked"] == other["looked"]


def test_what_was_found_is_mapped_the_next_time(folder: Path, file: Path) -> None:
    find = Finder()
    first = kept(Origin.of(file, "rows"), find)
    again = kept(Origin.of(file, "rows"), find)
    assert find.looked == 1 and same(first, again)
    assert isinstance(again["big"], np.memmap) and not again["big"].flags.writeable
    assert not any(place.name.startswith(".") for place in folder.iterdir())


def test_another_setting_or_another_file_is_found_anew(folder: Path, file: Path) -> None:
    find = Finder()
    origin = Origin.of(file, "rows")
    assert origin is not None
    other = file.with_name("b.txt")
    other.write_bytes(file.read_bytes())
    origins = [
        origin,
        Origin.of(file, "cells"),
        origin.then("share", 0.1),
        origin.then("share", 0.2),
        Origin.of(other, "rows"),
    ]
    origins += [origin.then(Origin.of(other)), then(origin, "share", "0.1")]
    for count, one in enumerate(origins, 1):
        kept(one, find)
        assert find.looked == count


@pytest.mark.parametrize("how", ["longer", "same size", "replaced"])
def test_a_file_that_was_written_to_is_found_anew(folder: Path, file: Path, how: str) -> None:
    find = Finder()
    kept(Origin.of(file), find)
    times = file.stat()
    if how == "replaced":
        file.rename(file.with_name("old.txt"))
    file.write_text("one\ntwo\nthree\n" if how == "longer" else "one\nTWO\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # even where its time was put back
    kept(Origin.of(file), find)
    assert find.looked == 2


def test_small_files_pipes_and_off_keep_nothing(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = Finder()
    kept(None, find)
    assert Origin.of(tmp_path / "none") is None and Origin.of(os.devnull) is None and then(None, "rows") is None
    with monkeypatch.context() as patch:
        patch.setattr(module, "FROM", 9)
        kept(Origin.of(file), find)
    monkeypatch.setenv("SEQLOOM_CACHE", "off")
    kept(Origin.of(file), find)
    assert find.looked == 3 and not folder.exists() and not (Path.cwd() / "off").exists()


def test_what_is_damaged_is_found_anew_and_kept_again(folder: Path, file: Path) -> None:
    find = Finder()
    for number, harm in enumerate(("cut", "lost", "nonsense"), 2):
        kept(Origin.of(file), find)
        (place,) = folder.iterdir()
        if harm == "cut":
            (place / "big.npy").write_bytes((place / "big.npy").read_bytes()[:-8])
        elif harm == "lost":
            (place / "none.npy").unlink()
        else:
            (place / "about.json").write_text("{")
        found = kept(Origin.of(file), find)
        assert find.looked == number and same(found, kept(Origin.of(file), find))


def test_an_error_keeps_nothing(folder: Path, file: Path) -> None:
    def wrong() -> Findings:
        raise InputError("a.txt:2: wrong.")

    for _ in range(2):
        with pytest.raises(InputError, match=r"a\.txt:2"):
            kept(Origin.of(file), wrong)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_to_is_no_matter(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FROM", 0)
    monkeypatch.setenv("SEQLOOM_CACHE", str(file / "below-a-file"))
    find = Finder()
    assert kept(Origin.of(file), find)["looked"] == 1 and kept(Origin.of(file), find)["looked"] == 2


def test_what_was_not_used_for_longest_goes_first(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = Finder()
    monkeypatch.setattr(module, "ROOM", 6_000_000)  # two of three
    for number in range(2):
        kept(Origin.of(file, number), find)
    for place in folder.iterdir():
        os.utime(place / "about.json", (1, 1))
    kept(Origin.of(file, 0), find)  # used again, so it stays
    kept(Origin.of(file, 2), find)
    assert len(list(folder.iterdir())) == 2 and find.looked == 3
    kept(Origin.of(file, 0), find)
    kept(Origin.of(file, 2), find)
    assert find.looked == 3


def test_what_is_not_ours_stays_and_what_was_abandoned_goes(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM", 1)
    folder.mkdir(parents=True)
    other, fresh, abandoned = folder / "photographs", folder / f".{'a' * 40}-1", folder / f".{'b' * 40}-1"
    for place in (other, fresh, abandoned):
        place.mkdir()
        (place / "about.json").write_text("{}", encoding="utf-8")
    os.utime(abandoned, (1, 1))
    kept(Origin.of(file), Finder())
    assert sorted(place.name for place in folder.iterdir()) == sorted([other.name, fresh.name])
