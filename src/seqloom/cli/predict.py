"""`seqloom predict`: an answer for each row, in order; a filter from stdin to stdout, or a prompt on a terminal."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.cli import forecasts, incoming, tags, transcripts
from seqloom.cli.output import heed, note, say
from seqloom.cli.runs import OnBadRow, Precision, open_run
from seqloom.cli.ways import WAYS, Wish, of_series
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.training.run import Run

Rows = Sequence[Sequence[str]]


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")],
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A file read as in training; none or -: lines from stdin.")
    ] = None,
    proba: Annotated[bool, typer.Option("--proba", help="Labels: add a column for each one's probability.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", min=0, max=1, help="Labels: take the second of two (or each of many) from here on."
        ),
    ] = None,
    beam: Annotated[
        int | None, typer.Option("--beam", "-b", min=1, help="Hypotheses kept at each step; 1 is greedy.")
    ] = None,
    n_best: Annotated[int | None, typer.Option("--n-best", "-n", min=1, help="Answers given of each row.")] = None,
    max_length: Annotated[int | None, typer.Option("--max-length", min=1, help="Tokens of an answer at most.")] = None,
    min_length: Annotated[int | None, typer.Option("--min-length", min=0, help="Tokens of an answer at least.")] = None,
    length_penalty: Annotated[
        str | None, typer.Option("--length-penalty", metavar="none|gnmt|average", help="What a score is divided by.")
    ] = None,
    alpha: Annotated[float | None, typer.Option("--alpha", min=0, help="Exponent of the length penalty.")] = None,
    coverage: Annotated[
        float | None, typer.Option("--coverage", min=0, help="Weight of the penalty for sources not looked at.")
    ] = None,
    no_repeat: Annotated[
        int | None, typer.Option("--no-repeat", metavar="N", min=0, help="Write no N tokens twice.")
    ] = None,
    forbid: Annotated[
        list[str] | None, typer.Option("--forbid", metavar="WORD", help="Never write this; may be said again.")
    ] = None,
    prefix: Annotated[str | None, typer.Option("--prefix", metavar="TEXT", help="How every answer begins.")] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", "--sample", metavar="N", min=1, help="Draw N answers, no search.")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", "-t", min=0, help="Of samples; 1: as the model has it.")
    ] = None,
    top_k: Annotated[int | None, typer.Option("--top-k", min=1, help="Of samples: among the k likeliest.")] = None,
    top_p: Annotated[float | None, typer.Option("--top-p", help="Of samples: among those that hold p.")] = None,
    min_p: Annotated[
        float | None, typer.Option("--min-p", help="Of samples: with this share of the likeliest's probability.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of samples: same seed, same answers.")] = None,
    horizon: Annotated[int | None, typer.Option("--horizon", min=1, help="Forecasts: steps told.")] = None,
    level: Annotated[
        str | None, typer.Option("--level", metavar="80,95", help="Forecasts: intervals that hold such percentages.")
    ] = None,
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="FILE", help="Forecasts: a picture, .png, .svg or .html.")
    ] = None,
    times: Annotated[bool, typer.Option("--times", help="Transcripts: when each word was said.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Transcripts: of one recording, while it is heard.")] = False,
    ensemble: Annotated[
        list[str] | None, typer.Option("--ensemble", metavar="RUN", help="Answer together with this run too.")
    ] = None,
    format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Of stdin: tsv, csv, jsonl, text or labelled.")
    ] = None,
    on_bad_row: OnBadRow = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
    precision: Precision = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say how answers are computed, and why so.")] = False,
    json: Annotated[bool, typer.Option("--json", help="A JSON document a row.")] = False,
) -> None:
    """Label texts, recordings, pictures or films, or write answers to them: a line of output for each row, in order;
    or forecast what comes next. A FILE may be a folder.

    \b
    seqloom predict runs/classify-bilstm-1 new.tsv > labels.txt
    echo "a fine film" | seqloom predict runs/classify-bilstm-1 --proba
    seqloom predict runs/translate-transformer-1 --beam 5 --n-best 3
    seqloom predict runs/forecast-gru-1 --horizon 24 --level 80,95 --plot next.png
    seqloom predict runs/transcribe-ctc-1 talk.wav --times
    """
    wishes = {
        "proba": proba or None,
        "threshold": threshold,
        "beam": beam,
        "n_best": n_best,
        "max_length": max_length,
        "min_length": min_length,
        "length_penalty": length_penalty,
        "alpha": alpha,
        "coverage": coverage,
        "no_repeat": no_repeat,
        "forbid": tuple(forbid or ()) or None,
        "prefix": prefix,
        "samples": samples,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "min_p": min_p,
        "seed": seed,
        "horizon": horizon,
        "level": level,
        "plot": plot,
        "times": times or None,
        "stream": stream or None,
    }
    heed(verbose)
    asked = {name: value for name, value in wishes.items() if value is not None}
    model = open_run(run, device, on_bad_row, precision)
    wish = Wish(asked, tuple(ensemble or ()), device, json, sys.stdout.isatty(), precision)
    if model.spec.task != "transcribe":
        wish.refuse(model, transcripts.OWN, "is for recordings that are transcribed")
    if model.spec.task == "forecast":
        forecasts.predict(model, file, format, wish)
        return
    wish.refuse(model, forecasts.OWN - ({"level"} if model.spec.task == "regress" else set()), "is for forecasts")
    if stream:
        transcripts.stream(model, file, wish)
        return
    if model.spec.task == "tag" and not of_series(model.spec):
        tags.predict(model, file, format, wish)
        return
    show, options = WAYS[model.spec.task](model, wish)
    whole = format is None and model.task.whole and not sys.stdin.isatty()
    if whole or (file is not None and file != "-"):
        if format is not None:
            raise InputError("--format is for standard input; a file is read as the training file was.")
        for values, answer in model.predict_file(file or "-", say=note, **options):
            show(answer, values)
        return
    columns = _text_columns(model)
    asking = sys.stdin.isatty()
    before = 0
    for group in _typed(columns, model.spec.task) if asking else incoming.rows(columns, format, note):
        if asking and model.spec.task == "chat":
            print("bot> ", end="", file=sys.stderr, flush=True)
        for answer in model.predict(group, first=before, **options):
            show(answer, {})
        before += len(group)
        sys.stdout.flush()  # who waits at the other end has all there is


def _typed(columns: list[str], task: str) -> Iterator[Rows]:
    """Ask for a row at a time until the end of input (Ctrl-D)."""
    names = columns if len(columns) > 1 else ["you"] if task == "chat" else ["text"]
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
        yield [row]


def _text_columns(run: "Run") -> list[str]:
    from seqloom.spec import MEDIA

    source = run.spec.source
    if source is None:
        next(run.predict([]), None)  # the run itself says why it answers no rows
        return []
    if source.tokens in ("series", *MEDIA):
        return list(getattr(run.task, "columns", ["series"]))
    column = source.column
    return [str(one) for one in column] if isinstance(column, list) else ["text" if column is None else str(column)]
