"""A pass over rows says what each row says by itself, whatever the format, the order and where the bytes are."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import rows as module
from seqloom.data.by_class import read_by_class
from seqloom.data.pairs import Pairs, Side
from seqloom.data.rows import Rows, read


def made(folder: Path, kind: str, count: int = 300) -> Path:
    draw = random.Random(count)
    file = folder / f"rows.{kind}"
    lines = []
    for number in range(count):
        text = f"좋다 {number} " + "x" * draw.choice([0, 3, 40, 900])
        if kind == "jsonl":
            row = {"text": text, "label": number % 3, **({"more": "있다"} if number % 5 == 0 else {})}
            lines.append(json.dumps(row, ensure_ascii=False))
        else:
            quoted = f'"{text}, ""so""\nand on"' if kind == "csv" and number % 7 == 0 else text
            lines.append(f"{quoted}{',' if kind == 'csv' else chr(9)}{number % 3}")
    head = "" if kind == "jsonl" else f"text{',' if kind == 'csv' else chr(9)}label\n"
    file.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def plain(rows: Rows, columns: list[str], places: list[int]) -> list[list[str]]:
    return [[rows[place].values[name] for name in columns] for place in places]


@pytest.mark.parametrize("limit", [2**20, 1])
@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl"])
def test_picked_is_what_each_row_says(tmp_path: Path, kind: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 16)
    rows = read(made(tmp_path, kind), memory_limit=limit)
    every = list(range(len(rows)))
    columns = ["label", "text"] + (["more"] if kind == "jsonl" else [])
    assert list(rows.picked(columns)) == plain(rows, columns, every)
    draw = random.Random(1)
    for places in ([], [7], every[::-1], draw.sample(every, 200), [0, len(rows) - 1, 0], every[::90]):
        assert list(rows.picked(columns, places)) == plain(rows, columns, places)
    assert list(rows.column("label")) == [row.values["label"] for row in rows]


def test_rows_that_lie_apart_are_not_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = read(made(tmp_path, "tsv", 3000), memory_limit=1)
    asked: list[int] = []
    plain_read = rows._blob.read

    def counted(start: int, end: int) -> bytes:
        asked.append(end - start)
        return plain_read(start, end)

    monkeypatch.setattr(rows._blob, "read", counted)
    file = (tmp_path / "rows.tsv").stat().st_size
    assert len(list(rows.picked(["text"]))) == 3000
    assert len(asked) == 3 and sum(asked) < file
    asked.clear()
    assert len(list(rows.picked(["text"], [0, 2999]))) == 2
    assert len(asked) == 2 and sum(asked) < 3000


def test_rows_of_one_file_a_class_are_picked(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    one, two = made(tmp_path, "jsonl", 4), made(tmp_path / "a", "jsonl", 3)
    for file in (one, two):
        file.write_text(file.read_text(encoding="utf-8").replace('"label"', '"kind"'), encoding="utf-8")
    rows = read_by_class("both", [("x", str(one)), ("y", str(two))], read)
    assert list(rows.picked(["label", "kind"], [5, 0, 3])) == [["y", "1"], ["x", "0"], ["x", "0"]]
    assert list(rows.picked(["text"])) == [[row.values["text"]] for row in rows]


@given(st.lists(st.integers(0, 19), max_size=12), st.booleans())
def test_a_pass_over_pairs_says_what_each_pair_says(
    tmp_path_factory: pytest.TempPathFactory, places: list[int], one_file: bool
) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    first = read(made(folder, "tsv", 20))
    second = first if one_file else read(made(folder, "jsonl", 20))
    all_of = np.arange(20)
    pairs = Pairs("p", Side(first, ("text", "label"), all_of), Side(second, ("label",), all_of)).at(places)
    assert list(pairs) == [pairs[index] for index in range(len(places))]
