"""What `predict` shows of a regression: a number for each row, and its interval where the head has one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seqloom.cli.answers import named
from seqloom.cli.output import field, json_line, say

if TYPE_CHECKING:
    from seqloom.tasks.regress import Told


class Numbers:
    """Writes numbers as lines of TSV or of JSON; of files, with their names first."""

    def __init__(self, json: bool) -> None:
        self._json, self._headed = json, False

    def __call__(self, answer: "Told", values: Mapping[str, str]) -> None:
        """Write one answer."""
        if self._json:
            ends = {f"{level:g}": list(pair) for level, pair in answer.intervals.items()}
            json_line({**named(values), "number": answer.number, **({"intervals": ends} if ends else {})})
            return
        if answer.intervals and not self._headed:
            self._headed = True
            shown = ", ".join(f"low and high of the {level:g} % interval" for level in answer.intervals)
            say(f"columns: {'file, number' if named(values) else 'number'}, {shown}")
        cells = [answer.number, *(end for pair in answer.intervals.values() for end in pair)]
        print("\t".join([*map(field, named(values).values()), *(f"{cell:.6g}" for cell in cells)]))
