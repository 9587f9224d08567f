"""Tagged sentences: every format comes in and goes back out with its lines, and bad ones are refused by line."""

import gzip
import pickle
from pathlib import Path

import pytest
from real_data import REAL
from tagged_files import CONLLU, FILES, SLOTS, SPACES, TABS, refused, tagged

from seqloom.data.tagged import read
from seqloom.errors import InputError


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("limit", [2**20, 1])
def test_what_is_written_back_is_the_file_with_a_column_more(tmp_path: Path, name: str, limit: int) -> None:
    found = tagged(tmp_path, name, FILES[name], memory_limit=limit)
    again = [one.written(one.tags, one.label) for one in found]
    (tmp_path / f"again{Path(name).suffix}").write_bytes("".join(again).encode())
    new = "".join(again)
    for line in FILES[name].replace("\r", "").split("\n"):
        assert line.removesuffix("}") in new.replace("\r", ""), line
    assert new.count("\r") == FILES[name].count("\r")
    if name == "f.txt":
        return
    named = {"d.jsonl": "predicted_label", "e.tsv": "predicted_label"}
    options = {"tags": "predicted", "label": named.get(name)} if name in ("c.conllu", *named) else {}
    reread = read(tmp_path / f"again{Path(name).suffix}", **options)
    assert [one.tags for one in reread] == [one.tags for one in found]
    assert [one.words for one in reread] == [one.words for one in found]
    assert [one.label for one in reread] == [one.label for one in found]


def test_places_and_slices(tmp_path: Path) -> None:
    found = tagged(tmp_path, "a.conll", SPACES)
    assert found.where(0) == f"{tmp_path}/a.conll:3" and found.where(0, 2) == f"{tmp_path}/a.conll:5"
    assert found.where(-1) == f"{tmp_path}/a.conll:7"
    assert [one.words for one in found[:1]] == [["EU", "rejects", "#"]]
    assert len(found) == 2 and found[1].tags == ["I-PER"]
    with pytest.raises(IndexError):
        found[2]


def test_gzip_is_undone_and_sentences_can_be_pickled(tmp_path: Path) -> None:
    (tmp_path / "c.conllu.gz").write_bytes(gzip.compress(CONLLU.encode()))
    found = read(tmp_path / "c.conllu.gz")
    assert found.layout.name == "conllu" and [one.tags for one in found] == [["VERB", "AUX", "PART"], ["PUNCT"]]
    assert [one.words for one in pickle.loads(pickle.dumps(found))] == [one.words for one in found]  # noqa: S301


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.conll", "a O\nb O\n\nc\nd O\n", "a.conll:4: 1 column, expected 2, with spaces between. Fix the line, or"),
        ("a.conll", "a x O\nb x O O\nc x O\n", "a.conll:2: 4 columns, expected 3"),
        ("a.tsv", "a\tO\nb\tO\tO\nc\tO\n", "a.tsv:2: 3 columns, expected 2."),
        ("a.tsv", "a\tO\n\tO\nc\tO\n", "a.tsv:2: the word is empty"),
        ("a.tsv", "a\tO\nb\t \nc\tO\n", "a.tsv:2: the tag of 'b' is empty"),
        ("a.conllu", CONLLU.replace("\t_\n\n# sent_id = 2", "\n\n# sent_id = 2"), "a.conllu:7: 9 columns, expected 10"),
        (
            "a.jsonl",
            '{"words": ["a"], "tags": []}\n',
            "a.jsonl:1: 1 words and 0 tags. Give every word one tag, or skip",
        ),
        ("a.jsonl", '{"words": ["a"], "tags": ["O"]}\n{"words": ["a"]}\n', "a.jsonl:2: no 'tags'; it has words"),
        ("a.jsonl", '{"words": ["a"], "tags": ["O"]}\n{"words": {}, "tags": []}\n', "a.jsonl:2: 'words' is no list of"),
        ("a.jsonl", '{"words": ["a"], "tags": ["O"]}\n{"words": 1\n', "a.jsonl:2: not JSON: Expecting"),
        ("a.jsonl", '{"words": ["a"], "tags": ["O"]}\n3\n', "a.jsonl:2: no JSON object with keys"),
        ("a.jsonl", '{"words": ["a", ""], "tags": ["O", "O"]}\n', "a.jsonl:1: an empty word"),
        ("a.tsv", "a b\tO O\nb c\tO\na b\tO O\n", "a.tsv:2: 2 words and 1 tags"),
        ("a.tsv", "a b\tO O\nb  c\tO O O\na b\tO O\n", "a.tsv:2: an empty word. Write one space between words"),
        ("a.tsv", "a b\tO O\nb\nc d\tO O\n", "a.tsv:2: 1 column, expected 2"),
        ("a.txt", SLOTS + "fly:O\n" + SLOTS, "a.txt:3: no '<=>'. Write each sentence as word:TAG word:TAG <=> label"),
        ("a.txt", SLOTS + "fly <=> x\n" + SLOTS, "a.txt:3: 'fly' is no word:TAG"),
        ("a.txt", SLOTS + "fly: <=> x\n" + SLOTS, "a.txt:3: 'fly:' is no word:TAG"),
    ],
)
def test_a_bad_sentence_is_refused_by_line_or_skipped_and_said(tmp_path: Path, name: str, text: str, says: str) -> None:
    message = refused(tmp_path, name, text)
    assert says in message and message.endswith("or skip such sentences with --on-bad-row skip.")
    only = '"tags": []' in text or '""' in text or ("\n\n" not in text and name == "a.tsv" and " b\t" not in text)
    only = only or (name == "a.conll" and "\n\n" not in text)
    if not only:  # a good sentence is left
        found = tagged(tmp_path, name, text, on_bad_row="skip")
        assert found.skipped == 1 and len(found) >= 1
        assert "1 bad sentence skipped, the first: " in found.notes[-1] and says.split(".")[0] in found.notes[-1]


