"""The tables of speed as Markdown: what each took, how many times as fast Seqloom is, and whether that was the goal."""

import math
from collections.abc import Mapping
from typing import Any

INTRO = """Seqloom and its peers do the same work on one machine in one run: `python bench/speed.py`. Each side is a \
process of its own, stopped while others have their turn; they take turns within a round, and who begins takes turns \
too. A round counts where everything else on the machine took less than 8 % of a core. *x* is the median over rounds \
of the seconds of a peer over those of Seqloom in the same round: over 1, Seqloom is faster; behind it stand the \
quartiles. A peer that allocates by glibc takes part twice: as shipped, and with the allocator settings that Seqloom \
gives itself (`MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`: blocks kept). Where a side may choose threads or a \
type of number, every choice is tried for each row and the fastest one takes part; it stands in brackets."""


def page(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Write all tables, and before them how many goals were reached and which were not."""
    lines = ["# Speed, side by side", "", INTRO, "", *_summary(tables)]
    for name, table in tables.items():
        lines += ["", f"## {table['title']}", "", f"{table['intro']}", ""]
        lines += _contest(table) if table["kind"] == "contest" else _plain(table)
        lines += ["", f"`python bench/speed_{name}.py`, {table['when']}, {table['machine']}."]
    return "\n".join(lines) + "\n"


def _summary(tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say how many goals were reached, and which were missed by how much."""
    judged = [
        (row["row"], side)
        for table in tables.values()
        if table["kind"] == "contest"
        for row in table["rows"]
        for side in row["sides"]
        if side.get("hit") is not None
    ]
    missed: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row, side in judged:
        if not side["hit"]:
            missed.setdefault((row, side["of"]), []).append(side)
    far = sorted(missed.items(), key=lambda one: min(side["ratio"]["median"] / side["goal"] for side in one[1]))
    lines = [f"{sum(side['hit'] for _, side in judged)} of {len(judged)} goals were reached."]
    if missed:
        lines += ["", "Missed, the furthest first:", ""]
        for (row, peer), sides in far:
            each = [f"{_x(side['ratio']['median'])} {side['way']} (goal {side['goal']:g}x)" for side in sides]
            lines.append(f"- {row}, beside {peer}: {', '.join(each)}")
    loud = [row["row"] for table in tables.values() for row in table["rows"] if _loud(row)]
    if loud:
        lines += ["", f"The machine was busy with something else during: {', '.join(loud)}. These count for little."]
    return lines


def _loud(row: Any) -> bool:
    """Whether others disturbed a row; those of plain tables do not say."""
    return isinstance(row, Mapping) and not row["quiet"]


def _contest(table: Mapping[str, Any]) -> list[str]:
    """Write a side-by-side table: a line for each side of each row."""
    lines = [
        "| work | side | it takes | in a second | x | quartiles | goal | |",
        "|---|---|---:|---:|---:|---|---:|---|",
    ]
    for row in table["rows"]:
        for place, side in enumerate(row["sides"]):
            took = side["seconds"]["median"]
            cells = [row["row"] if place == 0 else "", f"{side['side']}{_setting(side)}", _time(took)]
            cells += [f"{_count(1 / took)} {row['unit']}"]
            if "ratio" in side:
                ratio = side["ratio"]
                cells += [f"**{_x(ratio['median'])}**", f"{_x(ratio['low'])} to {_x(ratio['high'])}"]
                cells += ["" if side["goal"] is None else f"{side['goal']:g}", _verdict(side)]
            else:
                spread = side["seconds"]
                cells += ["", f"{_time(spread['low'])} to {_time(spread['high'])}", "", ""]
            lines.append(f"| {' | '.join(cells)} |")
        said = "" if row["sides"] else row["row"]
        lines += [f"| {said} | {name} | does not: {why} | | | | | |" for name, why in row["refused"].items()]
    abouts = dict.fromkeys(side["about"] for row in table["rows"] for side in row["sides"])
    rounds = sorted({row["rounds"] for row in table["rows"]})
    told = f"{rounds[0]} to {rounds[-1]}" if len(rounds) > 1 else str(rounds[0]) if rounds else "no"
    return [*lines, "", f"Sides: {'; '.join(abouts)}. Rounds that count: {told} a row."]


def _plain(table: Mapping[str, Any]) -> list[str]:
    """Write a table of another shape."""
    lines = [f"| {' | '.join(table['columns'])} |", "|" + "---|" * len(table["columns"])]
    return lines + [f"| {' | '.join(map(_cell, row))} |" for row in table["rows"]]


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def _setting(side: Mapping[str, Any]) -> str:
    """Return a side's best setting in brackets: (int8, 1 thread)."""
    words = []
    for name, value in side["setting"].items():
        words.append(f"{value} thread{'s' * (value != 1)}" if name == "threads" else f"{value}")
    return f" ({', '.join(words)})" if words else ""


def _verdict(side: Mapping[str, Any]) -> str:
    if side["hit"] is None:
        return ""
    sure = side["ratio"]["low"] >= side["goal"] or side["ratio"]["high"] < side["goal"]
    return ("HIT" if side["hit"] else "MISS") + ("" if sure else ", within the spread")


def _x(ratio: float) -> str:
    return f"{ratio:.2f}x"


def _time(seconds: float) -> str:
    """Return seconds in the unit that reads best, three digits."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{_three(seconds / scale)} {unit}"
    return f"{_three(seconds / 1e-6)} us"


def _count(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else _three(number)


def _three(number: float) -> str:
    """Return a number with three digits: 1.23, 12.3, 123."""
    digits = max(0, 2 - math.floor(math.log10(number))) if number > 0 else 0
    return f"{number:.{digits}f}"
