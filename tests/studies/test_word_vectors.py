"""Vectors of words: word2vec where gensim is there, and the agreement of neighbours."""

import sys

import pytest
import torch

from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import ResourceError
from seqloom.studies.word_vectors import agreement, scaled, word2vec

TEXTS = ["red blue red", "one two one", "blue red", "two one"] * 20
KINDS = {"red": "colour", "blue": "colour", "one": "number", "two": "number"}


def test_without_gensim_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[vectors\]'.*vectors=FILE"):
        word2vec(TEXTS, Vocabulary.train(TEXTS, "word"), 4, 1)


def test_word2vec_gives_a_vector_to_every_word_and_the_same_from_a_seed() -> None:
    pytest.importorskip("gensim", reason="gensim is in the extra `vectors`")
    vocabulary = Vocabulary.train(["Green", *TEXTS], "word", lowercase=True)
    table = word2vec(["Red blue", *TEXTS], vocabulary, 4, 1)
    known = {vocabulary.token(n) for n in range(len(vocabulary)) if bool(table[n].isfinite().all())}
    assert known == set(KINDS)
    again = word2vec(["Red blue", *TEXTS], vocabulary, 4, 1)
    assert torch.equal(table.nan_to_num(), again.nan_to_num())


def test_scaled_vectors_have_the_spread_of_learned_ones_and_holes_stay() -> None:
    table = torch.randn(50, 9) * 7 + 3
    table[4] = float("nan")
    made = scaled(table)
    assert made[4].isnan().all()
    known = made[made.isfinite().all(1)]
    assert torch.allclose(known.mean(0), torch.zeros(9), atol=1e-5)
    assert float(known.std()) == pytest.approx(1 / 3, rel=1e-3)


def test_agreement_is_the_share_of_neighbours_of_one_kind() -> None:
    vocabulary = Vocabulary.train(TEXTS, "word")
    place = {vocabulary.token(n): n for n in range(len(vocabulary))}
    table = torch.full((len(vocabulary), 2), float("nan"))
    for word, vector in {"red": (1.0, 0.0), "blue": (1.0, 0.1), "one": (0.0, 1.0), "two": (1.0, 0.2)}.items():
        table[place[word]] = torch.tensor(vector)
    assert agreement(table, vocabulary, KINDS) == 0.5  # two lies with the colours, and one's neighbour is two
    assert agreement(torch.eye(len(vocabulary)), vocabulary, KINDS) == pytest.approx(1 / 3)  # a draw of three
    assert agreement(table, vocabulary, {}) is None
