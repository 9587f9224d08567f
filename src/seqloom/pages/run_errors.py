"""The errors of a run: the worst of the rows that were looked at, and the most typical."""

from collections.abc import Sequence

from seqloom.explaining.row_quality import OFF
from seqloom.pages.run_look import Look, Row
from seqloom.pages.run_tellers import Teller, WrittenTeller
from seqloom.report.figures import Figure, Pictures, Section, Table
from seqloom.report.fitting import middle_cut

SHOWN, PICTURES = 8, 6
"""Rows in each table, and pictures of them."""
LONGEST = 240
"""Letters of a row that are shown."""


def wrong_rows(look: Look, teller: Teller) -> list[Row]:
    """Return the rows that are told wrong, the worst first. Of numbers none is right: all are here."""
    if look.quality == OFF:
        return sorted(look.rows, key=lambda row: -row.right / max(row.of, 1e-12))
    if isinstance(teller, WrittenTeller):
        wrong = [row for row in look.rows if row.told not in teller.references(row.number)]
    else:
        wrong = [row for row in look.rows if row.right < row.of or row.true != row.told]
    return sorted(wrong, key=lambda row: -row.loss)


def typical(wrong: Sequence[Row], count: int = SHOWN) -> list[Row]:
    """Return the wrong rows in the middle of all by how bad they are: half of the errors are worse than these."""
    start = max(0, (len(wrong) - count) // 2)
    return list(wrong[start : start + count])


def errors_part(look: Look, teller: Teller) -> Section:
    """Return the part of a page that shows single rows."""
    wrong, numbers = wrong_rows(look, teller), look.quality == OFF
    if not wrong:
        about = f"None of the {len(look.rows):,} rows that were looked at is told wrong."
        return Section(
            "Errors", about, [_table("The least sure of the right ones", _least_sure(look.rows), teller, numbers)]
        )
    share = f"{len(wrong):,} of the {len(look.rows):,} rows that were looked at are told wrong, at least in part. "
    about = (
        ("Rows by how far what was told is from the truth. " if numbers else share)
        + (
            "The worst are the farthest off"
            if numbers
            else "The worst are those whose true answer the run held least likely"
        )
        + "; the typical ones lie in the middle of all errors: half are worse."
    )
    worst = wrong[:SHOWN]
    middle = [row for row in typical(wrong) if row not in worst]
    figures: list[Figure] = [_table("The worst", worst, teller, numbers)]
    figures += _pictures(worst, teller)
    if middle:
        figures.append(_table("The most typical", middle, teller, numbers))
        figures += _pictures(middle, teller)
    return Section("Errors", about, figures)


def _least_sure(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -row.loss)[:SHOWN]


def _table(title: str, rows: Sequence[Row], teller: Teller, numbers: bool) -> Table:
    sure = any(row.sure is not None for row in rows)
    columns = ["row", "true", "told", "off by" if numbers else "nats", *(["sure"] if sure else [])]
    shown = []
    for row in rows:
        how = row.right / max(row.of, 1e-12) if numbers else row.loss
        if numbers and row.told:
            how = abs(float(row.told) - float(row.true))
        end = [None if row.sure is None else f"{row.sure:.1%}"] if sure else []
        cells = [middle_cut(text, LONGEST) for text in (teller.asked(row.number), row.true, row.told)]
        shown.append([*cells, round(how, 4), *end])
    return Table(title, columns, shown, right=("sure",))


def _pictures(rows: Sequence[Row], teller: Teller) -> list[Figure]:
    """Return the pictures of rows that have some, what is true and what was told below each."""
    seen = [(row, picture) for row in rows if (picture := teller.picture(row.number)) is not None][:PICTURES]
    if not seen:
        return []
    names = [f"{teller.asked(row.number)}\ntrue: {row.true}\ntold: {row.told}" for row, _ in seen]
    return [Pictures("", [picture for _, picture in seen], names)]
