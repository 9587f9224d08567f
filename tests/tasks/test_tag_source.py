"""What a tagger reads of words: their ids and letters, or their pieces with the first one labelled."""

from pathlib import Path

import pytest
import torch

from seqloom.data.encoded import Encoded
from seqloom.data.vocabulary import UNK
from seqloom.errors import InputError
from seqloom.spec import SideSpec
from seqloom.tasks import tag_source
from seqloom.tasks.tag_source import PieceSource, WordSource

COUNTS = {"나는": 4, "서울에": 3, "간다": 2, "!": 1, " ": 2}
WORDS = list(COUNTS)
ROWS = Encoded.collect(iter([[0, 1, 2], [3], [], [4, 0]]))


def source(**side: object) -> tag_source.Source:
    return tag_source.learn(SideSpec.model_validate({"tokens": "word", **side}), COUNTS, "a.conll", lambda note: None)


def test_words_with_letters_and_casing() -> None:
    read = source(letters="cnn", casing=True).read(WORDS, ROWS)
    (field,) = read.inputs([0, 1, 2], None).values()
    assert field.values.shape == (3, 3, 2 + 3) and field.mask is not None
    assert field.mask.tolist() == [[True, True, True], [True, False, False], [False, False, False]]
    assert field.values[1, 1:].eq(0).all() and field.values[2].eq(0).all()
    assert (field.values[0, 0] != 0).sum() == 4, "an id, a casing, two letters"
    assert read.lengths.tolist() == [3, 1, 0, 2]


def test_words_alone_are_ids() -> None:
    read = source().read(WORDS, ROWS)
    assert read.inputs([0, 1], None)["source"].values.tolist() == [[5, 6, 8], [9, 0, 0]]
    casing = source(casing=True)
    assert casing.read(WORDS, ROWS).inputs([0], None)["source"].values.shape == (1, 3, 3)
    assert casing.wiring(True)["letters"] is None and source(letters="lstm").wiring(True)["letters"] > 2


def test_padding_to_a_longer_row_changes_nothing() -> None:
    read = source(letters="cnn").read(WORDS, ROWS)
    alone, beside = read.inputs([1], None)["source"].values, read.inputs([1, 0], None)["source"].values[0]
    wide = torch.zeros_like(beside)
    wide[: alone.shape[1], : alone.shape[2]] = alone[0]
    assert torch.equal(wide, beside)


@pytest.mark.parametrize("tokens", ["bpe", "unigram", "char", "jamo", "byte"])
def test_each_word_is_labelled_at_its_first_piece(tokens: str) -> None:
    made = source(tokens=tokens, vocab=300)
    assert isinstance(made, PieceSource)
    inputs = made.read(WORDS, ROWS).inputs([0, 3], None)
    ids, places = inputs["source"], inputs["places"]
    assert places.mask is not None and places.mask.sum(1).tolist() == [3, 2]
    assert places.values[0].tolist()[0] == 0 and ids.mask is not None
    ends = [*places.values[0].tolist()[1:], int(ids.mask[0].sum())]
    text = [
        made.vocabulary.decode(ids.values[0, start:end].tolist()).strip()
        for start, end in zip(places.values[0].tolist(), ends, strict=True)
    ]
    assert text == ["나는", "서울에", "간다"]
    assert made.read(WORDS, ROWS).lengths.tolist()[0] == int(ids.mask[0].sum())
    assert " " in made.vocabulary.decode(ids.values[0].tolist()).strip(), "the end of a word is seen"


def test_what_is_of_whole_words_is_left_out_for_pieces_and_said() -> None:
    notes: list[str] = []
    side = SideSpec(tokens="bpe", vocab=300, letters="cnn", casing=True, unknown_rate=0.5)
    tag_source.learn(side, COUNTS, "a.conll", notes.append)
    assert notes == ["source.tokens=bpe reads pieces of words, so source.letters, casing, unknown_rate are left out."]
    assert (side.letters, side.casing, side.unknown_rate) == ("none", False, 0.0)


def test_saved_and_loaded_it_reads_the_same(tmp_path: Path) -> None:
    for side in (SideSpec(tokens="word", letters="cnn"), SideSpec(tokens="char")):
        made = tag_source.learn(side, COUNTS, "a", lambda note: None)
        made.save(tmp_path)
        again = tag_source.load(side, tmp_path)
        one, other = (
            kind.read(["간다", "x"], Encoded.collect(iter([[0, 1]]))).inputs([0], None) for kind in (made, again)
        )
        assert made.digest == again.digest and all(torch.equal(one[name].values, other[name].values) for name in one)


def test_pretrained_vectors_fill_rows_and_may_be_lower_case(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("나는 1 2\nxyz 3 4\nnato 5 6\n", encoding="utf-8")
    side = SideSpec(tokens="word", vectors=str(path))
    made = tag_source.learn(side, {**COUNTS, "NATO": 2}, "a", lambda note: None)
    assert isinstance(made, WordSource)
    table = made.wiring(True)["vectors"]["source"]
    assert table[made.words.id("나는")].tolist() == [1, 2] and table[made.words.id("NATO")].tolist() == [5, 6]
    assert table[UNK].isnan().all() and side.size == 2
    path.write_text("xyz 3 4\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds none of the 6 words"):
        made.wiring(True)
