"""The study of embeddings: its arms, its verdict, its control, texts and vectors of one's own."""

import sys
from pathlib import Path

import pytest
import torch

from seqloom.data.vocabulary import UNK, Vocabulary
from seqloom.errors import InputError
from seqloom.layers.embedding import TokenEmbedding
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.embeddings import ARMS, Embeddings, batch, encoded
from seqloom.studies.learning import numbers
from seqloom.studies.puzzles_words import Labelled, made

SMALL = {"few": 4, "many": 16, "corpus": 20, "words": 3, "steps": 2, "size": 4, "encoder": "bag"}


def rows_of(few: float = 0.2, onehot: float = 0.2, many: float = 0.02) -> list[dict[str, object]]:
    """Rows of three seeds: what pretrained vectors are ahead by, from few rows and from many."""
    ahead = {(32, "learned"): few, (32, "one-hot"): onehot, (4000, "learned"): many, (4000, "one-hot"): many}
    return [
        {
            "seed": seed,
            "vectors": arm,
            "labelled": n,
            "right": 0.9 + seed / 1000 - ahead.get((n, arm), 0) * (1 + seed / 99),
        }
        for seed in (1, 2, 3)
        for n in (32, 4000)
        for arm in ARMS
    ]


def vectors_of(path: Path, words: list[str]) -> Path:
    """Write vectors in word2vec's text form."""
    rows = [f"{word} {n % 3} {n % 5} 0.5" for n, word in enumerate(words)]
    path.write_text(f"{len(words)} 3\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_claim_that_is_so_holds() -> None:
    assert Embeddings().judge(rows_of()).answer == "holds"


@pytest.mark.parametrize("what", [{"few": 0.0, "many": -0.1}, {"onehot": 0.0}, {"many": 0.2}])
def test_each_part_of_the_test_can_break_it(what: dict[str, float]) -> None:
    assert Embeddings().judge(rows_of(**what)).answer == "does not hold"


def test_each_arm_reads_what_it_is_named_for() -> None:
    study = Embeddings(size=4)
    vectors = torch.randn(9, 4)
    for arm in ARMS:
        source = study._model(arm, 9, ["a", "b"], vectors, 1).source
        assert isinstance(source, TokenEmbedding)
        if arm == "one-hot":
            assert source.table is None
            assert source.size == 9
            continue
        assert source.table is not None
        assert source.table.weight.requires_grad == (arm != "frozen")
        assert source.table.weight[5:].equal(vectors[5:]) == (arm != "learned")


def test_rows_become_a_batch() -> None:
    rows = Labelled(("b a", "", "c"), ("no", "yes", "no"), {})
    vocabulary = Vocabulary.train(["a b"], "word")
    ids, told = encoded(rows, vocabulary, ["no", "yes"])
    assert told == [0, 1, 0]
    assert ids[1] == ids[2] == [UNK]
    made_of = batch(ids, told)
    assert made_of.inputs["source"].mask is not None
    assert made_of.inputs["source"].mask.tolist() == [[True, True], [True, False], [True, False]]


def test_vectors_of_a_file_take_the_place_of_word2vec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models", None)  # it is not asked for
    names = [f"{kind}{n}" for kind in ("good", "bad", "plain") for n in range(3)]
    path = vectors_of(tmp_path / "v.txt", names)
    rows = Embeddings(**{**SMALL, "vectors": str(path)}).measure(1, print)  # type: ignore[arg-type]
    assert [(row["labelled"], row["vectors"]) for row in rows] == [(n, arm) for n in (4, 8, 16) for arm in ARMS]
    assert all(0 <= row["right"] <= 1 and 0 <= row["alike"] <= 1 for row in rows)


def test_texts_of_a_file_take_the_place_of_the_made_language(tmp_path: Path) -> None:
    rows = made(numbers(1), 130, 5, 3)
    path = tmp_path / "texts.tsv"
    lines = [f"{text}\t{label}" for text, label in zip(rows.texts, rows.labels, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    vectors = vectors_of(tmp_path / "v.txt", list(rows.kinds))
    given = {**SMALL, "data": str(path), "vectors": str(vectors)}
    found = Embeddings(**given).measure(1, print)  # type: ignore[arg-type]
    assert len(found) == 12
    assert "alike" not in found[0]  # of words of one's own no kinds are known
    assert len(Embeddings().figures([{"seed": 1, **row} for row in found])) == 1
    with pytest.raises(InputError, match="has 130 rows; many=100 and 100"):
        Embeddings(**{**given, "many": 100}).measure(1, print)  # type: ignore[arg-type]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="few must be below many"):
        prepare("embeddings", {"few": 50, "many": 50})
    with pytest.raises(InputError, match="leave out vectors"):
        prepare("embeddings", {"vectors": "v.txt", "shuffled": True})


@pytest.mark.slow
def test_the_verdict_holds_and_without_company_it_does_not() -> None:
    pytest.importorskip("gensim", reason="gensim is in the extra `vectors`")
    found = conduct("embeddings", Embeddings.tiny, seeds=4, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    assert len(found.figures) == 2
    broken = conduct("embeddings", {**Embeddings.tiny, **Embeddings.control}, seeds=3, jobs=1)
    assert broken.verdict.answer == "does not hold", broken.verdict.reasons
