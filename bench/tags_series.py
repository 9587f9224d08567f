"""Tags and series on real data: a command a row, measured on dev or on the part named.

    python bench/tags_series.py [ROW ...]      all rows, or some; one that is there is not run again (--again does)

Reads the data folder named by SEQLOOM_DATA (../shared/data). Trainings go to runs/bench/tags-and-series,
results to bench/results/tags-and-series.json, of which tags-and-series.md is written anew after each row.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from board import Board, Row
from tags_series_rows import ROWS


def extra(row: Row, folder: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a table shows beside plain metrics: the naive forecasts, recall by label."""
    found: dict[str, Any] = {}
    beside = [one for one in values.get("forecasts", ()) if one["forecast"] != "model"]
    if beside:
        found["naive"] = {one["forecast"]: one for one in beside}
    if values.get("per_class"):
        found["recall"] = {one["label"]: one["recall"] for one in values["per_class"]}
    return found


INTRO = """One thread each, seed 7; commands run in the folder that bench/tags_series.py makes, where `data` is the data
folder. Minutes are of a machine of two cores that other work shared: no timing. The epoch shipped is the best on the
validation part, which for tags, splice and promoters is also what is shown, so those figures flatter a little;
forecasts are shown on the test part after it, series on the archive's own test part. Each row ran once."""

BOARD = Board("tags-and-series", "Tags and series on real data", INTRO, ROWS, extra=extra)

if __name__ == "__main__":
    BOARD.main(sys.argv[1:])
