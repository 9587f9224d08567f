"""What `predict` shows of a classifier: a label for each row, or several, and how probable they are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seqloom.cli.answers import named
from seqloom.cli.output import field, json_line, say
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.tasks.classify import Prediction
    from seqloom.training.run import Run


class Labels:
    """Writes labels as lines of TSV or of JSON."""

    def __init__(self, run: "Run", proba: bool, json: bool) -> None:
        self._separator = (run.spec.target.multilabel if run.spec.target else None) or ","
        self._proba, self._json, self._headed = proba, json, False

    def __call__(self, answer: "Prediction", values: Mapping[str, str]) -> None:
        """Write one answer."""
        if self._json:
            json_line({**named(values), "label": answer.label, "probabilities": answer.probabilities})
            return
        label = answer.label if isinstance(answer.label, str) else self._separator.join(answer.label)
        cells = [*map(field, named(values).values()), field(label)]
        if self._proba:
            if not self._headed:
                self._headed = True
                first = "file, label" if named(values) else "label"
                say(f"columns: {first}, then the probability of " + ", ".join(answer.probabilities))
            cells += [f"{p:.6f}" for p in answer.probabilities.values()]
        print("\t".join(cells))


def check_threshold(run: "Run") -> None:
    """Raise InputError unless a threshold decides something; say which label it is about."""
    from seqloom.tasks.classify import Classify

    assert isinstance(run.task, Classify)
    labels = run.task.labels
    if run.spec.target is not None and run.spec.target.multilabel is not None:
        return
    if len(labels) != 2:
        raise InputError(
            f"--threshold decides between two labels, or about each of several; this run chooses one of {len(labels)}."
        )
    say(f"'{labels[1]}' is answered where its probability reaches the threshold, else '{labels[0]}'.")
