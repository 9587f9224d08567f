"""check: leaks, groups, times, letters, order and suggestions, in text and in JSON, of every kind of task."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqloom.cli.check_report import _place

WORD = ["-s", "source.tokens=word"]


def table(path: Path, head: str, rows: list[str]) -> str:
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path.name


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Korean reviews: 60 to train on; to validate on 10 new ones, 3 that are copies and 2 with other marks."""
    draw = np.random.default_rng(0)
    words = [f"말{n}" for n in range(90)]
    rows = [(f"{' '.join(draw.choice(words, 9))} 끝{n}", "긍정" if n % 3 else "부정") for n in range(75)]
    train = [f"{text}\t{label}\t사람{n % 6}\t2024-01-{n % 28 + 1:02}" for n, (text, label) in enumerate(rows[:60])]
    table(tmp_path / "리뷰.tsv", "text\tlabel\tuser\tdate", train)
    new = [f"{text}\t{label}\t사람9\t2024-02-01" for text, label in rows[60:70]]
    same = [f"{text}\t{label}\t사람1\t2024-01-05" for text, label in rows[:3]]
    marks = [f"{text.replace(' ', '  ')} !!\t긍정\t사람9\t2024-02-02" for text, _ in rows[3:5]]
    table(tmp_path / "검증.tsv", "text\tlabel\tuser\tdate", [*new, *same, *marks])
    return tmp_path


def test_leaks_are_said_with_their_places(seqloom: Callable, reviews: Path) -> None:
    code, out, err = seqloom("check", "classify", "리뷰.tsv", "--valid", "검증.tsv", *WORD)
    assert code == 0 and "Error" not in err
    assert (
        "3 of 15 valid rows are in train too, letter for letter, 3 of them told the same; 검증.tsv:12 is 리뷰.tsv:2"
        in out
    )
    assert "2 of 15 valid rows are in train too, but for case, spaces or punctuation" in out
    found = json.loads(seqloom("check", "classify", "리뷰.tsv", "--valid", "검증.tsv", *WORD, "--json").out)["findings"]
    assert [(one["kind"], one["rows"]) for one in found["leaks"]] == [("exact", 3), ("normal", 2)]
    assert found["leaks"][1]["examples"][0]["other"] == "리뷰.tsv:5"


def test_groups_and_times_are_found_by_name_and_by_option(seqloom: Callable, reviews: Path) -> None:
    line = ["check", "classify", "리뷰.tsv", "--valid", "검증.tsv", *WORD]
    out = seqloom(*line).out
    assert "1 of 2 'user' of valid are in train too (3 of 15 rows), such as 사람1" in out
    assert "3 of 15 valid rows are not later than the last of train by 'date' (2024-01-05 to 2024-02-02" in out
    assert "--valid FILE" in out
    out = seqloom("check", "classify", "리뷰.tsv", "--group-column", "user", *WORD).out
    assert "group leak" in out and "--valid 'user=사람" in out
    answer = seqloom(*line, "--group-column", "usr")
    assert answer.code == 2 and "has no column 'usr'; did you mean 'user'" in answer.err
    answer = seqloom(*line, "--time-column", "user")
    assert answer.code == 2 and "리뷰.tsv" in answer.err and "no time that is known" in answer.err


def test_whole_groups_held_out_are_no_leak(seqloom: Callable, reviews: Path) -> None:
    out = seqloom("check", "classify", "리뷰.tsv", "--valid", "user=사람1", *WORD).out
    assert "no 'user' of valid is in train" in out and "group leak" not in out


def test_a_label_that_training_has_not_is_said_with_all_else(seqloom: Callable, reviews: Path) -> None:
    table(reviews / "새.tsv", "text\tlabel", ["말1 말2\t중립", "말3\t긍정"])
    code, out, err = seqloom("check", "classify", "리뷰.tsv", "--valid", "새.tsv", *WORD)
    assert code == 2 and "label '중립' does not occur in training" in err
    assert "1 of valid that train has not (1 times): 중립" in out
    answer = seqloom("check", "classify", "리뷰.tsv", "--valid", "새.tsv", *WORD, "--json")
    found = json.loads(answer.out)
    assert (
        answer.code == 2
        and "중립" in found["refused"]
        and found["findings"]["unseen"]["valid"]["labels"] == {"중립": 1}
    )


