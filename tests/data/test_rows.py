"""Rows of every format, and the text of every error a row can cause."""

import gzip
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.rows import Rows, read
from seqloom.errors import InputError

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r"), max_size=12)


def write(folder: Path, name: str, data: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


def values(rows: Rows) -> list[list[str]]:
    return [list(row.values.values()) for row in rows]


def refused(file: Path, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        read(file, **options)
    assert str(error.value).startswith(str(file))
    return str(error.value).replace(f"{file.parent}/", "")


@pytest.mark.parametrize("limit", [2**20, 1])
def test_tsv_takes_quotes_as_they_are(tmp_path: Path, limit: int) -> None:
    file = write(tmp_path, "평.tsv", 'text\tlabel\n"좋다\t1\nsay ""no""\tNA\n\tnull\n')
    rows = read(file, memory_limit=limit)
    assert rows.columns == ["text", "label"] and rows.format == "tsv"
    assert values(rows) == [['"좋다', "1"], ['say ""no""', "NA"], ["", "null"]]
    assert [row.line for row in rows] == [2, 3, 4]
    assert rows.where(2) == f"{file}:4"
    assert rows[-1] == rows[2] and rows[0:2] == [rows[0], rows[1]]
    with pytest.raises(IndexError):
        rows[3]


@pytest.mark.parametrize("limit", [2**20, 1])
@pytest.mark.parametrize("packed", [False, True])
def test_csv_follows_the_csv_rules(tmp_path: Path, limit: int, packed: bool) -> None:
    data = b'text,label\r\n"two\nlines, ""quoted""",a\r\n5" disk,b\r\n"one\r\ntwo\n\nfour",c\r\nlast,d'
    file = write(tmp_path, "a.csv.gz" if packed else "a.csv", gzip.compress(data) if packed else data)
    rows = read(file, memory_limit=limit)
    assert values(rows) == [
        ['two\nlines, "quoted"', "a"],
        ['5" disk', "b"],
        ["one\r\ntwo\n\nfour", "c"],
        ["last", "d"],
    ]
    assert [row.line for row in rows] == [2, 4, 5, 9]


def test_jsonl_keeps_the_json_text_of_what_is_no_string(tmp_path: Path) -> None:
    lines = '{"text": "좋\\u0041", "n": 3.50, "yes": true, "tags": ["a, b", 1.0], "more": {"가": null}}\n\n'
    rows = read(write(tmp_path, "a.jsonl", lines))
    assert rows[0].values == {
        "text": "좋A",
        "n": "3.50",
        "yes": "true",
        "tags": '["a, b", 1.0]',
        "more": '{"가": null}',
    }
    assert rows.notes == [f"1 blank line skipped, the first: {tmp_path}/a.jsonl:2"]


def test_jsonl_rows_may_lack_a_key_that_nobody_asks_for(tmp_path: Path) -> None:
    file = write(
        tmp_path, "a.ndjson", '{"text": "a", "label": "x"}\n{"text": "b", "by": "me"}\n{"text": "c", "label": null}'
    )
    rows = read(file)
    assert rows.columns == ["text", "label", "by"]
    assert rows[1].values == {"text": "b", "label": "", "by": "me"}
    rows.require("text")
    with pytest.raises(InputError, match=r"a\.ndjson:2: no value for 'label' \(2 rows of 3 lack it\)\. Fix the row"):
        rows.require("label")
    rows = read(file, on_bad_row="skip")
    rows.require("label")
    assert values(rows) == [["a", "x", ""]] and rows.skipped == 2
    assert rows.notes == [f"2 rows without 'label' skipped, the first: {file}:2"]
    with pytest.raises(InputError, match=r"a\.ndjson:1: no value for 'by', nor in any other row"):
        rows.require("by")


def test_text_keeps_blank_lines_and_labelled_splits_at_the_first_space(tmp_path: Path) -> None:
    assert values(read(write(tmp_path, "a.txt", "one\n\n three\n"))) == [["one"], [""], [" three"]]
    rows = read(write(tmp_path, "a", "0 a film\n\n\nDESC:manner  two spaces\n1 \n"), format="labelled")
    assert rows.columns == ["label", "text"]
    assert values(rows) == [["0", "a film"], ["DESC:manner", " two spaces"], ["1", ""]]
    assert rows.notes == [f"2 blank lines skipped, the first: {tmp_path}/a:2"]


@pytest.mark.parametrize(
    ("data", "options", "columns"),
    [
        ("Text\tx\na\tb\n", {}, ["Text", "x"]),
        ("문장\t라벨\na\tb\n", {}, ["문장", "라벨"]),
        ("verse\tx\na\tb\n", {}, ["1", "2"]),
        ("verse\tx\na\tb\n", {"wanted": ["Verse"]}, ["verse", "x"]),
        ("verse\tx\na\tb\n", {"header": True}, ["verse", "x"]),
        ("text\tx\na\tb\n", {"header": False}, ["1", "2"]),
        ("2\tx\na\tb\n", {"wanted": ["2"]}, ["1", "2"]),
        ("question\twhy?\nstatement\tso.\nquestion\thow?\n", {}, ["1", "2"]),
        ("name\theight\na\t1\nb\t2.5\nc\t3\n", {}, ["name", "height"]),
        ("a\t?\na\t1\nb\t2.5\nc\t3\n", {}, ["1", "2"]),
        (" text \t\na\tb\n", {}, ["text", "2"]),
    ],
)
def test_header(tmp_path: Path, data: str, options: dict[str, Any], columns: list[str]) -> None:
    rows = read(write(tmp_path, "a.tsv", data), **options)
    assert rows.columns == columns
    assert len(rows) == data.count("\n") - (columns[0] != "1")
    assert len(rows.notes) == (0 if "header" in options else 1)


def test_header_guesses_are_said(tmp_path: Path) -> None:
    rows = read(write(tmp_path, "a.tsv", "text\tx\na\tb\n"))
    assert "the first row is read as column names (text, x); -s data.header=false if it is data" in rows.notes[0]
    rows = read(write(tmp_path, "a.tsv", "a\tb\n"))
    assert "no header found, so columns go by number; -s data.header=true" in rows.notes[0]


def test_header_cannot_name_a_column_twice_or_stand_where_there_is_none(tmp_path: Path) -> None:
    assert "a.tsv:1: the header names 'text' 2 times." in refused(write(tmp_path, "a.tsv", "text\ttext\na\tb\n"))
    assert "a jsonl file has no header row" in refused(write(tmp_path, "a.jsonl", "{}"), header=True)


@pytest.mark.parametrize(
    ("name", "bad", "says"),
    [
        ("a.tsv", b"x\ty\tz", "a.tsv:3: 3 columns, expected 2 (text, label). Fix the row, or skip such rows with"),
        ("a.tsv", b"x", "a.tsv:3: 1 column, expected 2 (text, label)."),
        ("a.tsv", b"caf\xe9\t1", "a.tsv:3: byte 4 of the line is not UTF-8 (0xe9). The file may be CP1252; convert it"),
        ("a.tsv", "좋다\t1".encode("cp949"), "byte 1 of the line is not UTF-8 (0xc1). The file may be CP949; convert"),
        ("a.tsv", b"a\x00\t1", "a.tsv:3: byte 2 of the line is NUL (0x00). Remove it, or skip such rows with"),
        ("a.csv", b'"a,1', "a.csv:3: a quote is opened and not closed. Close it, write a literal quote"),
        ("a.csv", b'"a"b,1', "a.csv:3: not CSV: ',' expected after '\"'."),
        ("a.csv", b"a\rb,1", "a.csv:3: a bare carriage return outside quotes."),
        ("a.csv", b'"a\xff",1', "a.csv:3: byte 3 of the line is not UTF-8 (0xff)"),
        (
            "a.jsonl",
            b"{text: 1}",
            "a.jsonl:3: not JSON: Expecting property name enclosed in double quotes at character 2",
        ),
        ("a.jsonl", b'["a"]', "a.jsonl:3: a JSON list, expected an object. Write each row as {"),
        ("a.jsonl", b"3", "a.jsonl:3: a JSON number, expected an object."),
        ("a.jsonl", b"[", "Write one whole object a line, not a list over several"),
        ("a.jsonl", b"{}", "a.jsonl:3: an object without keys."),
        ("a.jsonl", b"[" * 100_000, "not usable JSON: nested too deep"),
        ("a.jsonl", b'{"text": "\\ud800", "label": "1"}', "a.jsonl:3: 'text' holds half a character (\\ud800)."),
        ("a.jsonl", b'{"text": "\\u0000", "label": "1"}', "a.jsonl:3: 'text' holds NUL (\\u0000)."),
        ("a", b"alone", 'a:3: no space after the label. Write each row as "label text", or skip such rows with'),
        ("a", b" text", "a:3: the label is missing: the row starts with a space."),
    ],
)
def test_a_bad_row_is_refused_by_line_or_skipped_and_said(tmp_path: Path, name: str, bad: bytes, says: str) -> None:
    good = {".tsv": ["text\tlabel", "a\tx", "b\ty"], ".csv": ["text,label", "a,x", "b,y"], "": ["x q", "x a", "y b"]}
    lines = good.get(Path(name).suffix, ['{"text": "a", "label": "x"}'] * 3)
    file = write(tmp_path, name, b"\n".join([*(line.encode() for line in lines[:2]), bad, lines[2].encode(), b""]))
    kind = "labelled" if name == "a" else "auto"
    message = refused(file, format=kind)
    assert says in message and "--on-bad-row skip." in message
    for limit in (2**20, 1):
        rows = read(file, format=kind, on_bad_row="skip", memory_limit=limit)
        assert rows.skipped == 1
        assert [row.line for row in rows][-2:] == [2, 4]
        assert f"1 bad row skipped, the first: {file}:3: " in rows.notes[-1]


def test_a_file_without_rows(tmp_path: Path) -> None:
    assert refused(write(tmp_path, "a.tsv", "text\tlabel\n")).startswith(
        "a.tsv has a header (text, label) and no rows."
    )
    assert refused(write(tmp_path, "b.tsv", "\n\r\n\n")) == "b.tsv holds only blank lines."
    message = refused(write(tmp_path, "c.jsonl", "1\n2\n"), on_bad_row="skip")
    assert message == "c.jsonl: no good row; 2 bad rows, the first: c.jsonl:1: a JSON number, expected an object."


def test_a_name_that_does_not_tell_the_format(tmp_path: Path) -> None:
    message = refused(write(tmp_path, "reviews.data", "a\tb\n"))
    assert (
        "Say which with --format tsv|csv|jsonl|text|labelled|fasta. Its first line looks like tsv: --format tsv."
        in message
    )
    with pytest.raises(InputError, match=r"unknown format 'excel'\. Known: auto, tsv, csv, jsonl, text, labelled"):
        read(tmp_path / "reviews.data", format="excel")


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.txt"])
def test_a_line_of_ten_megabytes(tmp_path: Path, name: str) -> None:
    long = "가" * 3_500_000
    cell = f'"{long}"' if name == "a.csv" else long
    rows = read(write(tmp_path, name, f"{cell}\nb\n"), header=None if name == "a.txt" else False)
    assert [len(row[0]) for row in values(rows)] == [3_500_000, 1]


def test_a_quote_left_open_does_not_swallow_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "a.csv", 'text,label\n"oops,1\n' + "a,x\n" * 30_000)
    rows = read(file, on_bad_row="skip")
    assert len(rows) == 30_000 and rows.skipped == 1
    assert "a.csv:2: a quote is opened and not closed" in rows.notes[-1]


@pytest.mark.parametrize("limit", [2**20, 1])
def test_rows_can_be_pickled_and_read_in_forked_workers(tmp_path: Path, limit: int) -> None:
    file = write(tmp_path, "a.tsv", "n\n" + "".join(f"{number}\n" for number in range(500)))
    rows = read(file, header=True, memory_limit=limit)
    assert list(pickle.loads(pickle.dumps(rows))) == list(rows)  # noqa: S301
    command = [sys.executable, str(Path(__file__).with_name("sharing.py")), "rows", str(file), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout == "124750 124750 124750\n", done.stderr


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_any_cells_come_back_from_tsv(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], held: bool, end: str
) -> None:
    file = tmp_path_factory.mktemp("rows") / "a.tsv"
    file.write_bytes("".join(f"{a}\t{b}{end}" for a, b in [("x", "y"), *cells]).encode())
    assert values(read(file, header=True, memory_limit=2**20 if held else 0)) == [list(pair) for pair in cells]


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)] * 2),
        min_size=1,
        max_size=6,
    )
)
def test_any_cells_come_back_from_csv_and_jsonl(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    import csv
    import json

    folder = tmp_path_factory.mktemp("rows")
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([("x", "y"), *cells])
    with (folder / "a.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"x": a, "y": b}, ensure_ascii=bool(len(a) % 2)) + "\n" for a, b in cells)
    assert values(read(folder / "a.csv", header=True)) == [list(pair) for pair in cells]
    assert values(read(folder / "a.jsonl")) == [list(pair) for pair in cells]
