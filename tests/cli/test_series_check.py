"""check forecast: what a file holds, before anything is trained."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def file(seqloom: Callable) -> Path:
    days = [f"2024-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(28)] + ["2024-01-29", "2024-01-30", "2024-01-31"]
    days += [f"2024-02-{n:02}" for n in range(1, 30)]
    rows = [f"{day},{10 + 5 * math.sin(2 * math.pi * n / 7):.3f},7\n" for n, day in enumerate(days) if n != 20]
    path = Path("sales.csv")
    path.write_text("day,판매,flat\n" + "".join(rows), encoding="utf-8")
    return path


def test_a_file_is_described(seqloom: Callable, file: Path) -> None:
    code, out, err = seqloom("check", "forecast", file, "-s", "series.gaps=previous")
    assert code == 0 and "one step   day" in out and "season     7" in out
    assert "2024-01-01   2024-02-29         1" in out
    assert "'flat' is the same at every step" in err and "판매" in out and "yes" in out


def test_a_gap_is_said_with_its_line(seqloom: Callable, file: Path) -> None:
    answer = seqloom("check", "forecast", file)
    assert answer.code == 2 and "sales.csv:21: after 2024-01-20 1 step is missing up to 2024-01-22" in answer.err


def test_json_has_it_all(seqloom: Callable, file: Path) -> None:
    found = json.loads(seqloom("check", "forecast", file, "-s", "series.gaps=interpolate", "--json").out)
    assert (found["frequency"], found["season"], found["horizon"], found["look_back"]) == ("day", 7, 7, 14)
    (series,) = found["series"]
    assert series["steps"] == 60 and series["missing"] == 1 and series["train"] + series["valid"] + series["test"] == 60
    assert [one["constant"] for one in found["columns"]] == ["", "yes"] and found["windows"]["train"] > 0
    assert any("are missing and filled by a line" in note for note in found["notes"])
