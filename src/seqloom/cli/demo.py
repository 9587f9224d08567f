"""`seqloom demo`: models learn side by side on built-in data, in about two minutes on two cores."""

from pathlib import Path
from typing import Annotated

import typer

from seqloom.cli import demo_dates, demo_language
from seqloom.errors import InputError, nearest

DEMOS = {"dates": demo_dates.show, "language": demo_language.show}


def demo(
    which: Annotated[
        str, typer.Argument(metavar="[dates|language]", help="What is learnt: dates to ISO, or what comes next.")
    ] = "dates",
    minutes: Annotated[float, typer.Option("--minutes", help="How long it may take in all, about.")] = 2.0,
    seconds: Annotated[float | None, typer.Option("--seconds", help="The same in seconds.")] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where the runs go [default: runs/demo].")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """See why attention was invented, in about two minutes.

    dates: written-out dates, English and Korean, to ISO by an LSTM with a fixed context vector, an LSTM with attention
    and a Transformer: who fails as the source grows, and where attention looks. language: rnn, lstm, gru and gpt learn
    the text of Python's own help, and each writes a sample. Both need no data and no network.

    \b
    seqloom demo
    seqloom demo language --minutes 10
    """
    total = minutes * 60 if seconds is None else seconds
    if which not in DEMOS:
        raise InputError(f"unknown demo '{which}'" + nearest(which, DEMOS))
    if total <= 0:
        raise InputError(f"a demo of {total:g} seconds cannot be; give a time above 0.")
    DEMOS[which](total, _folder(out), json)


def _folder(out: str | None) -> Path:
    """Return a folder that does not exist: the one asked for, or runs/demo, runs/demo-2, ..."""
    if out is not None:
        if Path(out).exists():
            raise InputError(f"--out {out} is there already. Name a folder that does not exist.")
        return Path(out)
    number, folder = 1, Path("runs", "demo")
    while folder.exists():
        number += 1
        folder = Path("runs", f"demo-{number}")
    return folder
