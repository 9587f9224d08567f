"""Which column is picked, and what is said where none is."""

from pathlib import Path

import pytest

from seqloom.data.columns import guess_label, pick, split_labels
from seqloom.data.rows import Rows, read
from seqloom.errors import InputError

USUAL = ("text", "review", "문장")


def rows_of(folder: Path, text: str, name: str = "a.tsv", header: bool | None = None) -> Rows:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name, header=header, wanted=["Q"])


@pytest.mark.parametrize(
    ("asked", "found"),
    [(None, "Review"), ("Q", "Q"), ("q", "Q"), (2, "Review"), ("2", "Review"), ("3", "3"), (" review", "Review")],
)
def test_by_name_by_number_or_the_usual_one(tmp_path: Path, asked: str | int | None, found: str) -> None:
    rows = rows_of(tmp_path, "Q\tReview\t3\na\tb\tc\n")
    assert pick(rows, asked, USUAL, "text", "--text-column") == found


def test_the_first_usual_name_wins_and_hangul_is_a_name(tmp_path: Path) -> None:
    assert pick(rows_of(tmp_path, "review\ttext\na\tb\n"), None, USUAL, "text", "--text-column") == "text"
    assert pick(rows_of(tmp_path, "Q\t문장\na\tb\n"), None, USUAL, "text", "--text-column") == "문장"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("Reviw", "a.tsv has no column 'Reviw'; did you mean 'Review'? Known: Q, Review (--text-column)."),
        (3, "a.tsv has no column 3: it has 2 columns (Q, Review) (--text-column)."),
        ("0", "a.tsv has no column 0: it has 2 columns"),
    ],
)
def test_a_column_that_is_not_there(tmp_path: Path, asked: str | int, says: str) -> None:
    with pytest.raises(InputError) as error:
        pick(rows_of(tmp_path, "Q\tReview\na\tb\n"), asked, USUAL, "text", "--text-column")
    assert says in str(error.value)


def test_no_usual_column(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        pick(rows_of(tmp_path, "Q\tA\na\tb\n"), None, USUAL, "text", "--text-column")
    assert "which column is the text? it has 2 columns (Q, A). Name it with --text-column." in str(error.value)


def test_a_file_with_tabs_that_was_read_as_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Its rows hold tabs; should it be --format tsv"):
        pick(rows_of(tmp_path, "a\t1\n", "a.txt"), None, ("label",), "label", "--label-column")


def test_a_picked_column_must_have_a_value_in_every_row(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, '{"text": "a"}\n{"text": null}\n', "a.jsonl")
    with pytest.raises(InputError, match=r"a\.jsonl:2: no value for 'text' \(1 row of 2 lack it\)"):
        pick(rows, None, USUAL, "text", "--text-column")


@pytest.mark.parametrize("swap", [False, True])
def test_the_column_that_repeats_itself_is_the_label(tmp_path: Path, swap: bool) -> None:
    pairs = [("ham" if number % 3 else "spam", f"message {number}") for number in range(30)]
    rows = rows_of(tmp_path, "".join("\t".join(pair[::-1] if swap else pair) + "\n" for pair in pairs))
    guess = guess_label(rows)
    assert (guess.label, guess.texts) == (("2", ["1"]) if swap else ("1", ["2"]))
    assert f"column {guess.label} is taken as the label (2 different values in 30 rows)" in guess.note


def test_no_column_that_looks_like_a_label(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "".join(f"이{number}\tword {number // 1.1}\n" for number in range(40)))
    with pytest.raises(InputError, match=r"neither column looks like a label .* Say which is which with --text-column"):
        guess_label(rows)
    with pytest.raises(InputError, match=r"it has 3 columns \(1, 2, 3\)\. Name them with --text-column and --label"):
        guess_label(rows_of(tmp_path, "a\tb\tc\n"))


def test_several_labels() -> None:
    assert split_labels("a, b ,a,", ",") == ["a", "b"]
    assert split_labels("", ",") == []
    assert split_labels('["a, b", "나", 1]', ",") == ["a, b", "나", "1"]
    assert split_labels("[a|b]", "|") == ["[a", "b]"]
