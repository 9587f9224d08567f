"""Batches of pairs: what the encoder reads, what the decoder is fed, what it has to write, and what may be copied."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.pairs import Pairs, Side
from seqloom.data.rows import read
from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK, Vocabulary
from seqloom.tasks.pair_batches import Coder, PairData, PairIds
from seqloom.tasks.questions import Questions

Make = Callable[..., Pairs]
LETTERS = Vocabulary.train(["가나다라마바사abc "], "char", 50)


@pytest.fixture
def pairs(tmp_path: Path) -> Make:
    def make(text: str, source: tuple[str, ...] = ("1",)) -> Pairs:
        (tmp_path / "p.tsv").write_text(text, encoding="utf-8")
        rows = read(tmp_path / "p.tsv", header=False)
        places = np.arange(len(rows))
        return Pairs("p.tsv", Side(rows, source, places), Side(rows, ("2",), places))

    return make


def coder(copies: bool = False, longest: int = 100, vocabulary: Vocabulary = LETTERS) -> Coder:
    return Coder(vocabulary, vocabulary, copies, longest)


def test_source_and_target_of_a_batch(pairs: Make) -> None:
    data = PairData(PairIds(coder(), pairs("가나\ta\n다\tbcb\n"), 100, False), 100, 7)
    batch = data.load(np.array([1, 0]))
    one = LETTERS.encode
    assert batch.inputs["source"].values.tolist() == [[*one("다"), EOS, PAD], [*one("가나"), EOS]]
    assert batch.inputs["target"].values.tolist() == [[BOS, *one("bcb")], [BOS, *one("a"), PAD, PAD]]
    assert batch.target["words"].values.tolist() == [[*one("bcb"), EOS], [*one("a"), EOS, PAD, PAD]]
    for field in (batch.inputs["target"], batch.target["words"]):
        assert field.mask is not None and field.mask.sum(1).tolist() == [4, 2]
    assert batch.rows == (1, 0) and batch.tokens == 6 and "copy" not in batch.inputs


def test_texts_of_a_source_are_parted(pairs: Make) -> None:
    ids = PairIds(coder(), pairs("가\ta\tb\n", ("1", "3")), 100, False)
    assert ids[0][0] == [*LETTERS.encode("가"), SEP, *LETTERS.encode("b"), EOS]


def test_a_line_end_in_a_text_of_words_does_not_end_it() -> None:
    words = Vocabulary.train(["가 나 다"], "symbol", 20)
    (ids,) = coder(vocabulary=words).targets(["가 나\n다"])
    assert ids == words.encode("가 나 다") and EOS not in ids
    batch = coder(vocabulary=words).reading([["가\n나"]])
    assert batch.inputs["source"].values.tolist() == [[*words.encode("가 나"), EOS]]


def test_epochs_shuffle_and_every_pair_comes_once(pairs: Make) -> None:
    rows = pairs("".join(f"{'가' * (1 + n % 7)}\t{'ab' * (1 + n % 5)}\n" for n in range(60)))
    data = PairData(PairIds(coder(), rows, 100, False), 40, 7)
    orders = [[key.tolist() for key in data.order(epoch)] for epoch in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(row for key in orders[2] for row in key) == list(range(60))
    other = PairData(PairIds(coder(), rows, 100, False), 40, 8)
    assert [key.tolist() for key in other.order(0)] != orders[0]


@pytest.mark.parametrize("longer", ["source", "target"])
def test_a_batch_holds_so_many_positions_on_its_longer_side(pairs: Make, longer: str) -> None:
    sides = ["가" * 9, "a"] if longer == "source" else ["가", "a" * 9]
    data = PairData(PairIds(coder(), pairs(("\t".join(sides) + "\n") * 20), 100, False), 40, 7)
    assert {len(key) for key in data.order(0)} == {4}


def test_pairs_too_long_are_left_out_of_training(pairs: Make) -> None:
    rows = pairs(f"가\ta\n{'가' * 6}\tb\n다\t{'a' * 6}\n라\tc\n")
    ids = PairIds(coder(longest=5), rows, 5, False)
    assert (ids.too_long, ids.first_long, ids.cut, len(ids)) == (2, 1, 0, 2)
    batch = PairData(ids, 100, 7).load(np.array([0, 1]))
    assert batch.rows == (0, 3), "rows are places in the file"
    assert LETTERS.decode(batch.inputs["source"].values[1].tolist()) == "라"
    assert len(PairIds(coder(longest=6), rows, 6, False)) == 4


def test_sources_too_long_are_cut_where_they_must_be_answered(pairs: Make) -> None:
    rows = pairs(f"가\ta\n{'가' * 6}\tb\n다\t{'a' * 9}\n")
    ids = PairIds(coder(longest=5), rows, None, True)
    assert (ids.too_long, ids.cut, len(ids)) == (0, 1, 3)
    assert len(ids[1][0]) == 6 and ids[1][0][-1] == EOS
    assert len(ids[2][1]) == 9, "a target to compare with is never cut"
    assert coder(longest=5).reading([["가" * 6]]).inputs["source"].values.tolist() == [ids[1][0]]


def test_evaluation_goes_from_short_to_long(pairs: Make) -> None:
    rows = pairs(f"{'가' * 5}\ta\n가\ta\n가나\t{'a' * 3}\n")
    ids = PairIds(coder(), rows, None, True)
    data = PairData(ids, 6, 7, Questions(rows, ids.longer.tolist(), False))
    assert [key.tolist() for key in data.order(0)] == [[1], [2], [0]] == [key.tolist() for key in data.order(1)]


WORDS = Vocabulary.train(["met 와 ."], "word", 20)


def test_words_of_the_source_can_be_copied(pairs: Make) -> None:
    size, one = len(WORDS), WORDS.encode
    copying = Coder(WORDS, WORDS, True, 100)
    ids = PairIds(copying, pairs("김하늘 met Zoë .\tZoë 와 김하늘 박\nmet\tmet\n"), 100, False)
    batch = PairData(ids, 100, 7).load(np.array([0, 1]))
    source, copy = batch.inputs["source"], batch.inputs["copy"]
    assert source.values[0].tolist() == [UNK, *one("met"), UNK, *one("."), EOS]
    assert copy.values[0].tolist() == [size, *one("met"), size + 1, *one("."), EOS]
    assert copy.values[1].tolist() == [*one("met"), EOS, PAD, PAD, PAD]
    assert batch.inputs["target"].values[0].tolist() == [BOS, UNK, *one("와"), UNK, UNK], "fed as unknown"
    assert batch.target["words"].values[0].tolist() == [size + 1, *one("와"), size, UNK, EOS]
    assert source.mask is not None and copy.mask is not None and (source.mask == copy.mask).all()
    reading = copying.reading([["김하늘 met Zoë ."], ["met"]])
    assert reading.inputs["copy"].values.tolist() == copy.values.tolist() and not reading.target


def test_own_words_of_several_texts_are_numbered_together() -> None:
    size, copying = len(WORDS), Coder(WORDS, WORDS, True, 100)
    ids, own = copying.copied(["김 met", "박 김"])
    assert own == ["김", "박"] and ids == [size, *WORDS.encode("met"), SEP, size + 1, size, EOS]
    assert copying.rewritten("박 met 최", own) == [size + 1, *WORDS.encode("met"), UNK]
    short = Coder(WORDS, WORDS, True, 2)
    assert short.copied(["met 김 박"])[0] == [*WORDS.encode("met"), size, EOS]
