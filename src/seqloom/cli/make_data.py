"""`seqloom make-data`: small data sets made from a seed, for each task that needs more than text."""

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from seqloom.cli.output import note
from seqloom.errors import InputError
from seqloom.table import Table

What = Literal["shapes", "motion", "tones", "adding", "copy"]
ROWS = {"shapes": 1000, "motion": 400, "tones": 600, "adding": 10_000, "copy": 10_000}
"""How many items are made where nobody says."""
MAKERS = Table(
    "data set",
    "seqloom.data",
    {
        "shapes": "made_shapes:make",
        "motion": "made_motion:make",
        "tones": "made_tones:make",
        "adding": "made_memory:make_adding",
        "copy": "made_memory:make_copy",
    },
)
"""Each writes into a folder so many items from a seed, and returns command lines to try."""


def make_data(
    what: Annotated[
        What,
        typer.Argument(
            metavar="shapes|motion|tones|adding|copy", help="Pictures, films, recordings, or puzzles of memory."
        ),
    ],
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Where to write: a new or an empty folder.")],
    rows: Annotated[int | None, typer.Option("--rows", min=40, help="How many items are made.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same data.")] = 7,
    frames: Annotated[bool, typer.Option("--frames", help="motion: each film as a folder of its frames.")] = False,
    length: Annotated[
        int | None, typer.Option("--length", metavar="T", help="adding: steps of a row [200]; copy: blanks [100].")
    ] = None,
) -> None:
    """Make small captioned pictures with questions, films of moving shapes, sequences of tones, or puzzles of memory.

    \b
    seqloom make-data shapes shapes/
    seqloom make-data motion motion/ --rows 800
    seqloom make-data tones tones/
    seqloom make-data adding adding/ --length 200
    """
    if frames and what != "motion":
        raise InputError(f"--frames is for films, and {what} has none: leave it out.")
    if length is not None and what not in ("adding", "copy"):
        raise InputError(f"--length is for adding and copy, and {what} is as long as it is: leave it out.")
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InputError(f"{folder} is there and is not empty: name a new folder.")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error}.") from None
    make = cast(Callable[..., list[str]], MAKERS[what])
    options = {**({"form": "frames"} if frames else {}), **({} if length is None else {"length": length})}
    commands = make(place, rows or ROWS[what], seed, **options)
    note(f"{folder}: {rows or ROWS[what]} items, made by seqloom {metadata.version('seqloom')} from seed {seed}. Try:")
    for command in commands:
        print(command)
