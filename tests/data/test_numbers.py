"""Numbers: cells to vectors, what training learns of them, and rows that are none."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.formats import BadRow
from seqloom.data.numbers import Numbers, numeric, parse
from seqloom.data.pairs import Pairs, Side
from seqloom.data.rows import read
from seqloom.errors import CheckpointError, InputError

finite = st.floats(-1e6, 1e6)
tenths = st.integers(-999, 999).map(lambda number: number / 10)


def pairs(path: Path, text: str) -> Pairs:
    path.write_text(text, encoding="utf-8")
    rows = read(path, header=False)
    places = np.arange(len(rows))
    return Pairs(str(path), Side(rows, tuple(rows.columns[:-1]), places), Side(rows, (rows.columns[-1],), places))


@given(st.lists(finite, min_size=1, max_size=5))
def test_every_way_to_write_numbers_reads_alike(values: list[float]) -> None:
    written = [str(value) for value in values]
    assert parse([" ".join(written)]) == values
    assert parse(["  " + "\t ".join(written) + " "]) == values
    assert parse([", ".join(written)]) == values
    assert parse([json.dumps(values)]) == values
    assert parse(written) == values


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["1 둘 3"], "'둘' is no number"),
        (["1,,3"], "'' is no number"),
        (["1, 2 3"], "'2 3' is no number"),
        (["1 nan"], "nan is not finite"),
        (["1", "-inf"], "-inf is not finite"),
        (["[1, NaN]"], "nan is not finite"),
        (["1e999"], "1e999 is not finite"),
        (["1", " "], "a number is missing"),
        (["[1, 2"], "[1, 2 is no JSON list of numbers"),
        (['[1, "2"]'], '[1, "2"] holds more than numbers'),
        (["[1, true]"], "[1, true] holds more than numbers"),
        (["[[1], 2]"], "[[1], 2] holds more than numbers"),
        (["가" * 50], f"'{'가' * 40}...' is no number"),
        (["1 2 3"], "3 numbers, expected 2"),
        (["1"], "1 number, expected 2"),
    ],
)
def test_what_is_no_row_of_numbers_is_said(row: list[str], said: str) -> None:
    with pytest.raises(BadRow) as caught:
        parse(row, 2)
    assert caught.value.problem == said


def test_numbers_come_out_in_deviations_from_their_mean() -> None:
    numbers = Numbers.train([["1", "5"], ["3", "5"]])
    assert (numbers.mean, numbers.deviation, len(numbers)) == ((2.0, 5.0), (1.0, 0.0), 2)
    assert numbers.read(["1 5"]) == [-1.0, 0.0]
    assert numbers.read(["2", "7"]) == [0.0, 2.0], "what never differed is divided by nothing"
    with pytest.raises(BadRow, match="1 number, expected 2"):
        numbers.read(["1"])
    with pytest.raises(BadRow, match=r"1e\+300 is too far from what training has seen"):
        numbers.read(["1e300 5"])


@given(st.lists(st.tuples(tenths, tenths), min_size=2, max_size=8))
def test_training_rows_have_mean_zero_and_deviation_one(rows: list[tuple[float, float]]) -> None:
    written = [[f"{one!r} {other!r}"] for one, other in rows]
    numbers = Numbers.train(written)
    values = np.array([numbers.read(row) for row in written])
    for column, own in zip(values.T, zip(*rows, strict=True), strict=True):
        assert column.mean() == pytest.approx(0, abs=1e-9)
        assert column.std() == pytest.approx(0 if len({*own}) == 1 else 1, abs=1e-9)


def test_numbers_without_a_mean_are_refused() -> None:
    with pytest.raises(InputError, match="too large to have a mean"):
        Numbers.train([["1e308"], ["1e308"]])


def test_what_was_learnt_is_kept(tmp_path: Path) -> None:
    numbers = Numbers.train([["0.1 5"], ["0.3 7"]])
    numbers.save(tmp_path / "source")
    again = Numbers.load(tmp_path / "source")
    assert (again.mean, again.deviation, again.digest) == (numbers.mean, numbers.deviation, numbers.digest)
    assert Numbers.train([["0.1 5"], ["0.3 8"]]).digest != numbers.digest
    path = tmp_path / "source" / "numbers.json"
    text = path.read_text(encoding="utf-8")
    for spoilt, said in [
        (text.replace("6.0", "6.5"), "its content does not give its sha256"),
        (text.replace('"format": 1', '"format": 2'), "has format 2; this Seqloom reads 1"),
        (text.replace('"mean"', '"means"'), "is damaged"),
        (text[:9], "is damaged"),
    ]:
        assert spoilt != text
        path.write_text(spoilt, encoding="utf-8")
        with pytest.raises(CheckpointError, match=said):
            Numbers.load(tmp_path / "source")
    path.unlink()
    with pytest.raises(CheckpointError, match="is missing; copy the whole run folder again"):
        Numbers.load(tmp_path / "source")


def test_rows_that_are_no_numbers_are_refused_with_their_line_or_left_out(tmp_path: Path) -> None:
    found = pairs(tmp_path / "수.tsv", "1 2\t셋\n3 x\t넷\n4 5 6\t열\n7 8\t하나\n")
    with pytest.raises(InputError, match=r"수\.tsv:2: 'x' is no number\. Fix the row, or skip .* --on-bad-row skip\."):
        numeric(found, None, "error")
    some, note = numeric(found, None, "skip")
    assert [pair.target for pair in some] == ["셋", "하나"] and some.skipped == 2
    assert note.startswith("2 rows of 4 whose source is not numbers skipped, the first: ") and "수.tsv:2" in note
    only, _ = numeric(found, 3, "skip")
    assert [pair.target for pair in only] == ["열"]
    with pytest.raises(InputError, match=r"no row has numbers for a source; the first: .*수\.tsv:1: 2 numbers, expec"):
        numeric(found, 4, "skip")


def test_numbers_may_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    found = pairs(tmp_path / "날.tsv", "2026\t11\t21\t스물하루\n2027\t1\t2\t이틀\n")
    kept, note = numeric(found, 3, "error")
    assert (len(kept), note) == (2, "") and parse(kept[1].source) == [2027, 1, 2]
