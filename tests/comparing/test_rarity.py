"""How rare tokens are: ranks worked by hand, by ids where these are in the order of frequency, else by counts."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.comparing import rarity
from seqloom.comparing.items import items_of
from seqloom.comparing.rarity import Ranks
from seqloom.data.vocabulary import BOS, EOS, PAD, UNK, Vocabulary
from seqloom.data.words import Words
from seqloom.training.run import Run, fit, load

TEXTS = ["나무 나무 나무 나무 숲 숲 tree", "나무 숲 새"]
SMALL: dict[str, Any] = {"encoder": {"size": 4}, "steps": 1, "device": "cpu"}


def test_the_most_frequent_word_has_rank_1_and_an_unknown_one_the_last() -> None:
    words = Vocabulary.train(TEXTS, "word")
    ranks = Ranks.of_ids(len(words))
    (tree,) = words.encode("나무")
    (wood,) = words.encode("숲")
    assert (ranks.of([tree]), ranks.of([wood]), ranks.of([tree, wood])) == (0.0, 1.0, 0.5)
    assert ranks.of([UNK]) == math.log2(5) == ranks.of([len(words) + 3]), "four words are known"


def test_what_is_no_token_counts_for_nothing() -> None:
    ranks = Ranks.of_ids(9)
    assert ranks.of([BOS, 5, EOS, PAD]) == 0.0
    assert math.isnan(ranks.of([])) and math.isnan(ranks.of([PAD, EOS]))


def test_ranks_by_counts_are_shared_by_equals_and_unused_tokens_are_the_rarest() -> None:
    ranks = Ranks.of_counts(np.array([0, 0, 0, 0, 7, 2, 0, 9, 2, 1]))
    assert [round(2 ** ranks.of([one]), 9) for one in range(4, 10)] == [5, 2.5, 5, 1, 2.5, 4]


@pytest.mark.parametrize("kind", ["char", "jamo", "symbol", "word"])
def test_ids_of_a_kind_that_is_not_counted_are_in_the_order_of_frequency(kind: str) -> None:
    assert kind not in rarity.COUNTED
    vocabulary = Vocabulary.train(TEXTS, kind)  # type: ignore[arg-type]
    ids = [one for text in TEXTS for one in vocabulary.encode(text) if one > UNK]
    assert (np.diff(np.bincount(ids)[UNK + 1 :]) <= 0).all()


def test_ids_of_a_taggers_words_are_in_the_order_of_frequency() -> None:
    words = Words.train({"개": 3, "새": 9}, 100)
    ranks = Ranks.of_ids(len(words))
    assert (ranks.of([words.id("새")]), ranks.of([words.id("개")])) == (0.0, 1.0)


def test_rows_are_told_where_their_mask_is_true() -> None:
    ids = torch.tensor([[5, 6, 0], [6, 0, 0], [0, 0, 0]])
    told = Ranks.of_ids(9).rows(ids, ids > 0)
    assert told[:2].tolist() == [0.5, 1.0] and np.isnan(told[2])


def classifier(folder: Path, tokens: str) -> tuple[Run, str]:
    """Train on rows in which one word is frequent and the others are rare."""
    data = folder / "rows.tsv"
    rows = [*["가 가 가 가\ta", "가 가 가 나\tb"] * 10, "가 다\ta"]
    data.write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    run = fit(
        "classify",
        str(data),
        arch="gru",
        valid=0.0,
        out=str(folder / "run"),
        source={"tokens": tokens, "size": 4, "vocab": 300},
        **SMALL,
    )
    (folder / "test.tsv").write_text("text\tlabel\n가 가\ta\n가 나\tb\n가 다\ta\n가 라\tb\n", encoding="utf-8")
    return run, str(folder / "test.tsv")


@pytest.mark.parametrize("tokens", ["bpe", "unigram", "byte", "char"])
def test_every_kind_of_token_ranks_rows_from_common_to_rare(tokens: str, tmp_path: Path) -> None:
    run, data = classifier(tmp_path, tokens)
    told = items_of(run, data).rarity
    assert told is not None
    assert told[0] < told[1] < told[2] <= told[3] + 1e-9, "가 is everywhere, 나 at times, 다 once, 라 never"
    again = items_of(load(tmp_path / "run"), data).rarity
    assert again is not None and again.tolist() == told.tolist(), "a loaded run reads its training file again"


def test_where_the_training_file_is_gone_pieces_have_no_rank_and_that_is_said(tmp_path: Path) -> None:
    _, data = classifier(tmp_path, "bpe")
    (tmp_path / "rows.tsv").unlink()
    said: list[str] = []
    items = items_of(load(tmp_path / "run"), data, say=said.append)
    assert items.rarity is None and len(items.stats) == 4
    assert any("how rare the bpe tokens of a row are is not known:" in note and "rows.tsv" in note for note in said)


def test_of_a_large_file_some_batches_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, data = classifier(tmp_path, "byte")
    whole = items_of(run, data).rarity
    run.spec.fit.batch_tokens = 24
    monkeypatch.setattr(rarity, "ENOUGH", 24)
    some = items_of(run, data).rarity
    assert whole is not None and some is not None
    assert some.tolist() != whole.tolist() and some[0] < some[3]
