"""Word vectors in the formats they come in."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.vectors import coverage, read_vectors
from seqloom.errors import InputError

WORDS = {"the": [0.5, -1.0, 2.0], "영화": [1.0, 0.0, 3e-05], "cat": [0.1, 0.2, 0.3]}


def text(words: dict[str, list[float]], header: bool, end: str = "\n") -> bytes:
    first = f"{len(words)} 3{end}" if header else ""
    return (first + "".join(f"{word} {' '.join(map(str, row))}{end}" for word, row in words.items())).encode()


def binary(words: dict[str, list[float]], newline: bytes) -> bytes:
    rows = [word.encode() + b" " + struct.pack("<3f", *row) + newline for word, row in words.items()]
    return f"{len(words)} 3\n".encode() + b"".join(rows)


FORMATS = {
    "word2vec.txt": text(WORDS, True),
    "fasttext.vec": text(WORDS, True, " \n"),
    "glove.txt": text(WORDS, False),
    "windows.txt": text(WORDS, False, "\r\n"),
    "word2vec.bin": binary(WORDS, b"\n"),
    "gensim.bin": binary(WORDS, b""),
    "glove.txt.gz": gzip.compress(text(WORDS, False)),
    "word2vec.bin.gz": gzip.compress(binary(WORDS, b"\n")),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("asked", [None, {"영화", "the", "dog"}])
def test_every_format(tmp_path: Path, name: str, asked: set[str] | None) -> None:
    (tmp_path / name).write_bytes(FORMATS[name])
    words, values = read_vectors(tmp_path / name, asked)
    expected = [word for word in WORDS if asked is None or word in asked]
    assert words == expected
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.array([WORDS[word] for word in expected], np.float32))


def test_glove_words_may_hold_spaces_and_a_word_that_comes_twice_keeps_its_first_vector(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the 1 2 3\n. . . 4 5 6\nat a@b.com 7 8 9\nthe 0 0 0\n1 1 1 1\n\u00a0 2 2 2\n")
    words, values = read_vectors(tmp_path / "a.txt", None)
    assert words == ["the", ". . .", "at a@b.com", "1", "\u00a0"]
    assert values[:3].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert read_vectors(tmp_path / "a.txt", {". . .", "the"})[0] == ["the", ". . ."]


def test_a_word_that_comes_twice_in_a_binary_file_keeps_its_first_vector(tmp_path: Path) -> None:
    twice = binary(WORDS, b"\n") + binary({"the": [9.0, 9.0, 9.0]}, b"\n").partition(b"\n")[2]
    (tmp_path / "a.bin").write_bytes(b"4" + twice[1:])
    assert read_vectors(tmp_path / "a.bin")[1].tolist() == np.array(list(WORDS.values()), np.float32).tolist()


def test_no_word_found(tmp_path: Path) -> None:
    for name, data in FORMATS.items():
        (tmp_path / name).write_bytes(data)
        words, values = read_vectors(tmp_path / name, {"zebra"})
        assert words == [] and values.shape == (0, 3)


def test_decomposed_hangul_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("영화 1 2\n")
    assert read_vectors(tmp_path / "a.txt", {"영화"})[0] == ["영화"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"the 1 2 3\ncat 1 2\n", "a.txt:2: 2 numbers, expected 3 as in the rows before. The file is damaged"),
        (b"the 1 2 3\ncat 1 2 3 4\n", "a.txt:2: 4 numbers, expected 3"),
        (b"2 3\nthe 1 2 3\ncat 1 x 3\n", "a.txt:3: 'x' is not a finite number."),
        (b"the 1 2 3\ncat 1 nan 3\n", "a.txt:2: 'nan' is not a finite number."),
        (b"3 3\nthe 1 2 3\ncat 1 2 3\n", "a.txt ends after 2 of the 3 words that its first line promises"),
        (b"only words here\n", "a.txt:1: not word vectors: expected a word and its numbers, separated by spaces"),
        (b"the 1 2 3\n\xff 1 2 3\n", "a.txt:2: byte 1 of the word is not UTF-8 (0xff)."),
        (b"", "a.txt is empty."),
        (binary(WORDS, b"\n")[:-4], "a.txt ends in word 3 of the 3 that its first line promises: it was cut short."),
        (binary({"a": [float("nan")] * 3}, b""), "the vector of 'a' (word 1) holds a number that is not finite."),
        (gzip.compress(text(WORDS, True), mtime=0)[:-12], "a.txt ends in the middle of its gzip data"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(InputError) as error:
        read_vectors(tmp_path / "a.txt", None)
    assert says in str(error.value)
    with pytest.raises(InputError, match="no file"):
        read_vectors(tmp_path / "b.txt", None)


def test_a_changed_dimension_is_seen_even_in_a_word_nobody_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"the 1 2 3\ncat 1 2\n")
    with pytest.raises(InputError, match=r"a\.txt:2: 2 numbers, expected 3"):
        read_vectors(tmp_path / "a.txt", {"the"})


def test_coverage_is_said() -> None:
    assert coverage(["a"], 4, "x.vec") == "x.vec: vectors for 1 of 4 words (25.0 %); the others start at random"