def test_broken_letters_duplicates_and_conflicts_are_said(seqloom: Callable, tmp_path: Path) -> None:
    rows = [f"a fine film {n}\tgood" for n in range(40)] + [
        "caf\u00c3\u00a9\tbad",
        "the end\tbad",
        "the end\tgood",
        "the end\tbad",
    ]
    table(tmp_path / "films.tsv", "text\tlabel", rows)
    out = seqloom("check", "classify", "films.tsv", "--valid", "0", *WORD).out
    assert "the first films.tsv:42 ('\u00c3\u00a9'): UTF-8 that was read as Latin letters" in out
    assert "2 of 44 train rows occurred before; films.tsv:44 is films.tsv:43" in out
    assert "3 train rows read the same and are told otherwise; at most 97.7% can be told right" in out
    assert "-s fit.metric=macro_f1" in out and "always 'good' would be right in 93.2%" in out


def test_labels_joined_by_commas_are_noticed(seqloom: Callable, tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "a,b", "b,c", "c,d", "a,d", "a,c", "b,d", "a,b,c", "b,c,d"]
    table(tmp_path / "tags.tsv", "text\tlabel", [f"row {n}\t{names[n % 12]}" for n in range(96)])
    out = seqloom("check", "classify", "tags.tsv", "--valid", "0", *WORD).out
    assert "-s target.multilabel=," in out and "8 labels are 4 names joined by ','" in out


def test_sources_of_several_targets_speak_for_variants(seqloom: Callable, tmp_path: Path) -> None:
    rows = [f"인사 {n // 2}\thello {n}" for n in range(80)]
    table(tmp_path / "쌍.tsv", "source\ttarget", rows)
    out = seqloom("check", "translate", "쌍.tsv").out
    assert "sources have several targets" in out and "-s data.variants=true" in out


def test_places_lose_their_folder_and_keep_their_item() -> None:
    assert _place("data/a b/train.tsv:12") == "train.tsv:12"
    assert _place("x/clips.tsv:3 (a/b.wav)") == "clips.tsv:3 (a/b.wav)"


def test_a_walk_and_a_season_are_told_of_series(seqloom: Callable, tmp_path: Path) -> None:
    steps = np.cumsum(np.random.default_rng(0).normal(size=400))
    table(tmp_path / "주가.csv", "t,value", [f"{n},{value:.4f}" for n, value in enumerate(steps)])
    code, out, err = seqloom("check", "forecast", "주가.csv", "-s", "series.horizon=4")
    assert code == 0, err
    assert "(a random walk): the last value is hard to beat" in out and "order" in out
    answer = seqloom("check", "forecast", "주가.csv", "-s", "series.horizon=4", "--group-column", "value")
    assert answer.code == 2 and "--group-column is for rows, and forecast reads series over time" in answer.err


def test_tags_texts_and_their_order(seqloom: Callable, tmp_path: Path) -> None:
    lines = [f"no{n}\tO\nSeoul\tB-city\nis\tO\nbig\tO\n" for n in range(50)] * 2
    (tmp_path / "names.conll").write_text("\n".join(lines), encoding="utf-8")
    found = json.loads(seqloom("check", "tag", "names.conll", "--json").out)["findings"]
    assert found["twice"]["train"]["rows"] > 30 and found["kind"] == "tags" and found["order"]["kind"] == "steps"
    (tmp_path / "book.txt").write_text("abcabc the same line again\n" * 60 + "one\n", encoding="utf-8")
    found = json.loads(seqloom("check", "language", "book.txt", "--json").out)["findings"]
    assert found["order"]["kind"] == "text" and found["order"]["shown"] and found["twice"]["train"]["rows"] > 50
    assert found["parts"][1]["path"] == "book.txt" and found["leaks"][0]["kind"] == "exact"
    assert found["leaks"][0]["examples"][0]["where"] == f"book.txt:{found['parts'][0]['rows'] + 1}"


def test_series_of_a_table_and_a_test_part(seqloom: Callable, tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    rows = []
    for n in range(90):
        values = np.sort(draw.normal(size=12))[:: 1 if n % 2 else -1]
        rows.append(",".join(f"{value:.3f}" for value in values) + f",{'오름' if n % 2 else '내림'}")
    rows += rows[:5]
    table(tmp_path / "곡선.csv", ",".join(f"s{n}" for n in range(12)) + ",label", rows)
    line = [
        "check",
        "classify",
        "곡선.csv",
        "-s",
        "source.tokens=series",
        "--valid",
        "0.2",
        "-s",
        "data.test=0.2",
        "--json",
    ]
    found = json.loads(seqloom(*line).out)["findings"]
    assert [one["name"] for one in found["parts"]] == ["train", "valid", "test"] and found["leaks"] == []
    assert sum(one["rows"] for one in found["twice"].values()) == 5
    assert found["order"]["shown"] and found["order"]["right"][1] > 0.9
