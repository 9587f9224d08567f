"""The .ts format: what it says, what it may leave out, and the place of every error."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from real_data import REAL

from seqloom.data.ts import read_ts
from seqloom.errors import InputError

HEAD = "# a comment\n@problemName Toy\n@univariate false\n@dimensions 2\n@classLabel true up down\n"


def write(folder: Path, text: str, name: str = "toy.ts") -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


def refused(folder: Path, text: str, **options: str) -> str:
    with pytest.raises(InputError) as error:
        read_ts(write(folder, text), **options)  # type: ignore[arg-type]
    return str(error.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("name", ["toy.ts", "toy.ts.gz"])
def test_channels_are_separated_by_colons_and_end_in_the_label(tmp_path: Path, name: str) -> None:
    cases = read_ts(write(tmp_path, HEAD + "@data\n1,2,3:4,5,6:up\n\n-1:1e-3:down\n", name))
    assert cases.channels == ["1", "2"] and [case.labels for case in cases] == [("up",), ("down",)]
    assert cases[0].values.tolist() == [[1, 4], [2, 5], [3, 6]] and cases[1].values.tolist() == [[-1, 0.001]]
    assert [case.line for case in cases] == [7, 9] and cases.where(1) == f"{tmp_path / name}:9" and cases.notes == []


def test_directives_in_any_case_and_only_data_is_needed(tmp_path: Path) -> None:
    cases = read_ts(write(tmp_path, "@UNIVARIATE True\n@TimeStamps FALSE\n@targetLabel true\n@DATA\n1,2:0.5\n"))
    assert cases[0].values.tolist() == [[1], [2]] and cases[0].labels == ("0.5",)
    bare = read_ts(write(tmp_path, "@data\n1,2:3,4\n"))
    assert bare[0].values.tolist() == [[1, 3], [2, 4]] and bare[0].labels == ()


def test_missing_values_are_nan_and_those_at_the_end_are_padding(tmp_path: Path) -> None:
    cases = read_ts(write(tmp_path, HEAD + "@missing true\n@data\n?,2,NaN:4,?,?:up\n1,2:3,4:down\n"))
    assert np.array_equal(cases[0].values, [[np.nan, 4], [2, np.nan]], equal_nan=True)
    assert cases.notes == [
        f"{cases.path}: 1 of 2 series end in missing values, which are taken for padding and cut off, the first: "
        f"{cases.path}:8"
    ]


def test_a_header_that_is_wrong_about_its_series_is_said(tmp_path: Path) -> None:
    said = "@missing false\n@equalLength true\n@seriesLength 9\n@data\n"
    notes = read_ts(write(tmp_path, HEAD + said + "1,?,3:4,5,6:up\n1:2:down\n")).notes
    assert [note.split(": ", 1)[1] for note in notes] == [
        "@equalLength true, but the series have 1 to 3 steps.",
        "@missing false, but 1 of 2 series have missing values.",
    ]
    notes = read_ts(write(tmp_path, HEAD + said + "1,3:4,5:up\n")).notes
    assert [note.split(": ", 1)[1] for note in notes] == ["@seriesLength 9, but the series have 2 steps."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@data\n1,2:3:up\n", "toy.ts:7: channel 1 has 2 steps and channel 2 has 1."),
        ("@data\n1:2:3:up\n", "toy.ts:7: 4 fields between colons, expected 3 (2 of numbers and a label)."),
        ("@data\n1:2:up\n1:2:left\n", "toy.ts:8: label 'left', and @classLabel names up, down."),
        ("@data\n1:2:\n", "toy.ts:7: the label is empty."),
        ("@data\n1:two:up\n", "toy.ts:7: 'two' is no number (channel 2)."),
        ("@data\n1_0:2:up\n", "toy.ts:7: '1_0' is no number (channel 1)."),
        ("@data\n1:-inf:up\n", "toy.ts:7: -inf is not finite (channel 2)."),
        ("@data\n?:?:up\n", "toy.ts:7: a series without any value."),
        ("@data\n(0,1):(0,2):up\n", "toy.ts:7: values with timestamps, which the header does not announce."),
        ("@timestamps true\n@data\n", "toy.ts:6: series with timestamps are not read from a .ts file."),
        ("@dimensions none\n@data\n", "toy.ts:6: @dimensions says 'none'; it takes a number from 1 up."),
        ("@missing\n@data\n", "toy.ts:6: @missing says ''; it takes true or false."),
        ("@univariate true\n@data\n", "toy.ts:6: @univariate true, and @dimensions 2."),
        ("1:2:up\n", "toy.ts:6: a line of the header begins with @ or #"),
        ("", "toy.ts: no @data line."),
        ("@data\n\n", "toy.ts: no series after @data."),
    ],
)
def test_what_cannot_be_read_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, HEAD + text).startswith(message)


def test_bytes_that_are_no_text_and_targets_that_are_no_numbers(tmp_path: Path) -> None:
    file = tmp_path / "toy.ts"
    file.write_bytes(b"@data\n1,2\n1,\xff\n")
    with pytest.raises(InputError, match=r"toy\.ts:3: byte 3 of the line is not UTF-8"):
        read_ts(file)
    assert "toy.ts:3: 'x' is no number." in refused(tmp_path, "@targetLabel true\n@data\n1,2:x\n")


def test_bad_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    cases = read_ts(write(tmp_path, HEAD + "@data\n1:2:up\n1:two:up\n1:2:left\n"), on_bad_row="skip")
    assert len(cases) == 1 and cases.skipped == 2
    assert cases.notes == [f"2 bad rows skipped, the first: {cases.path}:8: 'two' is no number (channel 2)"]
    assert "it holds no series; 1 bad row skipped" in refused(tmp_path, HEAD + "@data\n1:up\n", on_bad_row="skip")


@pytest.mark.skipif(not REAL.is_dir(), reason="no real data here (SEQLOOM_DATA)")
@pytest.mark.parametrize(
    ("name", "rows", "channels", "lengths"),
    [("JapaneseVowels", (270, 370), 12, (7, 29)), ("BasicMotions", (40, 40), 6, (100, 100))],
)
def test_the_archives_own_files(name: str, rows: tuple[int, int], channels: int, lengths: tuple[int, int]) -> None:
    parts = [read_ts(REAL / f"ts_{name}" / f"{name}_{part}.ts") for part in ("TRAIN", "TEST")]
    assert tuple(map(len, parts)) == rows and all(len(part.channels) == channels for part in parts)
    steps = [len(case.values) for part in parts for case in part]
    assert (min(steps), max(steps)) == lengths and not any(part.notes for part in parts)
