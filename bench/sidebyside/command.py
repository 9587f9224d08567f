"""The command line of the speed tables: run some, print them, keep them."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from sidebyside.contest import QUICK, Manner, measure
from sidebyside.contestant import Contestant
from sidebyside.page import _time
from sidebyside.results import keep_contest, machine
from sidebyside.table import Row, Table


def run(table: Table, words: Sequence[str] | None = None) -> None:
    """Run one table as the words of the command line say."""
    asked = parser(table.title).parse_args(words)
    contest(table, asked)


def parser(about: str) -> argparse.ArgumentParser:
    """Return the options that every table has."""
    made = argparse.ArgumentParser(description=about)
    made.add_argument("--quick", action="store_true", help="three short rounds; nothing is written")
    made.add_argument("--cpu", action="store_true", help="processor seconds on one thread; nothing is written")
    made.add_argument("--rows", default="", metavar="TEXT", help="rows whose names hold it; nothing is written")
    made.add_argument("--sides", default="", metavar="A,B", help="these beside Seqloom alone; nothing is written")
    made.add_argument("--rounds", type=int, help="quiet rounds of each row")
    return made


def contest(table: Table, asked: argparse.Namespace) -> None:
    """Run a table; write it where all of it was measured in full."""
    manner = replace(QUICK if asked.quick else Manner(), cpu=asked.cpu)
    if asked.rounds:
        manner = replace(manner, rounds=asked.rounds, least=min(asked.rounds, manner.least))
    rows = [row for row in table.rows if asked.rows.lower() in row.name.lower()]
    if asked.sides:
        table, rows = _beside(table, rows, set(asked.sides.split(",")))
    threads = 1 if asked.cpu else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    started = time.perf_counter()
    print(f"== {table.title}: {machine()}", flush=True)
    records = _run(table, rows, manner, threads or 1)
    print(f"== {table.name} took {(time.perf_counter() - started) / 60:.1f} minutes", flush=True)
    if not (asked.quick or asked.cpu or asked.rows or asked.sides):
        keep_contest(table.name, table.title, table.intro, records)


def _run(table: Table, rows: Sequence[Row], manner: Manner, threads: int) -> list[dict[str, Any]]:
    """Start every side that some row needs, and go through the rows."""
    records = []
    with ExitStack() as stack:
        running: dict[tuple[str, str], Contestant] = {}
        for row in rows:
            sides = []
            for side in table.taking_part(row):
                for way in side.ways:
                    if (side.name, way) not in running:
                        one = running[side.name, way] = Contestant(side, way, threads)
                        stack.callback(one.end)
                        print(f"   {one.name}: {one.about}", flush=True)
                    sides.append(running[side.name, way])
            ours = next(side for side in table.sides if side.name == table.ours(row))
            record = measure(row, sides, ours, manner)
            records.append(record)
            _say(record)
    return records


def _beside(table: Table, rows: Sequence[Row], names: set[str]) -> tuple[Table, list[Row]]:
    """Return a table and rows without the peers that are not named."""
    left = []
    for row in rows:
        wanted = {name: goal for name, goal in row.wanted.items() if name in names}
        left.append(replace(row, wanted=wanted, shown=tuple(name for name in row.shown if name in names)))
    return replace(table, rows=tuple(left)), left


def _say(record: dict[str, Any]) -> None:
    """Print a row that is done."""
    loud = "" if record["quiet"] else f", BUSY: others took {record['foreign']:.2f} of a core"
    print(f"{record['row']} ({record['rounds']} of {record['of']} rounds count{loud})", flush=True)
    for side in record["sides"]:
        line = f"    {side['side']:44s} {_time(side['seconds']['median']):>9s}  {side['setting'] or ''}"
        if "ratio" in side:
            ratio, goal = side["ratio"], side["goal"]
            judged = "" if goal is None else f"  goal {goal:g}: {'HIT' if side['hit'] else 'MISS'}"
            line += f"  {ratio['median']:.2f}x [{ratio['low']:.2f}, {ratio['high']:.2f}]{judged}"
        print(line, flush=True)
    for name, why in record["refused"].items():
        print(f"    {name:44s} does not: {why}", file=sys.stderr, flush=True)
