"""check: what is in the data, as training would see it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.cli.check import spread


@pytest.fixture
def here(seqloom: Callable, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_labelled_rows_are_counted(seqloom: Callable, here: Path) -> None:
    before = sorted(here.rglob("*"))
    code, out, err = seqloom("check", "classify", "reviews.tsv", "--valid", "0.25", "-s", "source.tokens=word")
    assert code == 0 and "column names (text, label)" in err
    for line in ("text column    text", "label column   label", "train lengths  3 to 3, median 3, mean 3"):
        assert line in out
    assert "긍정" in out and "%" in out
    assert sorted(here.rglob("*")) == before, "nothing is trained or written"


def test_json_is_one_document_with_the_same_counts(seqloom: Callable, here: Path) -> None:
    found = json.loads(seqloom("check", "classify", "reviews.tsv", "-s", "source.tokens=word", "--json").out)
    assert found["columns"] == {"text": ["text"], "label": "label"}
    assert found["train"]["rows"] + found["valid"]["rows"] == 120
    assert found["train"]["tokens"] == 3 * found["train"]["rows"]
    assert sum(found["train"]["labels"].values()) == found["train"]["rows"]
    assert found["vocabulary"] == {"kind": "word", "size": 5 + 4 + 1 + 5}
    assert any("column names" in note for note in found["notes"])


def test_a_text_is_counted(seqloom: Callable, here: Path) -> None:
    found = json.loads(seqloom("check", "language", "hello.txt", "--json").out)
    assert found["vocabulary"] == {"kind": "char", "size": 5 + 5}
    assert found["train"]["tokens"] + found["valid"]["tokens"] == pytest.approx(360, abs=2)
    assert found["train"]["unknown"] == 0
    code, out, _ = seqloom("check", "language", "hello.txt")
    assert code == 0 and "10 char tokens" in out and "label" not in out


def test_unknown_tokens_of_held_out_rows_are_said(seqloom: Callable, here: Path, tmp_path: Path) -> None:
    (tmp_path / "시험.tsv").write_text("text\tlabel\nfine film 새로운\t긍정\n", encoding="utf-8")
    line = ["check", "classify", "reviews.tsv", "--valid", str(tmp_path / "시험.tsv"), "-s", "source.tokens=word"]
    assert json.loads(seqloom(*line, "--json").out)["valid"]["unknown"] == pytest.approx(1 / 3)
    assert "1 rows, 3 tokens, 33.33% of them unknown" in seqloom(*line).out


def test_several_labels_a_row_are_counted(seqloom: Callable, here: Path, tmp_path: Path) -> None:
    path = tmp_path / "tags.tsv"
    path.write_text("text\tlabel\n" + "one\ta,b\ntwo\tb\nthree\t\n" * 4)
    line = ["check", "classify", str(path), "-s", "target.multilabel=','", "--valid", "0", "--json"]
    assert json.loads(seqloom(*line).out)["train"]["labels"] == {"a": 4, "b": 8}


def test_without_validation_it_says_so(seqloom: Callable, here: Path) -> None:
    assert (
        "nothing is held out: there will be no validation"
        in seqloom("check", "classify", "reviews.tsv", "--valid", "0").out
    )


def test_many_labels_are_cut(seqloom: Callable, here: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.tsv"
    path.write_text("text\tlabel\n" + "".join(f"word {n}\tl{n % 40}\n" for n in range(400)))
    assert "... and 10 more" in seqloom("check", "classify", str(path), "--valid", "0").out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([], "Say, e.g.: seqloom check classify reviews.tsv."),
        (["classify", "none.tsv"], "no file none.tsv"),
        (["classify", "hello.txt"], "hello.txt"),
        (["classify", "reviews.tsv", "--text-column", "txt"], "no column 'txt'; did you mean 'text'?"),
        (["clasify", "reviews.tsv"], "unknown task 'clasify'; did you mean 'classify'?"),
    ],
)
def test_what_cannot_be_read_is_said(seqloom: Callable, here: Path, line: list[str], said: str) -> None:
    answer = seqloom("check", *line)
    assert (answer.code, answer.out) == (2, "") and said in answer.err


def test_the_spread_of_lengths() -> None:
    assert spread([5, 1, 3]) == {"least": 1, "median": 3, "mean": 3, "p95": 5, "most": 5}
    assert spread(list(range(101)))["p95"] == 95


PAIRS = "ko\ten\n" + "".join(f"낱말 {n}\tword no {n}\n" for n in range(40))


def test_both_sides_of_pairs_are_counted(seqloom: Callable, tmp_path: Path) -> None:
    (tmp_path / "쌍.tsv").write_text(PAIRS + "\t\n낱말\t\n", encoding="utf-8")
    line = [
        "check",
        "translate",
        "쌍.tsv",
        "--on-bad-row",
        "skip",
        "-s",
        "source.tokens=word",
        "-s",
        "target.tokens=char",
    ]
    found = json.loads(seqloom(*line, "--valid", "0.25", "--json").out)
    assert found["columns"] == {"source": ["ko"], "target": "en"}
    assert found["train"]["rows"] + found["valid"]["rows"] == 40
    assert found["train"]["source"]["tokens"] == 2 * found["train"]["rows"]
    assert found["train"]["target"]["lengths"]["most"] == len("word no 10")
    assert found["valid"]["source"]["unknown"] == 0.5 and found["train"]["source"]["unknown"] == 0
    assert found["vocabulary"]["target"]["kind"] == "char"
    assert any("2 pairs of 42 with an empty side skipped, the first: 쌍.tsv:42" in note for note in found["notes"])
    out = seqloom(*line).out
    for said in ("source column", "train source lengths  2 to 2", "target vocabulary"):
        assert said in out


def test_two_files_are_checked_as_one(seqloom: Callable, tmp_path: Path) -> None:
    (tmp_path / "a.ko").write_text("하나\n둘\n셋\n", encoding="utf-8")
    (tmp_path / "a.en").write_text("one\ntwo\n")
    code, out, err = seqloom("check", "transduce", "a.ko,a.en")
    assert (code, out) == (2, "") and "a.ko has 3 lines and a.en has 2" in err
    (tmp_path / "a.en").write_text("one\ntwo\nthree\n")
    out = seqloom("check", "transduce", "a.ko,a.en", "--valid", "0").out
    assert "3 pairs" in out and "column" not in out


def test_a_source_of_numbers_is_counted_by_its_rows(seqloom: Callable, tmp_path: Path) -> None:
    table = tmp_path / "수.tsv"
    table.write_text("".join(f"{n} {n * n} {-n}\t수 {n}\n" for n in range(30)), encoding="utf-8")
    line = ["check", "transduce", str(table), "-s", "source.tokens=vector", "-s", "data.valid=0"]
    code, out, err = seqloom(*line)
    assert code == 0, err
    assert re.search(r"train source +30 tokens, 0\.00% of them unknown", out)
    assert re.search(r"source +3 numbers a row", out) and "source vocabulary" not in out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            ["--text-column", "ko"],
            "--text-column ko: translate has none of that kind; its columns go by --source-column",
        ),
        (["--source-column", "kr", "--target-column", "en"], "has no column 'kr'; did you mean 'ko'?"),
    ],
)
def test_wrong_columns_of_pairs_are_said(seqloom: Callable, tmp_path: Path, line: list[str], said: str) -> None:
    (tmp_path / "쌍.tsv").write_text(PAIRS, encoding="utf-8")
    answer = seqloom("check", "translate", "쌍.tsv", *line)
    assert answer.code == 2 and said in answer.err
