"""Made texts of moods, texts of a file, and the corpus without company."""

from collections import Counter
from pathlib import Path

import pytest

from seqloom.errors import InputError
from seqloom.studies.learning import numbers
from seqloom.studies.puzzles_words import made, read, shuffled


def test_most_words_of_mood_are_of_the_labels() -> None:
    rows = made(numbers(1), 500, 10, 7)
    assert {len(text.split()) for text in rows.texts} == {10}
    counts: Counter[bool] = Counter()
    for text, label in zip(rows.texts, rows.labels, strict=True):
        kinds = [rows.kinds[word] for word in text.split()]
        counts.update(kind == label for kind in kinds if kind != "plain")
    assert counts[True] / counts.total() == pytest.approx(0.8, abs=0.02)
    assert counts.total() / 5000 == pytest.approx(0.5, abs=0.02)
    assert Counter(rows.kinds.values()) == {"good": 7, "bad": 7, "plain": 7}


def test_rows_are_taken_by_place() -> None:
    rows = made(numbers(1), 5, 3, 2)
    two = rows.some([3, 0])
    assert two.texts == (rows.texts[3], rows.texts[0])
    assert two.labels == (rows.labels[3], rows.labels[0])


def test_shuffling_keeps_words_and_lengths_alone() -> None:
    texts = ["a b c", "d", "a a e f"]
    dealt = shuffled(texts, numbers(1))
    assert [len(text.split()) for text in dealt] == [3, 1, 4]
    assert Counter(" ".join(dealt).split()) == Counter(" ".join(texts).split())
    assert dealt != texts


def test_a_file_of_texts_and_labels_is_read(tmp_path: Path) -> None:
    with_header = tmp_path / "a.tsv"
    with_header.write_text("label\ttext\nyes\tone two\nno\tthree\n", encoding="utf-8")
    rows = read(str(with_header))
    assert (rows.texts, rows.labels) == (("one two", "three"), ("yes", "no"))
    plain = tmp_path / "b.tsv"
    plain.write_text("one two\tyes\nthree\tno\n", encoding="utf-8")
    assert read(str(plain)).texts == ("one two", "three")
    other = tmp_path / "c.tsv"
    other.write_text("a\tb\tc\n", encoding="utf-8")
    with pytest.raises(InputError, match="expected two, the text and its label"):
        read(str(other))
