"""`seqloom predict`: an answer for each row, in order; a filter from stdin to stdout, or a prompt on a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.cli import incoming
from seqloom.cli.output import note, say
from seqloom.cli.predict_labels import Labels, check_threshold
from seqloom.cli.predict_texts import Texts
from seqloom.cli.runs import OnBadRow, open_run
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.tasks.answers import Search
    from seqloom.training.run import Run

TEXTS, DRAWN = "Texts: searching", "Texts: drawing samples"
Rows = Iterable[Sequence[str]]


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder that answers rows.")],
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A file read as in training; none or -: lines from stdin.")
    ] = None,
    proba: Annotated[
        bool, typer.Option("--proba", help="Add a column for each label's probability.", rich_help_panel="Labels")
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            min=0,
            max=1,
            help="Take the second of two labels (or each of many) from here on.",
            rich_help_panel="Labels",
        ),
    ] = None,
    beam: Annotated[
        int | None, typer.Option("--beam", min=1, help="Hypotheses kept; 1 is greedy.", rich_help_panel=TEXTS)
    ] = None,
    n_best: Annotated[
        int, typer.Option("--n-best", min=1, help="Answers a row, best first.", rich_help_panel=TEXTS)
    ] = 1,
    length_penalty: Annotated[
        str | None,
        typer.Option("--length-penalty", metavar="none|gnmt|average", help="Of scores.", rich_help_panel=TEXTS),
    ] = None,
    alpha: Annotated[
        float | None, typer.Option("--alpha", help="Exponent of the length penalty.", rich_help_panel=TEXTS)
    ] = None,
    coverage: Annotated[
        float | None, typer.Option("--coverage", help="Weight of the coverage penalty.", rich_help_panel=TEXTS)
    ] = None,
    max_length: Annotated[
        int | None, typer.Option("--max-length", help="Tokens of an answer at most.", rich_help_panel=TEXTS)
    ] = None,
    min_length: Annotated[
        int | None, typer.Option("--min-length", help="Tokens of an answer at least.", rich_help_panel=TEXTS)
    ] = None,
    no_repeat: Annotated[
        int | None,
        typer.Option("--no-repeat", metavar="N", help="Write no N tokens in a row twice.", rich_help_panel=TEXTS),
    ] = None,
    forbid: Annotated[
        list[str] | None,
        typer.Option("--forbid", metavar="TEXT", help="Never write this; may be repeated.", rich_help_panel=TEXTS),
    ] = None,
    prefix: Annotated[
        str, typer.Option("--prefix", metavar="TEXT", help="Begin every answer so.", rich_help_panel=TEXTS)
    ] = "",
    beside: Annotated[
        list[str] | None,
        typer.Option(
            "--ensemble", metavar="RUN", help="Decode with this run too; may be repeated.", rich_help_panel=TEXTS
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", min=0, help="Draw so many answers a row.", rich_help_panel=DRAWN)
    ] = 0,
    temperature: Annotated[
        float, typer.Option("--temperature", help="Below 1 surer, above 1 wilder.", rich_help_panel=DRAWN)
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option("--top-k", help="Of the k likeliest.", rich_help_panel=DRAWN)] = None,
    top_p: Annotated[float | None, typer.Option("--top-p", help="Of the nucleus p.", rich_help_panel=DRAWN)] = None,
    min_p: Annotated[
        float | None, typer.Option("--min-p", help="Of those at least p times the likeliest.", rich_help_panel=DRAWN)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="What samples follow from.", rich_help_panel=DRAWN)] = 0,
    format: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Of stdin: tsv, csv, jsonl, text or labelled.")
    ] = None,
    on_bad_row: OnBadRow = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="A JSON document a row.")] = False,
) -> None:
    """Answer rows in order: label texts, or translate, transduce, summarise, chat.

    \b
    seqloom predict runs/classify-bilstm-1 new.tsv > labels.txt
    echo "ein Hund" | seqloom predict runs/translate-bahdanau-1 --beam 5 --n-best 3
    seqloom predict runs/chat-transformer-1
    """
    from seqloom.tasks.answers import Search
    from seqloom.tasks.classify import Classify

    model = open_run(run, device, on_bad_row)
    search = Search(
        beam=beam,
        best=n_best,
        length_penalty=length_penalty,  # type: ignore[arg-type]
        alpha=alpha,
        coverage=coverage,
        max_length=max_length,
        min_length=min_length,
        no_repeat=no_repeat,
        forbid=tuple(forbid or ()),
        prefix=prefix,
        samples=samples,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        seed=seed,
    )
    show: Callable[[Any], None]
    if isinstance(model.task, Classify):
        show = Labels(model.task, proba, json)
        if threshold is not None:
            check_threshold(model.task)
    else:
        if proba:
            raise InputError(f"--proba is for labels, and this run's task is {model.task.name}.")
        show = Texts(n_best > 1 or samples > 0, json)
    answer = _Answer(model, threshold, search, [open_run(one, device, on_bad_row) for one in beside or ()])
    if file is not None and file != "-":
        if format is not None:
            raise InputError("--format is for standard input; a file is read as the training file was.")
        for found in answer.file(file):
            show(found)
        return
    next(answer.rows([]), None)  # what cannot be answered, and what is asked in vain, is said before the first row
    columns: list[str] = model.task.columns  # type: ignore[attr-defined]
    if sys.stdin.isatty():
        _prompt(answer, columns, show)
        return
    arriving = incoming.rows(columns, format, note)
    if samples:  # they follow from the number of a row, whatever came with it
        arriving = iter([[row for group in arriving for row in group]])
    for group in arriving:
        for found in answer.rows(group):
            show(found)
        sys.stdout.flush()  # who waits at the other end has all there is


class _Answer:
    """How this command answers: the run with all that was asked for."""

    def __init__(self, run: "Run", threshold: float | None, search: "Search", beside: list["Run"]) -> None:
        self._run, self._threshold, self._search, self._beside = run, threshold, search, beside

    def rows(self, rows: Rows) -> Iterator[Any]:
        return self._run.predict(rows, threshold=self._threshold, search=self._search, beside=self._beside)

    def file(self, path: str) -> Iterator[Any]:
        found = self._run.predict_file(
            path, threshold=self._threshold, search=self._search, beside=self._beside, say=note
        )
        return (answer for _, answer in found)


def _prompt(answer: _Answer, columns: list[str], show: Callable[[Any], None]) -> None:
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
        for found in answer.rows([row]):
            show(found)
            sys.stdout.flush()
