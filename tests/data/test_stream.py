"""Long texts as streams."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.stream import encode_stream, split_tail, text_chunks
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import InputError


def write(folder: Path, name: str, data: str | bytes) -> Path:
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder / name


@given(st.text("ab가\n", min_size=1, max_size=60), st.integers(1, 20), st.booleans(), st.booleans())
def test_the_pieces_are_the_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, chunk: int, windows: bool, packed: bool
) -> None:
    data = ("\ufeff" + text).replace("\n", "\r\n" if windows else "\n").encode()
    file = write(tmp_path_factory.mktemp("s"), "a.txt", gzip.compress(data) if packed else data)
    pieces = list(text_chunks(file, chunk=chunk))
    assert "".join(pieces) == text
    assert all(piece.endswith("\n") for piece in pieces[:-1])


@pytest.mark.parametrize("limit", [2**20, 10])
def test_pieces_are_of_about_the_size_asked_for(tmp_path: Path, limit: int) -> None:
    file = write(tmp_path, "a.txt", "".join(f"line {number}\n" for number in range(10_000)))
    pieces = list(text_chunks(file, chunk=1000, memory_limit=limit))
    assert all(1000 <= len(piece) < 1020 for piece in pieces[:-1])
    assert len("".join(pieces).splitlines()) == 10_000


def test_a_lone_carriage_return_stays_and_a_ten_megabyte_line_is_one_piece(tmp_path: Path) -> None:
    assert "".join(text_chunks(write(tmp_path, "a.txt", "a\rb\r\nc"))) == "a\rb\nc"
    assert [len(piece) for piece in text_chunks(write(tmp_path, "b.txt", "가" * 3_500_000 + "\nb"))] == [3_500_001, 1]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"caf\xe9", "a.txt:3: byte 4 of the line is not UTF-8 (0xe9)."),
        (b"a\0", "a.txt:3: byte 2 of the line is NUL (0x00)."),
    ],
)
@pytest.mark.parametrize("chunk", [1, 5, 2**20])
def test_a_bad_line_is_refused_by_number_or_skipped_and_said(tmp_path: Path, bad: bytes, says: str, chunk: int) -> None:
    file = write(tmp_path, "a.txt", b"one\n\n" + bad + b"\nfour\n")
    with pytest.raises(InputError) as error:
        list(text_chunks(file, chunk=chunk))
    assert says in str(error.value) and "skip such rows with --on-bad-row skip." in str(error.value)
    said: list[str] = []
    assert "".join(text_chunks(file, chunk=chunk, on_bad_row="skip", say=said.append)) == "one\n\nfour\n"
    assert len(said) == 1 and said[0].startswith("1 bad line skipped, the first: ") and says[:-1] in said[0]


def test_a_text_of_bad_lines_only(tmp_path: Path) -> None:
    for data in (b"\xff\n\xff\n", b"\xff"):
        with pytest.raises(InputError, match=r"a\.txt: no good line; the first: .*a\.txt:1: byte 1"):
            list(text_chunks(write(tmp_path, "a.txt", data), on_bad_row="skip"))


def test_an_empty_file_is_refused_before_the_first_piece(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.txt is empty"):
        text_chunks(write(tmp_path, "a.txt", b""))


def test_a_column_of_a_table(tmp_path: Path) -> None:
    said: list[str] = []
    file = write(tmp_path, "a.tsv", "id\t텍스트\n1\t가\n\n2\t나\n")
    assert list(text_chunks(file, say=said.append)) == ["가\n나\n"]
    assert any("1 blank line skipped" in note for note in said)
    assert list(text_chunks(file, column="id", chunk=1)) == ["1\n", "2\n"]
    assert "".join(text_chunks(write(tmp_path, "b.csv", "verse\na\n"), header=True)) == "a\n"
    with pytest.raises(InputError, match=r"which column is the text\? it has 2 columns \(id, x\)\. Name it"):
        text_chunks(write(tmp_path, "c.tsv", "id\tx\n1\ta\n"))


@pytest.mark.parametrize("kind", ["char", "bpe", "word"])
def test_ids_are_the_same_in_memory_on_disk_and_whatever_the_pieces(tmp_path: Path, kind: str) -> None:
    text = "".join(f"문장 {number}  the cat\n\n" for number in range(500)) + "end"
    file = write(tmp_path, "a.txt", text)
    vocabulary = Vocabulary.train([text], kind, 300)  # type: ignore[arg-type]
    whole = vocabulary.encode(text)
    held = encode_stream(text_chunks(file), vocabulary)
    spilled = encode_stream(text_chunks(file, chunk=50), vocabulary, in_memory=100)
    assert held.dtype == spilled.dtype == np.int32
    assert not isinstance(held, np.memmap) and isinstance(spilled, np.memmap)
    assert held.tolist() == spilled.tolist() == whole


def test_the_temporary_file_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ids = encode_stream(["abc"] * 10, Vocabulary.train(["abc"], "char", 9), in_memory=5)
    head, _ = split_tail(ids, 0.5)
    del ids
    assert head[:4].tolist() == [5, 6, 7, 5]
    assert not list(tmp_path.iterdir())


def test_split_tail() -> None:
    head, tail = split_tail(np.arange(100, dtype=np.int32), 0.05)
    assert head.tolist() == list(range(95)) and tail.tolist() == list(range(95, 100))
    with pytest.raises(InputError, match=r"20 tokens are too few to hold out 0\.05 of them"):
        split_tail(np.arange(20, dtype=np.int32), 0.05)
    with pytest.raises(InputError, match=r"a share of 1\.5 cannot be held out"):
        split_tail(np.arange(20, dtype=np.int32), 1.5)
