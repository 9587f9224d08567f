"""bench/speed.py: sides are judged by what they took, at their best setting, and the page says so.

Nothing is timed here: the sides tell made-up seconds."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parent.parent / "bench"
TELLS = {"least": 2, "rounds": 4, "cpu": True}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The modules of the harness."""
    monkeypatch.syspath_prepend(str(BENCH))
    names = ("table", "contest", "contestant", "page", "picture")
    yield SimpleNamespace(**{name: importlib.import_module(f"sidebyside.{name}") for name in names})


@dataclass
class Told:
    """A side in place of a process: it takes `takes` seconds, by its setting, and does `does` of the work."""

    side: Any
    way: str
    takes: Mapping[int, float]
    does: float = 1
    refuses: str | None = None
    refusal: Any = None
    about: str = "made up 1.0"
    pid: int = 0

    def __post_init__(self) -> None:
        self.name, self.work, self.tried = f"{self.side.name}, {self.way}", {}, 0

    def make(self, work: Mapping[str, Any]) -> None:
        if self.refuses:
            raise self.refusal(self.refuses)
        self.work, self.tried = dict(work), self.tried + 1

    def run(self, times: int) -> Any:
        seconds = self.takes[self.work.get("threads", 1)] * times
        return SimpleNamespace(seconds=100.0, cpu=seconds, did=self.does * times)


def record(bench: SimpleNamespace, theirs: Any, **row: Any) -> dict[str, Any]:
    """Return what is recorded of a side beside one of ours that takes a second."""
    ours = bench.table.Side("Seqloom", "x.py")
    mine = Told(ours, bench.table.SHIPPED, {1: 1.0}, does=row.get("amount") or 1)
    given = {"wanted": {"peer": 2.0}, "amount": 1, **row}
    manner = bench.contest.Manner(**TELLS)
    return bench.contest.measure(bench.table.Row("a row", {}, **given), [mine, theirs], ours, manner)


def test_a_goal_is_reached_where_the_ratio_is_and_only_there(bench: SimpleNamespace) -> None:
    side = bench.table.Side("peer", "x.py")
    for seconds, hit in ((1.9, False), (2.0, True), (3.0, True)):
        told = record(bench, Told(side, bench.table.SHIPPED, {1: seconds}))["sides"][1]
        assert (told["ratio"]["median"], told["hit"]) == (pytest.approx(seconds), hit)


def test_a_goal_may_differ_with_the_allocator_and_be_none(bench: SimpleNamespace) -> None:
    side, goal = bench.table.Side("peer", "x.py"), bench.table.Goal(shipped=4.0, kept=3.0)
    hits = [
        record(bench, Told(side, way, {1: 3.5}), wanted={"peer": goal})["sides"][1]["hit"]
        for way in (bench.table.SHIPPED, bench.table.KEPT)
    ]
    assert hits == [False, True]
    only = bench.table.Goal(shipped=1.4)
    told = record(bench, Told(side, bench.table.KEPT, {1: 1.0}), wanted={"peer": only})["sides"][1]
    assert told["hit"] is None and told["ratio"]["median"] == 1.0


def test_a_peer_takes_part_at_its_best_setting(bench: SimpleNamespace) -> None:
    side = bench.table.Side("peer", "x.py", settings=({"threads": 1, "type": "a"}, {"type": "b", "threads": 1}))
    takes = {1: 5.0}
    peer = Told(side, bench.table.SHIPPED, takes)

    def make(work: Mapping[str, Any]) -> None:
        takes[1] = {"a": 3.0, "b": 5.0}[work["type"]]
        peer.work = dict(work)

    peer.make = make  # type: ignore[method-assign]
    told = record(bench, peer)["sides"][1]
    assert told["setting"]["type"] == "a" and told["ratio"]["median"] == 3.0
    assert [one["seconds"] for one in told["tried"]] == [3.0, 5.0]


def test_a_refusal_is_recorded_and_the_others_go_on(bench: SimpleNamespace) -> None:
    side = bench.table.Side("peer", "x.py")
    peer = Told(side, bench.table.SHIPPED, {1: 1.0}, refuses="no bfloat16", refusal=bench.contestant.Refusal)
    told = record(bench, peer)
    assert told["refused"] == {"peer, as shipped": "no bfloat16"} and len(told["sides"]) == 1


