"""incoming: rows from stdin as they arrive, whatever form they come in."""

import io
import json
import os
import sys
import threading

import pytest

from seqloom.cli import incoming
from seqloom.errors import InputError


class Pieces(io.RawIOBase):
    """A stream that gives the pieces it was made of, one a read, as a slow pipe does."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = list(pieces)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self._pieces.pop(0) if self._pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


def arriving(*pieces: bytes) -> list[list[str]]:
    return list(incoming.arriving(io.BufferedReader(Pieces(list(pieces)))))


def rows(
    monkeypatch: pytest.MonkeyPatch, text: str, wanted: list[str], format: str | None = None
) -> tuple[list[list[str]], list[str]]:
    notes: list[str] = []
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return [row for group in incoming.rows(wanted, format, notes.append) for row in group], notes


def test_lines_come_when_they_are_whole() -> None:
    assert arriving(b"one\ntw", b"o\nthree", b"\nfour") == [["one"], ["two"], ["three"], ["four"]]


def test_lines_that_arrive_together_come_together() -> None:
    assert arriving("하나\n둘\n\n".encode()) == [["하나", "둘", ""]]


def test_a_letter_may_be_cut_between_two_reads() -> None:
    data = "한글\n".encode()
    assert arriving(data[:1], data[1:4], data[4:]) == [["한글"]]


def test_windows_line_ends_and_a_mark_at_the_start_are_left_out() -> None:
    assert arriving(b"\xef\xbb\xbfa\r\nb\r\n") == [["a", "b"]]


def test_nothing_gives_nothing() -> None:
    assert arriving(b"") == []


def test_what_came_before_a_bad_line_is_given_first() -> None:
    stream = incoming.arriving(io.BufferedReader(Pieces([b"good\nba\xffd\nafter\n"])))
    assert next(stream) == ["good"]
    with pytest.raises(InputError, match="standard input:2: byte 3 of the line is not UTF-8"):
        next(stream)


def test_gzip_is_refused_with_what_to_type() -> None:
    with pytest.raises(InputError, match="zcat FILE"):
        arriving(b"\x1f\x8b\x08\x00rest\n")


def test_a_pipe_is_answered_before_it_ends() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe:
        stream = incoming.arriving(pipe)
        os.write(writing, b"first\n")
        found: list[list[str]] = []
        worker = threading.Thread(target=lambda: found.append(next(stream)), daemon=True)
        worker.start()
        worker.join(10)
        assert found == [["first"]]  # while the writing end is still open
        os.close(writing)
        assert list(stream) == []


@pytest.mark.parametrize(
    ("text", "wanted", "expected", "said"),
    [
        ("good film\nbad\n\n", ["text"], [["good film"], ["bad"], [""]], ""),
        ("id\tText\tlabel\n1\tgood\tpos\n", ["text"], [["good"]], "the first line names the columns"),
        ('label,text\npos,"good, really"\n', ["text"], [["good, really"]], "the first line names the columns"),
        ('{"text": "good", "id": 3}\n{"id": 4, "text": "나쁨"}\n', ["text"], [["good"], ["나쁨"]], ""),
        ("text\ngood\n", ["text"], [["good"]], "the first line names the columns"),
        ("pos\tgood\n", ["2"], [["good"]], ""),
        ("good film\n", ["2"], [["good film"]], ""),
        ("2\n", ["2"], [["2"]], ""),
        ("a\tb\n", ["q1", "q2"], [["a", "b"]], ""),
        ("q2\tq1\nb\ta\n", ["q1", "q2"], [["a", "b"]], "the first line names the columns"),
        ("x\ta\tb\n", ["2", "3"], [["a", "b"]], ""),
        ("a\tb\n", ["2", "3"], [["a", "b"]], ""),
        ("a\tb\n\nc\td\n", ["q1", "q2"], [["a", "b"], ["", ""], ["c", "d"]], ""),
        ("good\tpos\n", ["text"], [["good\tpos"]], "each line, tabs and all, is a text"),
        ("{not json}\n", ["text"], [["{not json}"]], ""),
    ],
)
def test_the_first_line_settles_how_rows_are_read(
    monkeypatch: pytest.MonkeyPatch, text: str, wanted: list[str], expected: list[list[str]], said: str
) -> None:
    found, notes = rows(monkeypatch, text, wanted)
    assert found == expected
    assert said in "".join(notes) and bool(said) == bool(notes)


@pytest.mark.parametrize(
    ("text", "wanted", "format", "said"),
    [
        (
            "a\tb\nc\n",
            ["q1", "q2"],
            None,
            "standard input:2: 1 column(s), expected 2 (q1, q2), with a tab between them.",
        ),
        (json.dumps({"text": "a"}) + "\n{}\n", ["text"], None, "standard input:2: an object without keys."),
        (json.dumps({"text": "a"}) + '\n{"txt": "b"}\n', ["text"], None, "no value for 'text'. It has: txt."),
        (json.dumps({"text": "a"}) + "\nplain\n", ["text"], None, "standard input:2: not JSON"),
        ("a\n", ["text"], "tvs", "unknown format 'tvs'. Known: tsv, csv, jsonl, text, labelled, fasta (--format)."),
    ],
)
def test_a_row_that_cannot_be_used_is_said_with_its_line(
    monkeypatch: pytest.MonkeyPatch, text: str, wanted: list[str], format: str | None, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        rows(monkeypatch, text, wanted, format)
    assert said in str(caught.value)


def test_the_format_named_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(monkeypatch, '{"text": "a"}\n', ["text"], "text") == ([['{"text": "a"}']], [])
    assert rows(monkeypatch, "pos good film\n", ["text"], "labelled") == ([["good film"]], [])
