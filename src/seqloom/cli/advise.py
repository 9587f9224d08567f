"""`seqloom advise`: which architecture to take for these data, and on what evidence."""

from typing import Annotated

import typer

from seqloom.cli.output import document, note, say
from seqloom.cli.runs import OnBadRow
from seqloom.cli.train import (
    Config,
    Format,
    Json,
    LabelColumn,
    Setting,
    SourceColumn,
    TargetColumn,
    TextColumn,
    Valid,
    Wish,
    columns,
)


def advise(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="classify, language, translate, ... (seqloom list tasks).")
    ] = None,
    data: Annotated[str | None, typer.Argument(metavar="DATA", help="The data, as `train` reads it.")] = None,
    budget: Annotated[
        str, typer.Option("--budget", "-b", metavar="5m", help="The time for everything together, such as 90s or 5m.")
    ] = "5m",
    archs: Annotated[
        str | None,
        typer.Option("--archs", metavar="A,B,...", help="Who races [default: all that fit and have time]."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", metavar="NAME", help="What is judged by [default: the task's usual one].")
    ] = None,
    config: Config = None,
    settings: Setting = None,
    valid: Valid = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    source_column: SourceColumn = None,
    target_column: TargetColumn = None,
    device: Annotated[str | None, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = None,
    format: Format = None,
    on_bad_row: OnBadRow = None,
    json: Json = False,
) -> None:
    """Let all architectures that fit race on your data for a few minutes, and say which to take and why.

    All train for a while; a third of them goes on with more time, and so on, until two are left. The cheapest of those
    that are as good as the best is named, with the command that trains it and what the others were ruled out on.

    \b
    seqloom advise classify reviews.tsv
    seqloom advise language book.txt --budget 3m
    seqloom advise translate train.de,train.en --archs bahdanau,luong,transformer --budget 10m
    """
    named = columns(text=text_column, label=label_column, source=source_column, target=target_column)
    wish = Wish(task, data, None, config, valid, tuple(settings or ()), named)
    wish = wish.with_fit(device=device).with_data(format=format, on_bad_row=on_bad_row).whole("advise")
    assert wish.task is not None and wish.data is not None
    from seqloom.advising.advise import advise as advised
    from seqloom.advising.telling import text

    found = advised(
        wish.task,
        wish.data,
        budget=budget,
        archs=None if archs is None else [one.strip() for one in archs.split(",") if one.strip()],
        metric=metric,
        valid=wish.valid,
        config=wish.config,
        settings=wish.settings,
        columns=wish.columns,
        say=note,
    )
    if json:
        document(found.to_dict())
    else:
        print(text(found))
    say(f"\nseqloom: {found.seconds:.0f} s of {found.budget:.0f} taken, {found.read:.0f} of them to read the data.")
