"""How rare tokens are: ranks worked by hand for every kind of vocabulary."""

import math

import numpy as np
import pytest
import torch

from seqloom.comparing.rarity import BYTES, Ranks, ranks_of
from seqloom.data.kmers import Kmers
from seqloom.data.vocabulary import BOS, EOS, PAD, UNK, Vocabulary
from seqloom.data.words import Words

TEXTS = ["나무 나무 나무 나무 숲 숲 tree", "나무 숲 새"]


def test_the_most_frequent_word_has_rank_1_and_an_unknown_one_the_last() -> None:
    words = Vocabulary.train(TEXTS, "word")
    ranks = Ranks(words)
    (tree,) = words.encode("나무")
    (wood,) = words.encode("숲")
    assert (ranks.of([tree]), ranks.of([wood]), ranks.of([tree, wood])) == (0.0, 1.0, 0.5)
    assert ranks.of([UNK]) == math.log2(5) == ranks.of([len(words) + 3]), "four words are known"
    assert ranks.exact


def test_what_is_no_token_counts_for_nothing() -> None:
    ranks = Ranks(Vocabulary.train(TEXTS, "word"))
    assert ranks.of([BOS, 5, EOS, PAD]) == 0.0
    assert math.isnan(ranks.of([])) and math.isnan(ranks.of([PAD, EOS]))


@pytest.mark.parametrize("kind", ["char", "jamo", "symbol", "word"])
def test_ids_of_a_kind_that_says_so_are_ranks_of_frequency(kind: str) -> None:
    vocabulary = Vocabulary.train(TEXTS, kind)  # type: ignore[arg-type]
    ids = [one for text in TEXTS for one in vocabulary.encode(text) if one > UNK]
    counts = np.bincount(ids)[UNK + 1 :]
    assert (np.diff(counts) <= 0).all() and Ranks(vocabulary).exact


def test_pieces_have_the_rank_in_which_they_were_learnt() -> None:
    pieces = Vocabulary.train(["나무 숲 나무 숲 나무 tree"] * 5, "bpe", 300)
    ranks, merged = Ranks(pieces), len(pieces) - UNK - 1 - BYTES
    assert not ranks.exact and merged > 2
    assert ranks.of([UNK + 1 + BYTES]) == 0.0
    assert ranks.of([len(pieces) - 1]) == pytest.approx(math.log2(merged))
    assert ranks.of([UNK + 1]) == ranks.of([UNK + BYTES]) == pytest.approx(math.log2((1 + merged) / 2))


def test_words_of_a_tagger_and_kmers_have_ranks_and_bytes_have_none() -> None:
    words = Words.train({"개": 3, "새": 9}, 100)
    assert (Ranks(words).of([words.id("새")]), Ranks(words).of([words.id("개")])) == (0.0, 1.0)
    kmers = Kmers.train(["ACGTACGA"], 2, 100, "DNA")
    assert ranks_of(kmers) is not None
    assert ranks_of(Vocabulary.train(TEXTS, "byte")) is None
    assert ranks_of(np.zeros(3)) is None and ranks_of(None) is None


def test_rows_are_told_where_their_mask_is_true() -> None:
    ranks = Ranks(Vocabulary.train(TEXTS, "word"))
    ids = torch.tensor([[5, 6, 0], [6, 0, 0], [0, 0, 0]])
    told = ranks.rows(ids, ids > 0)
    assert told[:2].tolist() == [0.5, 1.0] and np.isnan(told[2])