def test_who_does_less_than_asked_is_found_out(bench: SimpleNamespace) -> None:
    side = bench.table.Side("peer", "x.py")
    with pytest.raises(RuntimeError, match=r"peer, as shipped did 29.0 updates of a row, not 30"):
        record(bench, Told(side, bench.table.SHIPPED, {1: 1.0}, does=29), amount=30)


def test_sides_with_batches_of_their_own_are_compared_by_what_they_did(bench: SimpleNamespace) -> None:
    side = bench.table.Side("peer", "x.py")
    told = record(bench, Told(side, bench.table.SHIPPED, {1: 3.0}, does=2), amount=None)["sides"][1]
    assert told["ratio"]["median"] == pytest.approx(1.5)


def test_the_page_names_what_was_missed_and_the_picture_is_drawn(bench: SimpleNamespace) -> None:
    side = bench.table.Side("peer", "x.py")
    rows = [
        {**record(bench, Told(side, bench.table.SHIPPED, {1: seconds})), "row": name}
        for name, seconds in (("one", 3.0), ("other", 1.5))
    ]
    whole = {"kind": "contest", "title": "T", "intro": "I.", "rows": rows, "machine": "M", "when": "W"}
    plain = {"kind": "plain", "title": "P", "intro": "", "columns": ["a"], "rows": [[0.5]], "machine": "M", "when": "W"}
    page = bench.page.page({"t": whole, "p": plain})
    assert "1 of 2 goals were reached." in page
    assert "- other, beside peer: 1.50x as shipped (goal 2x)" in page and "- one" not in page
    assert "| **3.00x** | 3.00x to 3.00x | 2 | HIT |" in page and "| 2 | MISS |" in page and "| 0.5 |" in page
    assert bench.picture.picture({"t": whole, "p": plain}).startswith(b"\x89PNG")


def test_every_table_names_scripts_and_environments_that_are_there(bench: SimpleNamespace) -> None:
    for name in importlib.import_module("speed").TABLES:
        table = getattr(importlib.import_module(f"speed_{name}"), "TABLE", None)
        for side in () if table is None else table.sides:
            assert (BENCH / "peers" / side.script).exists(), side.script
            assert side.environment == "ours" or (BENCH / "peers" / f"{side.environment}.txt").exists()


def test_pins_name_versions_and_no_addresses() -> None:
    for pins in (BENCH / "peers").glob("*.txt"):
        for line in pins.read_text(encoding="utf-8").splitlines():
            assert line.count("==") == 1 and "/" not in line and "+" not in line, f"{pins.name}: {line}"


def test_a_side_answers_by_lines(tmp_path: Path) -> None:
    script = tmp_path / "side.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(BENCH / 'peers')!r})\nfrom answering import Refused, serve\n"
        "def make(work):\n"
        "    print('a framework talks')\n"
        "    if work['no']: raise Refused('not this')\n"
        "    return lambda: 7\n"
        "serve('a side', make)\n"
    )
    asked = "".join(json.dumps(one) + "\n" for one in ({"make": {"no": True}}, {"make": {"no": False}}, {"run": 3}))
    done = subprocess.run([sys.executable, str(script)], input=asked, capture_output=True, text=True, check=True)
    about, refused, made, ran = map(json.loads, done.stdout.splitlines())
    assert (about, refused, made) == ({"about": "a side"}, {"refused": "not this"}, {"made": True})
    assert ran["did"] == 21 and set(ran) == {"seconds", "cpu", "did"}


def test_a_loop_of_others_is_held_after_each_turn(tmp_path: Path) -> None:
    script = tmp_path / "side.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(BENCH / 'peers')!r})\nfrom answering import Turns\n"
        "turns = Turns('a loop')\nwork = turns.work()\n"
        "for number in range(100): turns.did(work['each'] + number)\n"
    )
    asked = "".join(json.dumps(one) + "\n" for one in ({"make": {"each": 10}}, {"run": 2}, {"run": 1}))
    done = subprocess.run([sys.executable, str(script)], input=asked, capture_output=True, text=True, check=True)
    about, made, two, one = map(json.loads, done.stdout.splitlines())
    assert (about, made) == ({"about": "a loop"}, {"made": True})
    assert (two["did"], one["did"]) == (11 + 12, 13)  # the first turn, 10, nobody asked for
