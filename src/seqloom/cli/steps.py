"""What `predict` shows of a tagger of series: the rows of the table that was read, with a column more."""

import csv
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seqloom.cli.answers import named
from seqloom.cli.output import field, json_line

if TYPE_CHECKING:
    from seqloom.tasks.tag_series import Steps
    from seqloom.training.run import Run


class StepLabels:
    """Writes CSV: a row a step, series after series and in order of time, the label told in a last column; or a line of
    JSON for each series. A series that came alone is one line of labels, and so is a film, after its name; how probable
    they are stands in a column more."""

    def __init__(self, run: "Run", proba: bool, json: bool) -> None:
        column = run.spec.target.column if run.spec.target else None
        self._name, self._proba, self._json = f"{column or 'label'}.told", proba, json
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._headed = False

    def __call__(self, answer: "Steps", values: Mapping[str, str]) -> None:
        """Write the labels of one series."""
        if self._json:
            sure = {} if answer.probabilities is None else {"probabilities": answer.probabilities}
            json_line({**(named(values) or values), "labels": answer.labels, **sure})
            return
        if answer.row is None:
            cells = [*map(field, named(values).values()), " ".join(answer.labels)]
            if answer.probabilities is not None:
                cells.append(" ".join(f"{p:.6f}" for p in answer.probabilities))
            print("\t".join(cells))
            return
        more = [answer.labels, *([] if answer.probabilities is None else [[f"{p:.6f}" for p in answer.probabilities]])]
        for own, *told in zip(answer.row.own(), *more, strict=True):
            if not self._headed:
                self._headed = True
                self._writer.writerow([*own, self._name, *(["probability"] if self._proba else [])])
            self._writer.writerow([*own.values(), *told])