def test_bytes_that_are_no_text_are_refused_by_line(tmp_path: Path) -> None:
    for name, good in (("a.conll", b"a O\n\n"), ("a.txt", SLOTS.encode())):
        (tmp_path / name).write_bytes(good + "서울 O\n".encode("cp949") + b"\n" + good)
        with pytest.raises(InputError, match=r"a\.\w+:3: byte 1 of the line is not UTF-8.*CP949"):
            read(tmp_path / name)
        assert read(tmp_path / name, on_bad_row="skip").skipped == 1


def test_files_without_a_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path, "a.conll", "") == "a.conll is empty."
    assert refused(tmp_path, "a.conll", "\n \n") == "a.conll holds only blank lines."
    assert "holds comments and no words" in refused(tmp_path, "a.conll", "-DOCSTART- O\n\n-DOCSTART- O\n")
    assert refused(tmp_path, "a.conllu", "# text = x\n\n") == "a.conllu: holds no sentence as conllu has them."
    message = refused(tmp_path, "a.jsonl", '{"words": ["a"], "tags": []}\n', on_bad_row="skip")
    assert "holds no sentence as jsonl has them: 1 bad, the first: a.jsonl:1: 1 words and 0 tags" in message


def test_for_prediction_tags_are_not_asked_for(tmp_path: Path) -> None:
    found = tagged(tmp_path, "a.conll", "EU\nrejects\n\n# 5 is a comment\nPeter\n", tagged=False, words=1)
    assert [one.words for one in found] == [["EU", "rejects"], ["Peter"]] and found[0].tags == []
    assert found[0].written(["B", "O"]) + found[1].written(["P"]) == ("EU B\nrejects O\n\n# 5 is a comment\nPeter P\n")
    found = tagged(tmp_path, "b.tsv", TABS, tagged=False)
    assert found[0].words == ["나", " ", "#", "서울"] and found[0].tags == []


@pytest.mark.skipif(not REAL.is_dir(), reason="no real data here (SEQLOOM_DATA)")
@pytest.mark.parametrize(
    ("path", "sentences", "kind"),
    [
        ("klue_ner/klue-ner.dev.tsv", 421, "conll"),
        ("kmou_ner_2016klp/ner.dev", 366, "conll"),
        ("ud_korean_gsd/ko_gsd-ud-dev.conllu", 950, "conllu"),
        ("conll2003_ner/eng.testa", 3250, "conll"),
        ("wnut17/emerging.dev.conll", 1009, "conll"),
        ("atis/valid.txt", 500, "slots"),
    ],
)
def test_real_files_hold_as_many_sentences_as_their_readme_says(path: str, sentences: int, kind: str) -> None:
    found = read(REAL / path)
    assert len(found) == sentences and found.layout.name == kind
    for one in found:
        assert len(one.words) == len(one.tags) == len(one.lines) > 0
