"""The page of a comparison: the verdict first, then what it rests on; one HTML file that opens without a network."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqloom.comparing import comparison_tables as tables
from seqloom.comparing.comparison_numbers import digits_of
from seqloom.comparing.comparison_text import headline, judged, notes
from seqloom.pages import comparison_figures as figures
from seqloom.pages.comparison_curves import curves
from seqloom.report.figures import Figure, Section, Table
from seqloom.report.sections_page import page

Told = Mapping[str, Any]
ROWS = 40
"""Rows of a table of parts that stands on the page; a longer one is left to the folded numbers."""
READING = (
    "Every architecture was trained with the same seeds, on the same rows in the same batches, within the same budget; "
    "the search for its learning rate cost each the same.",
    "A mean is over seeds. Its interval over seeds and rows says where the mean would lie, 95 times of 100, had there "
    "been other seeds and other rows of this kind. Two intervals that overlap may still differ: a pair is compared on "
    "the same rows, which is finer.",
    "p is how often a difference as large would come about were there none; Holm's correction (1979) raises it because "
    "several pairs are looked at. Hedges' g (1981) is the difference in standard deviations of seeds.",
    "The front joins those that no other beats in cost and quality at once.",
)


def page_of(told: Told) -> str:
    """Return what `Comparison.to_dict` tells as a whole HTML page.

    Raises ResourceError where the program that brings Vega-Lite, vl-convert-python, is not installed.
    """
    sections = [_verdict(told), _apart(told), _costs(told), _learning(told), _parts(told), _runs(told), _how(told)]
    return page(headline(told), [one for one in sections if one is not None], f"{judged(told)}.")


def _verdict(told: Told) -> Section:
    measured = [figures.quality(told)] if told["measure"] else []
    shown: list[Figure] = [*measured, tables.quality(told), *_table(tables.failures(told), "What failed")]
    return Section("Verdict", "", shown, _notes(told), lead=[str(one) for one in told["verdict"]])


def _notes(told: Told) -> list[str]:
    """Return the notes, but for those of costs, which stand beside them."""
    return [note for note in notes(told) if note not in tables.cost_notes(told)]


def _apart(told: Told) -> Section | None:
    if not told["pairs"]:
        return None
    shown: list[Figure] = [figures.pairs(told), tables.pairs(told)]
    if not np.isfinite(figures.pairs(told).values).any():
        shown = shown[1:]
    return Section("What can be told apart", "Each pair, the better first.", shown)


def _costs(told: Told) -> Section | None:
    shown: list[Figure] = [*_table(tables.costs(told)), *figures.against_costs(told)]
    about = "Costs are medians over seeds."
    if told.get("pareto"):
        about += (
            f" In quality, time to train, time to answer and parameters together, no other beats: "
            f"{', '.join(map(str, told['pareto']))}."
        )
    return Section("What it costs", about, shown, tables.cost_notes(told)) if shown else None


def _learning(told: Told) -> Section | None:
    archs = [str(one["arch"]) for one in tables.ranked(told)]
    measure = (told["measure"] or {}).get("name")
    same = {one.get("metric") for one in told["cells"] if one.get("curve")} == {measure}
    drawn = curves(told["cells"], archs, digits_of(told).factor if same else 1.0)
    return Section("How they learn", "", drawn) if drawn else None


def _parts(told: Told) -> Section | None:
    shown: list[Figure] = []
    facts = {}
    for by in tables.BINS:
        figure = figures.in_parts(told, by)
        if figure is not None:
            table = tables.breakdown(told, by)
            shown += [figure, *([table] if len(table.rows) <= ROWS else [])]
            facts[by] = told[by]
    return Section("Where they differ", "The same rows, in parts.", shown, facts=facts) if shown else None


def _runs(told: Told) -> Section:
    shown = [*_table(tables.runs(told)), *_table(tables.rates(told), "Learning rates that were tried")]
    return Section("Every run", "", shown)


def _how(told: Told) -> Section:
    return Section("What was run, and how to read it", "", _table(tables.plan(told)), READING)


def _table(table: Table, title: str = "") -> Sequence[Table]:
    """Return a table under a title, in a list; nothing where it has no rows."""
    return [Table(title, table.columns, table.rows, right=table.right)] if table.rows else []
