"""Columns of words: separators, comments, Korean corpora, CoNLL-U, and how a column is named."""

from pathlib import Path

import pytest
from tagged_files import CONLLU, MORPHEMES, SPACES, TABS, refused, tagged


def test_spaces(tmp_path: Path) -> None:
    found = tagged(tmp_path, "a.conll", SPACES)
    assert [(one.words, one.tags) for one in found] == [
        (["EU", "rejects", "#"], ["I-ORG", "O", "O"]),
        (["Peter"], ["I-PER"]),
    ]
    assert found.layout.columns == {"words": 1, "tags": -1}
    out = "".join(one.written(["X"] * len(one.words)) for one in found)
    assert out == SPACES.replace("\n\n", "\0").replace("\n", " X\n").replace("\0", " X\n\n").replace(
        "-X- O O X", "-X- O O O"
    )


def test_a_comment_as_wide_as_a_row(tmp_path: Path) -> None:
    text = "# id = 1\na b c O\n# b c O\n\n# id = 2\n#tag b c X\n"
    found = tagged(tmp_path, "a.conll", text)
    assert [one.words for one in found] == [["a", "#"], ["#tag"]]
    assert "".join(one.written(["y"] * len(one.words)) for one in found) == (
        "# id = 1\na b c O y\n# b c O y\n\n# id = 2\n#tag b c X y\n"
    )


def test_tabs_with_a_space_for_a_word_and_titles(tmp_path: Path) -> None:
    found = tagged(tmp_path, "b.tsv", TABS)
    assert [one.words for one in found] == [["나", " ", "#", "서울"], [";", "끝"]]
    assert found[0].written(["a", "b", "c", "d"]).startswith("# id\ttext of it\n나\tO\ta\n \tO\tb\n#\tO\tc\n")


def test_morphemes_with_their_sentence_above(tmp_path: Path) -> None:
    found = tagged(tmp_path, "ner.train", MORPHEMES)
    assert found[0].words == ["홍길동", "이", "가"] and found[1].tags == ["B_LC", "I"]
    assert found.layout.columns == {"words": 2, "tags": -1}
    assert found[0].lines == [3, 4, 5]
    assert found[1].written(["B_LC", "I"]).endswith("1\t시\tNNG\tI\tI\r\n")


def test_conllu_keeps_what_is_not_tagged(tmp_path: Path) -> None:
    found = tagged(tmp_path, "c.conllu", CONLLU)
    assert found[0].words == ["갔다", "do", "n't"] and found[0].tags == ["VERB", "AUX", "PART"]
    assert found[0].lines == [3, 5, 6]
    out = found[0].written(["A", "B", "C"]) + found[1].written(["D"])
    assert out.startswith("# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC PREDICTED\n# sent_id")
    assert out.removeprefix(out.split("\n")[0] + "\n") == CONLLU.replace(
        "root\t_\t_\n2-3", "root\t_\t_\tA\n2-3"
    ).replace("\t_\n2\tdo", "\t_\t_\n2\tdo").replace("aux\t_\t_", "aux\t_\t_\tB").replace(
        "advmod\t_\t_", "advmod\t_\t_\tC"
    ).replace("VB\t_\t_\t_\t_\t_", "VB\t_\t_\t_\t_\t_\t_").replace("SF\t_\t0\troot\t_\t_", "SF\t_\t0\troot\t_\t_\tD")


def test_conllu_plus_names_its_columns(tmp_path: Path) -> None:
    text = "# global.columns = ID FORM NER\n1\t서울\tB-LC\n2\t시\tI-LC\n"
    found = tagged(tmp_path, "a.conllup", text, tags="ner")
    assert found[0].tags == ["B-LC", "I-LC"]
    assert found[0].written(["x", "y"]) == (
        "# global.columns = ID FORM NER PREDICTED\n1\t서울\tB-LC\tx\n2\t시\tI-LC\ty\n"
    )


@pytest.mark.parametrize(
    ("asked", "tags"),
    [
        (2, ["NNP", "VBZ", "NN"]),
        ("3", ["I-NP", "I-VP", "I-NP"]),
        (-1, ["I-ORG", "O", "O"]),
        ("-3", ["NNP", "VBZ", "NN"]),
    ],
)
def test_a_column_by_number(tmp_path: Path, asked: int | str, tags: list[str]) -> None:
    assert tagged(tmp_path, "a.conll", SPACES, tags=asked)[0].tags == tags


@pytest.mark.parametrize(("asked", "tag"), [("XPOS", "VV"), ("feats", "_"), (3, "가+았+다"), ("-1", "_")])
def test_a_column_of_conllu_by_name(tmp_path: Path, asked: int | str, tag: str) -> None:
    assert tagged(tmp_path, "c.conllu", CONLLU, tags=asked)[0].tags[0] == tag


def test_words_may_stand_in_any_column(tmp_path: Path) -> None:
    assert tagged(tmp_path, "c.conllu", CONLLU, words="lemma")[0].words == ["가+았+다", "do", "not"]


@pytest.mark.parametrize(
    ("name", "text", "options", "says"),
    [
        (
            "a.conll",
            SPACES,
            {"tags": 5},
            "a.conll has no column 5: it has 4 (--label-column; from 1, and -1 is the last).",
        ),
        ("a.conll", SPACES, {"tags": 0}, "a.conll has no column 0"),
        (
            "a.conll",
            SPACES,
            {"tags": "ner"},
            "no column 'ner': its 4 columns have no names. Give a number from 1 to 4, or",
        ),
        ("c.conllu", CONLLU, {"tags": "upso"}, "c.conllu has no column 'upso'; did you mean 'upos'?"),
        ("c.conllu", CONLLU, {"words": "from"}, "no column 'from'; did you mean 'form'?"),
        ("a.conll", SPACES, {"tags": 1}, "column 1 is both word and tag"),
        ("a.conll", "EU\nrejects\n", {}, "a.conll: has one column, so there are words and no tags."),
        ("a.conll", SPACES, {"label": "intent"}, "a conll file has no column for a whole sentence"),
    ],
)
def test_columns_that_are_not_there(tmp_path: Path, name: str, text: str, options: dict, says: str) -> None:  # type: ignore[type-arg]
    assert says in refused(tmp_path, name, text, **options)
