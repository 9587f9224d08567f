"""Answers: numbers told beside the true ones, texts written beside the right ones."""

from typing import Any

import numpy as np

from seqloom.pages.run_look import Look
from seqloom.pages.run_tellers import Teller
from seqloom.report.figures import Figure, Line, Lines, Points, Section, Table
from seqloom.report.fitting import clip, middle_cut

SHOWN = 10
LONGEST = 240


def numbers_part(look: Look, teller: Teller) -> Section:
    """Return the part of a page on numbers told: against the truth, and how errors are spread."""
    told, true = look.arrays["numbers"], look.arrays["true"]
    ends = np.array([min(true.min(), told.min()), max(true.max(), told.max())])
    names = [clip(teller.asked(row.number), 40) for row in look.rows]
    points = Points(
        "Told and true",
        true,
        told,
        names,
        "true",
        "told",
        caption="A right number lies where both are alike.",
    )
    error = np.sort(np.abs(told - true))
    share = (np.arange(len(error)) + 1) / len(error)
    spread = Lines(
        "Errors at most so large",
        [
            Line("this run", error, share),
            Line("always the mean of these rows", np.sort(np.abs(true - true.mean())), share),
        ],
        "absolute error",
        "share of rows",
    )
    notes = [f"True numbers lie between {ends[0]:.4g} and {ends[1]:.4g}, those told included."]
    return Section("Numbers", "What was told of each row, and how far it is from the truth.", [points, spread], notes)


def written_part(look: Look, teller: Teller) -> Section:
    """Return the part of a page on texts written: some of all lengths, evenly taken."""
    rows = sorted((row for row in look.rows if row.true), key=lambda row: row.length)
    some = [rows[at * len(rows) // min(SHOWN, len(rows))] for at in range(min(SHOWN, len(rows)))]
    shown = [[middle_cut(text, LONGEST) for text in (teller.asked(row.number), row.true, row.told)] for row in some]
    figures: list[Figure] = [Table("From short rows to long ones", ("row", "right answers", "written"), shown)]
    signatures: dict[str, Any] = look.details.get("signatures", {})
    notes = [f"{name}: {signature}" for name, signature in signatures.items()]
    edits = look.details.get("edits")
    if edits:
        rows_of = [(unit, *(counts[kind] for kind in KINDS), counts["length"]) for unit, counts in edits.items()]
        figures.append(Table("Edits", ("of", *KINDS, "in the right answers"), rows_of))
    about = f"{len(look.rows):,} rows were answered, as `seqloom predict` answers; here are some."
    return Section("Answers", about, figures, notes)


KINDS = ("substitutions", "deletions", "insertions")


def types_part(look: Look) -> Section | None:
    """Return the part of a page on types of questions; None where there is one."""
    rows = look.details.get("types", ())
    if len(rows) < 2:
        return None
    shown = [(row["type"], round(row["accuracy"], 4), int(row["questions"])) for row in rows]
    return Section(
        "Questions",
        "Which types of questions are answered right.",
        [Table("", ("type", "accuracy", "questions"), shown)],
    )
