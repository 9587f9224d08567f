"""output: plain JSON, columns that line up under Hangul, fields that stay one line."""

import json
import math

import pytest

from seqloom.cli import output


def test_columns_line_up_under_wide_letters() -> None:
    assert output.aligned([("긍정", "1"), ("neg", "22")]) == "긍정  1\nneg   22"


def test_no_rows_are_no_text() -> None:
    assert output.aligned([]) == ""


def test_rows_may_differ_in_length() -> None:
    assert output.aligned([("a", "b"), ("long",)]) == "a     b\nlong"


@pytest.mark.parametrize(
    ("text", "shown"), [("plain", "plain"), ("a\tb", "a\\tb"), ("a\nb", "a\\nb"), ("a\\b", "a\\\\b"), ("", "")]
)
def test_a_field_is_one_cell_of_one_line(text: str, shown: str) -> None:
    assert output.field(text) == shown


def test_a_document_is_one_json_document_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    output.document({"라벨": ("a", 1), "nan": math.nan, "inf": [math.inf], "none": None, "yes": True, 3: 0.5})
    text = capsys.readouterr().out
    assert "라벨" in text
    assert json.loads(text) == {"라벨": ["a", 1], "nan": None, "inf": [None], "none": None, "yes": True, "3": 0.5}


def test_json_lines_are_single_lines(capsys: pytest.CaptureFixture[str]) -> None:
    output.json_line({"a": "x\ny"})
    assert capsys.readouterr().out == '{"a": "x\\ny"}\n'


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234567, "1,234,567"), (0.5, "0.5000"), (1.5e-7, "1.5e-07"), (0.0, "0.0000"), (True, "True"), ("x", "x")],
)
def test_figures_are_readable(value: object, shown: str) -> None:
    assert output.number(value) == shown


def test_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output.note("3 rows skipped")
    assert capsys.readouterr() == ("", "seqloom: note: 3 rows skipped\n")
