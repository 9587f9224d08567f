"""How good a run is by how long its rows are, with intervals over rows."""

import numpy as np

from seqloom.explaining.by_length import by_length, change
from seqloom.pages.run_look import Look
from seqloom.report.figures import Figure, Line, Lines, Section

BINS = 8


def lengths_part(look: Look) -> Section | None:
    """Return the part of a page on lengths; None where all rows are of one length, or are too few."""
    lengths = look.lengths()
    sums, counts = look.rights()
    there = counts > 0
    if there.sum() < 2 * 5 or len(np.unique(lengths[there])) < 2:
        return None
    lengths, sums, counts = lengths[there], sums[there], counts[there]
    bins = by_length(lengths, sums, counts, BINS)
    if len(bins) < 2:
        return None
    x = np.array([(one.start + one.end) / 2 for one in bins])
    mean, low, high = (np.array([getattr(one, end) for one in bins]) for end in ("mean", "low", "high"))
    line = Line(look.quality, x, mean, low, high)
    figures: list[Figure] = [
        Lines(
            "By length",
            [line],
            "steps of a row (middle of a bin)",
            look.quality,
            caption=", ".join(f"{one.name} steps: {one.rows:,} rows" for one in bins),
        )
    ]
    about = "Rows of like many steps together; the band is the 95 % interval over rows."
    moved = change(lengths, sums, counts, BINS)
    notes = []
    if moved is not None:
        by, least, most = moved
        shown = "a difference is shown" if least > 0 or most < 0 else "no difference is shown"
        notes.append(
            f"From the shortest rows ({bins[0].name} steps) to the longest ({bins[-1].name} steps) the "
            f"{look.quality} changes by {by:+.4g} ({least:+.4g} to {most:+.4g}): {shown}."
        )
    return Section("Length", about, figures, notes)
