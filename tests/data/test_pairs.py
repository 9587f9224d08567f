"""Pairs: two columns of a file, or two files whose lines go together."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.pairs import Pair, Pairs, Side, parallel, two_files, whole
from seqloom.data.rows import OnBadRow, read
from seqloom.errors import InputError


def columns(path: Path, text: str, *, source: tuple[str, ...] = ("1",), target: str = "2") -> Pairs:
    path.write_text(text, encoding="utf-8")
    rows = read(path, header=False)
    places = np.arange(len(rows))
    return Pairs(str(path), Side(rows, source, places), Side(rows, (target,), places))


def lines(folder: Path, one: bytes, other: bytes, on_bad_row: OnBadRow = "error") -> Pairs:
    (folder / "a.ko").write_bytes(one)
    (folder / "a.en").write_bytes(other)
    name = f"{folder / 'a.ko'},{folder / 'a.en'}"
    first, second, at_first, at_second = parallel(name, on_bad_row)
    return Pairs(name, Side(first, ("text",), at_first), Side(second, ("text",), at_second))


def test_columns_of_one_file(tmp_path: Path) -> None:
    pairs = columns(tmp_path / "쌍.tsv", "가다\t갔다\tPST\n오다\t온다\tPRS\n", source=("1", "3"))
    assert list(pairs) == [Pair(("가다", "PST"), "갔다"), Pair(("오다", "PRS"), "온다")]
    assert pairs.where(1).endswith("쌍.tsv:2") and len(pairs) == 2
    assert list(pairs.at([1])) == [pairs[1]] and pairs.at([1]).where(0).endswith(":2")


def test_two_files_are_named_with_a_comma(tmp_path: Path) -> None:
    assert two_files("train.de, train.en") == ("train.de", "train.en")
    assert two_files("pairs.tsv") is None
    (tmp_path / "a,b.tsv").write_text("x")
    assert two_files(str(tmp_path / "a,b.tsv")) is None, "a file may have a comma in its name"
    with pytest.raises(InputError, match="a,b,c: give one file of two columns, or two files of lines"):
        two_files("a,b,c")


def test_lines_keep_their_partners(tmp_path: Path) -> None:
    pairs = lines(tmp_path, "하나\n\n 셋\n".encode(), b"one\ntwo\nthree")
    assert list(pairs) == [Pair(("하나",), "one"), Pair(("",), "two"), Pair((" 셋",), "three")]
    assert pairs.where(1).endswith("a.ko:2") and pairs.where(1, "target").endswith("a.en:2")


def test_gzipped_lines(tmp_path: Path) -> None:
    pairs = lines(tmp_path, gzip.compress("하나\n둘\n".encode()), gzip.compress(b"one\ntwo\n"))
    assert [pair.target for pair in pairs] == ["one", "two"]


def test_unequal_line_counts_name_both(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.ko has 2 lines and .*a\.en has 3: line n of one must go with line n"):
        lines(tmp_path, "하나\n둘\n".encode(), b"one\ntwo\nthree\n")


def test_a_broken_line_takes_its_partner_along(tmp_path: Path) -> None:
    one, other = b"\xff\n" + "둘\n셋\n넷\n".encode(), b"one\ntwo\n\xfe\nfour\n"
    with pytest.raises(InputError, match=r"a\.ko:1: byte 1 of the line is not UTF-8"):
        lines(tmp_path, one, other)
    pairs = lines(tmp_path, one, other, "skip")
    assert list(pairs) == [Pair(("둘",), "two"), Pair(("넷",), "four")]
    assert pairs.where(1).endswith(":4")
    one_sided = lines(tmp_path, one, b"one\ntwo\nthree\nfour\n", "skip")
    assert [pair.target for pair in one_sided] == ["two", "three", "four"]


@pytest.mark.parametrize(("row", "side", "file"), [("\tdrei", "source", "a.ko"), ("셋\t ", "target", "a.en")])
def test_an_empty_side_is_a_bad_row(tmp_path: Path, row: str, side: str, file: str) -> None:
    text = f"하나\tone\n{row}\n둘\ttwo\n"
    with pytest.raises(InputError, match=rf"p\.tsv:2: the {side} is empty\. Fix the row, or skip such rows with"):
        whole(columns(tmp_path / "p.tsv", text))
    pairs, note = whole(columns(tmp_path / "p.tsv", text), "skip")
    assert [pair.target for pair in pairs] == ["one", "two"] and pairs.skipped == 1
    assert note.startswith("1 pair of 3 with an empty side skipped, the first: ") and f"the {side} is empty" in note
    one, other = (
        b"\n".join(part.encode() for part in half)
        for half in zip(*(r.split("\t") for r in text.split("\n")[:3]), strict=True)
    )
    with pytest.raises(InputError, match=rf"{file}:2: the {side} is empty"):
        whole(lines(tmp_path, one, other))


def test_pairs_of_which_all_lack_a_side(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pair has text on both sides; the first"):
        whole(columns(tmp_path / "p.tsv", "\ta\nb\t\n"), "skip")
    some, note = whole(columns(tmp_path / "r.tsv", "가\ta\n\tb\n나\t\n"), "skip")
    assert len(some) == 1 and note.startswith("2 pairs of 3") and note.endswith("r.tsv:2: the source is empty")
    pairs = columns(tmp_path / "q.tsv", "가\ta\n")
    assert whole(pairs) == (pairs, "")


def test_one_of_several_source_columns_may_be_empty(tmp_path: Path) -> None:
    pairs = columns(tmp_path / "p.tsv", "가\ta\t\n나\tb\tx\n", source=("1", "3"))
    assert whole(pairs)[0] is pairs
