"""A comparison as text: tables for a terminal, and Markdown for a page of one's own."""

import textwrap
from collections.abc import Mapping
from typing import Any

from seqloom.comparing import comparison_tables as tables
from seqloom.comparing.budget import Budget
from seqloom.report import table_svg
from seqloom.report.figures import Table
from seqloom.report.table_markdown import as_markdown as table_markdown
from seqloom.report.table_markdown import escaped

Told = Mapping[str, Any]
WIDTH = 100
"""Columns of a terminal that sentences take; tables are as wide as they are."""


def as_terminal(told: Told) -> str:
    """Return a comparison for a terminal: the verdict, quality, what can be told apart, costs, and what failed.

    told  what `Comparison.to_dict` tells
    """
    parts = [headline(told), ""]
    for sentence in told["verdict"]:
        parts += textwrap.wrap(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ")
    for title, table in _parts(told):
        parts += ["", title, "", *(line.rstrip() for line in table_svg.as_text(table))]
    parts += ["", *(line for note in notes(told) for line in textwrap.wrap(note, WIDTH))]
    return "\n".join(parts)


def as_markdown(told: Told) -> str:
    """Return a comparison as a Markdown document, with quality by length, class and rarity, every run, and the command.

    told  what `Comparison.to_dict` tells
    """
    parts = [f"# {escaped(headline(told))}", "", *(f"- {escaped(sentence)}" for sentence in told["verdict"])]
    broken = [
        (f"{tables.measure_name(told)} by {name}", tables.breakdown(told, by)) for by, name in tables.BINS.items()
    ]
    more = [("Learning rates that were tried", tables.rates(told)), ("Every run", tables.runs(told))]
    for title, table in [*_parts(told), *broken, *more, ("What was run", tables.plan(told))]:
        if table.rows:
            parts += ["", f"## {escaped(title)}", "", table_markdown(table)]
    parts += ["", *(f"- {escaped(note)}" for note in notes(told)), "", *_command(told)]
    return "\n".join(parts).rstrip() + "\n"


def headline(told: Told) -> str:
    """Say in a line what was compared, on what, how often, and what each run might spend."""
    plan = told.get("plan") or {}
    seeds = len(plan.get("seeds") or {one["seed"] for one in told["cells"]})
    parts = [f"{len(told['archs'])} architectures", f"{seeds} seed{'s' * (seeds != 1)} each"]
    if plan.get("minutes") or plan.get("steps"):
        parts.append(f"{Budget(plan.get('minutes'), plan.get('steps'))} a run")
    if plan.get("match"):
        parts.append(f"matched to {plan['match']}")
    subject = " ".join(str(plan[key]) for key in ("task", "data") if plan.get(key))
    return f"{subject or 'comparison'}: {', '.join(parts)}"


def judged(told: Told) -> str:
    """Say what is measured, on which rows, and which way is better."""
    measure = told["measure"]
    if not measure:
        return "No run was measured"
    on = {"test": ", on test rows", "validation": ", on validation rows"}.get(str(told.get("measured_on")), "")
    return f"{measure['name']}: {measure['about']}{on} ({'higher' if tables.higher(told) else 'lower'} is better)"


def notes(told: Told) -> list[str]:
    """Say how the intervals and tests are to be read, and what they rest on."""
    seeds = max((tables.number_of(one.get("seeds")) for one in told["archs"]), default=0)
    found = []
    if missing := told.get("missing"):
        found.append(f"{missing} {'run of the plan has' if missing == 1 else 'runs of the plan have'} not ended yet.")
    if told.get("measured_on") == "validation":
        found.append(
            "Validation rows chose the weights and learning rate of each run, so values are a little too good, for all "
            "alike; --test holds out rows that nothing is chosen on."
        )
    if seeds > 1:
        found.append(
            "95 % over seeds says where the mean of other seeds would lie on these same rows (Student's t); over seeds "
            "and rows, on other rows like these too (the variance of seeds and a bootstrap of rows)."
        )
        if told["pairs"]:
            found.append(
                "A difference is shown where p is below 0.05 after Holm's correction for the number of pairs. Where "
                "none is shown there may still be one, too small for so few seeds and rows."
            )
    elif seeds:
        found.append("One seed: nothing is known of what another seed would come to, so there are no intervals.")
    return [*found, *tables.cost_notes(told)]


def _parts(told: Told) -> list[tuple[str, Table]]:
    """Return the tables that a terminal and a document share, each under its title, but for those that are empty."""
    parts = [
        (judged(told), tables.quality(told)),
        ("What can be told apart", tables.pairs(told)),
        ("What it costs", tables.costs(told)),
        ("What failed", tables.failures(told)),
    ]
    return [(title, table) for title, table in parts if table.rows]


def _command(told: Told) -> list[str]:
    command = told.get("command")
    return ["Found again by:", "", "```sh", str(command), "```"] if command else []
