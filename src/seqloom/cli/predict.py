"""`seqloom predict`: a label for each row, in order; a filter from stdin to stdout, or a prompt on a terminal."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.cli import incoming
from seqloom.cli.output import field, json_line, note, say
from seqloom.cli.runs import OnBadRow, open_run
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.tasks.answers import Answer
    from seqloom.tasks.classify import Prediction
    from seqloom.training.run import Run


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of a classifier.")],
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A file read as in training; none or -: lines from stdin.")
    ] = None,
    proba: Annotated[bool, typer.Option("--proba", help="Add a column for each label's probability.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", min=0, max=1, help="Take the second of two labels (or each of many) from here on."),
    ] = None,
    format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Of stdin: tsv, csv, jsonl, text or labelled.")
    ] = None,
    on_bad_row: OnBadRow = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="A JSON document a row: label and probabilities.")] = False,
) -> None:
    """Label texts, a line of output for each row, in order.

    \b
    seqloom predict runs/classify-bilstm-1 new.tsv > labels.txt
    echo "a fine film" | seqloom predict runs/classify-bilstm-1 --proba
    """
    model = open_run(run, device, on_bad_row)
    show = _Show(model, proba, json)
    if threshold is not None:
        _check_threshold(model)
    if file is not None and file != "-":
        if format is not None:
            raise InputError("--format is for standard input; a file is read as the training file was.")
        for _, answer in model.predict_file(file, threshold=threshold, say=note):
            show(answer)
        return
    columns = _text_columns(model)
    if sys.stdin.isatty():
        _prompt(model, columns, show, threshold)
        return
    for group in incoming.rows(columns, format, note):
        for answer in model.predict(group, threshold=threshold):
            show(answer)
        sys.stdout.flush()  # who waits at the other end has all there is


class _Show:
    """Write answers as lines of TSV or of JSON."""

    def __init__(self, run: "Run", proba: bool, json: bool) -> None:
        self._separator = (run.spec.target.multilabel if run.spec.target else None) or ","
        self._proba, self._json, self._headed = proba, json, False

    def __call__(self, answer: "Prediction | Answer") -> None:
        from seqloom.tasks.answers import Answer

        if isinstance(answer, Answer):
            print(field(answer.text))
            return
        if self._json:
            json_line({"label": answer.label, "probabilities": answer.probabilities})
            return
        label = answer.label if isinstance(answer.label, str) else self._separator.join(answer.label)
        cells = [field(label)]
        if self._proba:
            if not self._headed:
                self._headed = True
                say("columns: label, then the probability of " + ", ".join(answer.probabilities))
            cells += [f"{p:.6f}" for p in answer.probabilities.values()]
        print("\t".join(cells))


def _prompt(run: "Run", columns: list[str], show: _Show, threshold: float | None) -> None:
    """Ask for a row at a time until the end of input (Ctrl-D)."""
    names = ["text"] if len(columns) == 1 else columns
    say("Type a text and Enter; Ctrl-D ends.")
    while True:
        row = []
        for name in names:
            print(f"{name}> ", end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not line:
                say("")
                return
            row.append(line.rstrip("\n"))
        for answer in run.predict([row], threshold=threshold):
            show(answer)
            sys.stdout.flush()


def _check_threshold(run: "Run") -> None:
    """Raise InputError unless a threshold decides something; say which label it is about."""
    from seqloom.tasks.classify import Classify

    if not isinstance(run.task, Classify):
        return  # the run itself says that it gives no labels
    labels = run.task.labels
    if run.spec.target is not None and run.spec.target.multilabel is not None:
        return
    if len(labels) != 2:
        raise InputError(
            f"--threshold decides between two labels, or about each of several; this run chooses one of {len(labels)}."
        )
    say(f"'{labels[1]}' is answered where its probability reaches the threshold, else '{labels[0]}'.")


def _text_columns(run: "Run") -> list[str]:
    source = run.spec.source
    if source is None:
        next(run.predict([]), None)  # the run itself says why it gives no labels
        return []
    column = source.column
    return [str(one) for one in column] if isinstance(column, list) else ["text" if column is None else str(column)]
