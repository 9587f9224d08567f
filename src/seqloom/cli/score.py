"""`seqloom score`: how probable a language model finds each line."""

import math
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from seqloom.cli import incoming
from seqloom.cli.output import field, json_line, note, say
from seqloom.cli.runs import Precision, open_run, unknown_tokens
from seqloom.errors import InputError


def score(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder of a language model.")],
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="A text file; none or -: stdin.")] = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
    precision: Precision = None,
    json: Annotated[bool, typer.Option("--json", help="A JSON document a line: text, nats, tokens.")] = False,
) -> None:
    """Say how probable a language model finds each line.

    For each line: its log-probability in nats (0 is certain), its tokens, and the line itself, with tabs between. A
    line stands for itself and ends: its end counts as a token. The sum over all lines goes to stderr.

    \b
    seqloom score runs/language-lstm-1 candidates.txt | sort -rn
    """
    model = open_run(run, device, precision=precision)
    next(model.score([]), None)  # a run that cannot score says so before it waits for lines
    if file in (None, "-") and sys.stdin.isatty():
        say("Type a line and Enter; Ctrl-D ends.")
    total, tokens, lines, unknown = 0.0, 0, 0, 0
    for group in _groups(file):
        for one in model.score(group):
            total, tokens, lines = total + one.nats, tokens + one.tokens, lines + 1
            unknown += unknown_tokens(model, one.text)
            if json:
                json_line({"text": one.text, "nats": one.nats, "tokens": one.tokens})
            else:
                print(f"{one.nats:.4f}\t{one.tokens}\t{field(one.text)}")
        sys.stdout.flush()
    if unknown:
        note(f"{unknown} of the {tokens} tokens do not occur in what the model learnt and are scored as unknown ones.")
    if tokens:
        nats = -total / tokens
        say(f"{lines} lines, {tokens} tokens, {nats:.4f} nats a token, perplexity {math.exp(min(nats, 700)):.4g}")


def _groups(file: str | None) -> Iterator[Iterable[str]]:
    """Yield lines as they arrive on stdin, or all those of a file."""
    if file is None or file == "-":
        yield from incoming.arriving()
    else:
        yield _lines(file)


def _lines(file: str) -> Iterator[str]:
    from seqloom.data import blob
    from seqloom.data.formats import BadRow, decode

    for line in blob.load(file).lines():
        try:
            yield decode(line.data)
        except BadRow as bad:
            raise InputError(f"{file}:{line.number}: {bad.problem}. {bad.fix}.") from None
