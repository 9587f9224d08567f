"""Which format a file has is seen in its lines."""

from pathlib import Path

import pytest
from tagged_files import CONLLU, FILES, JSONL, SLOTS, TABS, TEXT, TSV, refused, tagged

from seqloom.data.tagged_formats import sniff


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.conll", "conll"),
        ("b.tsv", "conll"),
        ("ner.train", "conll"),
        ("c.conllu", "conllu"),
        ("d.jsonl", "jsonl"),
        ("e.tsv", "tsv"),
        ("f.txt", "slots"),
    ],
)
def test_a_format_is_seen(tmp_path: Path, name: str, format: str) -> None:
    assert tagged(tmp_path, name, FILES[name]).layout.name == format
    assert tagged(tmp_path, "data", FILES[name]).layout.name == format, "the name is no help there"


def test_names_decide_where_lines_do_not() -> None:
    assert sniff("x.conllup", ["# global.columns = ID FORM", "1\ta"]) == "conllu"
    assert sniff("x.txt", TEXT.split("\n")) == "text" and sniff("x.conll", TEXT.split("\n")) == "conll"
    assert sniff("x.txt", ["a O", "b O", "c O"]) == "conll"
    assert sniff("x.jsonl.gz", ["oops"]) == "jsonl"
    assert sniff("x", TABS.split("\n")) == "conll" and sniff("x", [JSONL]) == "jsonl"
    assert sniff("x", CONLLU.split("\n")) == "conllu" and sniff("x", SLOTS.split("\n")) == "slots"
    assert sniff("x", TSV.split("\n")) == "tsv"


def test_formats_without_tags_are_refused(tmp_path: Path) -> None:
    assert "format 'csv' holds no tagged sentences; did you mean 'tsv'?" in refused(
        tmp_path, "a", "a,O\n", format="csv"
    )
