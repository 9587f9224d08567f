"""FASTA as rows: records over several lines, labels in headers, and one file a class."""

import gzip
from pathlib import Path

import pytest

from seqloom.data.by_class import files_of, read_by_class
from seqloom.data.rows import Rows, read
from seqloom.errors import InputError


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


@pytest.mark.parametrize("limit", [2**20, 1])
@pytest.mark.parametrize("name", ["a.fa", "a.fasta.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_record_is_a_header_and_lines(tmp_path: Path, name: str, limit: int, end: str) -> None:
    text = "\n>one 5'->3' strand\nACgt\nNN\n\n>two\nA-C.*\n".replace("\n", end)
    rows = read(write(tmp_path, name, text), memory_limit=limit)
    assert rows.columns == ["id", "header", "sequence"] and rows.format == "fasta"
    assert [list(row.values.values()) for row in rows] == [
        ["one", "one 5'->3' strand", "ACGTNN"],
        ["two", "two", "A-C.*"],
    ]
    assert [row.line for row in rows] == [2, 6] and rows.where(1).endswith(":6")


def test_headers_hold_labels_by_key_or_by_place(tmp_path: Path) -> None:
    text = '>a|human|x label=globin kind="two words"\nMV\n>b|mouse [label=other];kind=c,id=z\nMK\n'
    rows = read(write(tmp_path, "a.faa", text))
    assert rows[0].values["label"] == "globin" and rows[0].values["kind"] == "two words"
    assert rows[0].values["2"] == "human" and rows[0].values["id"] == "a|human|x"
    assert rows[1].values["label"] == "other" and rows[1].values["kind"] == "c"
    assert rows[1].values["id"] == "b|mouse" and rows[1].values["1"] == "b", "the header's own columns stay"


def test_a_label_that_a_header_lacks_names_its_line(tmp_path: Path) -> None:
    rows = read(write(tmp_path, "a.fa", ">a label=x\nAC\n>b\nAC\n"))
    with pytest.raises(InputError, match=r"a\.fa:3: no value for 'label' \(1 row of 2 lack it\)"):
        rows.require("label")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACGT\n>a\nAC\n", r"a\.fa:1: a sequence without a header"),
        (">a\n>b\nAC\n", r"a\.fa:1: no sequence under the header 'a'"),
        (">a\nAC\nA7\n", r"a\.fa:1: '7' in line 2 of the sequence of 'a', which is no residue"),
        (">a\nAÄ\n", r"a\.fa:1: 'Ä' in line 1 of the sequence of 'a'"),
    ],
)
def test_what_is_no_sequence_names_its_record(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, "a.fa", text))


def test_bad_records_are_skipped(tmp_path: Path) -> None:
    rows = read(write(tmp_path, "a.fa", ">a\nA7\n>b\nAC\n"), on_bad_row="skip")
    assert [row.values["id"] for row in rows] == ["b"] and rows.skipped == 1


def test_a_file_without_an_ending_is_told_by_its_first_letter(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="looks like fasta: --format fasta"):
        read(write(tmp_path, "a", ">a\nAC\n"))


def one_file_each(folder: Path) -> Rows:
    good, bad = write(folder, "good.fa.gz", ">1\nAC\n>2\nGT\n"), write(folder, "b,ad.fa", ">3\nTT\n")
    path = f"good={good},bad={bad}"
    files = files_of(path)
    assert files is not None
    return read_by_class(path, files, read)


def test_the_name_of_a_file_is_the_label_of_its_rows(tmp_path: Path) -> None:
    rows = one_file_each(tmp_path)
    assert len(rows) == 3 and rows.columns == ["label", "id", "header", "sequence"] and rows.format == "fasta"
    assert [(row.values["label"], row.values["sequence"], row.line) for row in rows] == [
        ("good", "AC", 1),
        ("good", "GT", 3),
        ("bad", "TT", 1),
    ]
    assert rows.where(2) == f"{tmp_path}/b,ad.fa:1" and rows[-1].values["id"] == "3" and len(rows[1:]) == 2
    assert list(rows.column("label")) == ["good", "good", "bad"]
    with pytest.raises(IndexError):
        rows[3]
    rows.require("label")


def test_names_of_files_that_go_together(tmp_path: Path) -> None:
    assert files_of("a=x.fa,b=y.fa,a=z.fa") == [("a", "x.fa"), ("b", "y.fa"), ("a", "z.fa")]
    assert files_of("plain.fa") is None
    odd = write(tmp_path, "k=3,l.fa", ">a\nAC\n")
    assert files_of(str(odd)) is None, "a file of that name is that file"
    with pytest.raises(InputError, match="one file a class is written label=file"):
        files_of("a=,b=y.fa")
    with pytest.raises(InputError, match=r"x\.fa is given to 'a' and to 'b'"):
        files_of("a=x.fa,b=x.fa")


def test_files_that_name_labels_too_or_lack_a_column(tmp_path: Path) -> None:
    one, two = write(tmp_path, "1.fa", ">a label=x\nAC\n"), write(tmp_path, "2.fa", ">a k=v\nAC\n")
    with pytest.raises(InputError, match=r"1\.fa has a column 'label', and"):
        read_by_class("both", [("a", str(one)), ("b", str(two))], read)
    three = write(tmp_path, "3.fa", ">a\nAC\n")
    rows = read_by_class("both", [("a", str(two)), ("b", str(three))], read)
    with pytest.raises(InputError, match=r"3\.fa has no column 'k', which .*2\.fa has"):
        rows.require("k")
