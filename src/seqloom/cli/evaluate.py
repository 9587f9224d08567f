"""`seqloom evaluate`: how good a run is on a file."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from seqloom.cli import forecasts
from seqloom.cli.output import aligned, document, figures, note, say
from seqloom.cli.runs import OnBadRow, Precision, open_run
from seqloom.errors import InputError

MOST_LABELS = 30
"""A confusion matrix wider than this is left to --json."""


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")],
    data: Annotated[
        str | None, typer.Argument(metavar="[DATA]", help="A file as training had it; else what training held out.")
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="The rows of data.test, which nothing was chosen on, instead of a file.")
    ] = False,
    beam: Annotated[
        int | None, typer.Option("--beam", min=1, help="Pairs: hypotheses kept for each answer; 1 is greedy.")
    ] = None,
    stride: Annotated[
        int | None, typer.Option("--stride", min=1, help="Forecasts: steps from one origin to the next [default: 1].")
    ] = None,
    on_bad_row: OnBadRow = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
    precision: Precision = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Measure a run on a file, or on what its training held out.

    \b
    seqloom evaluate runs/classify-bilstm-1
    seqloom evaluate runs/classify-bilstm-1 test.tsv
    seqloom evaluate runs/classify-bilstm-1 --test
    seqloom evaluate runs/translate-bahdanau-1 test.de,test.en --beam 1
    """
    if test and data is not None:
        raise InputError(f"--test measures on the rows of data.test, and {data} is a file: choose one of them.")
    model = open_run(run, device, on_bad_row, precision)
    if data is None:
        if model.spec.data.train == "-":
            raise InputError(
                f"{run} learnt from standard input, so what it held out is gone. Name a file to measure on."
            )
        if test and isinstance(model.spec.data.test, str):
            say(f"Measured on {model.spec.data.test}, which training held out for testing:")
        else:
            say(f"Measured on what training held out of {model.spec.data.train}{' for testing' if test else ''}:")
    if test:
        from seqloom.tasks.parts import TEST
    values = model.evaluate(TEST if test else data, beam=beam, stride=stride, say=note)
    if json:
        document({"run": run, "data": "test" if test else data, **values})
    else:
        print(text(values))


def text(values: Mapping[str, Any]) -> str:
    """Return metrics as a person reads them: the figures, then a row a label, then what was taken for what;
    of answers written the signatures of their metrics, and some of the answers."""
    from seqloom.report.terminal import confusion, table

    if "forecasts" in values:
        return forecasts.report(values)
    parts = [aligned(figures(values))]
    if values.get("per_class"):
        rows = values["per_class"]
        columns = {"label": "", "precision": ".4f", "recall": ".4f", "f1": ".4f", "rows": ",d"}
        parts.append(table(rows, columns))
    for what, count in (("type", "spans"), ("tag", "words")):
        if values.get(f"per_{what}"):
            rows = values[f"per_{what}"]
            parts.append(table(rows, {what: "", "precision": ".4f", "recall": ".4f", "f1": ".4f", count: ",d"}))
            break  # where tags write spans, the types of these say it all
    if values.get("types"):
        parts.append(table(values["types"], {"type": "", "accuracy": ".4f", "questions": ",d"}))
    if values.get("confusion"):
        labels = values["labels"]
        if len(labels) <= MOST_LABELS:
            parts.append(confusion(values["confusion"], labels))
        else:
            parts.append(f"The confusion matrix of {len(labels)} labels is in the answer of --json.")
    if values.get("signatures"):
        parts.append(aligned((name, signature) for name, signature in values["signatures"].items()))
    for sample in values.get("samples", ()):
        lines = [("source", sample["source"]), *(("target", one) for one in sample["target"])]
        parts.append(aligned([*lines, ("answer", sample["answer"])]))
    return "\n\n".join(parts)
