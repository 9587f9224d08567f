"""A sentence a line: JSON lines, TSV, word:TAG pairs, and plain words."""

from pathlib import Path

import pytest
from tagged_files import JSONL, SLOTS, TEXT, TSV, refused, tagged


def test_json_lines_keep_their_digits(tmp_path: Path) -> None:
    found = tagged(tmp_path, "d.jsonl", JSONL)
    assert (found[0].words, found[0].tags, found[0].label) == (["서울", "날씨"], ["B-LC", "O"], "weather")
    assert found[0].written(["O", "O"], "greet") == (
        '{"id": 1.50, "words": ["서울", "날씨"], "tags": ["B-LC", "O"], "intent": "weather", '
        '"predicted": ["O", "O"], "predicted_label": "greet"}\n'
    )
    assert found[1].written(["O"]).endswith('"intent": "greet", "predicted": ["O"]}\n')


def test_keys_by_name_numbers_for_tags_and_texts_for_lists(tmp_path: Path) -> None:
    text = '{"mine": "a b", "nums": [0, 1], "intent": {"no": "text"}}\n'
    found = tagged(tmp_path, "a.jsonl", text, words="mine", tags="nums")
    assert (found[0].words, found[0].tags, found[0].label) == (["a", "b"], ["0", "1"], None)
    assert tagged(tmp_path, "d.jsonl", JSONL, label=False)[0].label is None
    assert tagged(tmp_path, "d.jsonl", JSONL, tagged=False)[0].tags == []


def test_tsv_with_and_without_header(tmp_path: Path) -> None:
    found = tagged(tmp_path, "e.tsv", TSV)
    assert (found[0].words, found[0].tags, found[0].label) == (["play", "some", "jazz"], ["O", "O", "B-genre"], "play")
    assert found.layout.columns == {"words": "tokens", "tags": "tags", "label": "intent"}
    assert "".join(one.written(one.tags, one.label) for one in found) == (
        "tokens\ttags\tintent\tpredicted\tpredicted_label\n"
        "play some jazz\tO O B-genre\tplay\tO O B-genre\tplay\nstop\tO\tstop\tO\tstop\n"
    )
    bare = tagged(tmp_path, "g.tsv", TSV.split("\n", 1)[1])
    assert [one.label for one in bare] == ["play", "stop"] and bare.layout.columns == {
        "words": 1,
        "tags": 2,
        "label": 3,
    }
    assert len(tagged(tmp_path, "e.tsv", TSV, header=False, label=False)) == 3


def test_pairs_are_cut_at_the_last_colon(tmp_path: Path) -> None:
    found = tagged(tmp_path, "f.txt", SLOTS)
    assert found.layout.name == "slots"
    assert (found[1].words, found[1].tags, found[1].label) == (["at", "10:30"], ["O", "B-time"], "time;flight")
    assert found[1].written(["O", "O"], "flight") == "at:O 10:30:B-time <=> time;flight\tO O\tflight\n"


def test_plain_words_can_be_read_to_predict_alone(tmp_path: Path) -> None:
    found = tagged(tmp_path, "h.txt", TEXT, format="text", tagged=False)
    assert [one.words for one in found] == [["fly", "to", "las", "vegas"], ["stop"]]
    assert "".join(one.written(["O"] * len(one.words)) for one in found) == ("fly to  las vegas\tO O O O\n\nstop\tO\n")
    assert "h.txt: lines of words have no tags." in refused(tmp_path, "h.txt", TEXT, format="text")


@pytest.mark.parametrize(
    ("name", "text", "options", "says"),
    [
        ("d.jsonl", JSONL, {"tags": "tag"}, "d.jsonl has no key 'tag'; did you mean 'tags'?"),
        ("d.jsonl", JSONL, {"label": "intents"}, "d.jsonl has no key 'intents'; did you mean 'intent'?"),
        (
            "a.jsonl",
            '{"x": ["a"], "tags": ["O"]}\n',
            {},
            "which key holds the words? It has x, tags. Name it with --text",
        ),
        ("a.jsonl", '{"words": ["a"]}\n', {}, "which key holds the tags? It has words. Name it with --label-column."),
        ("a.jsonl", "[]\n", {}, "a.jsonl:1: no JSON object with keys."),
        ("a.jsonl", JSONL + '{"words": ["a"], "tags": ["O"]}\n', {}, "a.jsonl:4: no text under 'intent'."),
        ("e.tsv", TSV, {"tags": "tgs"}, "no column 'tgs'; did you mean 'tags'?"),
        ("e.tsv", TSV.replace("tags", "x"), {}, "which of its 3 columns holds the tags?"),
        ("e.tsv", TSV, {"tags": "tokens"}, "one column is taken for two of words, tags, label"),
        ("f.txt", SLOTS, {"tags": "ner"}, "f.txt has no column 'ner': its lines are word:TAG word:TAG <=> label"),
    ],
)
def test_columns_that_are_not_there(tmp_path: Path, name: str, text: str, options: dict, says: str) -> None:  # type: ignore[type-arg]
    assert says in refused(tmp_path, name, text, **options)
