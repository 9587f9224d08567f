"""`seqloom tune`: the settings with which a training validates best, by Optuna."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.cli.follow import Follow
from seqloom.cli.output import document, note, say
from seqloom.cli.runs import OnBadRow
from seqloom.cli.train import (
    Arch,
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
from seqloom.errors import InputError, Interrupted, ResourceError

if TYPE_CHECKING:
    from seqloom.tuning.found import Found


def tune(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="classify, language, translate, ... (seqloom list tasks).")
    ] = None,
    data: Annotated[str | None, typer.Argument(metavar="DATA", help="The data, as `train` reads it.")] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            metavar="KEY=VALUES",
            help="What varies: fit.lr=1e-4..1e-2:log, encoder.layers=1..3, encoder.size=64,128,256, arch=gru,lstm. "
            "Repeatable [default: learning rate, width, depth, dropout, batch].",
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option("--trials", "-n", min=1, help="Trainings at most [default: 20, unless --minutes].")
    ] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="Time at most, all trainings together.")] = None,
    arch: Arch = None,
    config: Config = None,
    settings: Setting = None,
    valid: Valid = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    source_column: SourceColumn = None,
    target_column: TargetColumn = None,
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="Give up trainings that are worse than the median of the others.")
    ] = True,
    seed: Annotated[int, typer.Option("--seed", help="Of what is proposed; a training's own is -s fit.seed=N.")] = 7,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FOLDER", help="[default: runs/tune-TASK-N]")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the search of --out.")] = False,
    html: Annotated[bool, typer.Option("--html/--no-html", help="Write report.html into the folder.")] = True,
    format: Format = None,
    on_bad_row: OnBadRow = None,
    json: Json = False,
) -> None:
    """Search the settings with which a training validates best, keep the best run, and write best.yaml to train again.

    What each training may spend is its own budget, such as -s fit.steps=500 or -s fit.minutes=1.

    \b
    seqloom tune classify reviews.tsv --arch gru --trials 20 -s fit.steps=300
    seqloom tune classify reviews.tsv --search fit.lr=1e-4..1e-2:log --search arch=bag,gru,bilstm --minutes 20
    seqloom tune --resume --out runs/tune-classify-1 --trials 40
    """
    if resume and out is None:
        raise InputError("--resume needs the search to go on with: --out FOLDER.")
    if minutes is not None and not minutes > 0:
        raise InputError(f"--minutes {minutes:g}: give more than 0.")
    if resume and (task or data or search or arch or config or settings or valid):
        raise InputError(
            "--resume goes on with what was planned: leave out everything but --out, --trials and --minutes, or begin "
            "a new search."
        )
    if not resume:
        named = columns(text=text_column, label=label_column, source=source_column, target=target_column)
        wish = Wish(task, data, arch, config, valid, tuple(settings or ()), named)
        wish = wish.with_data(format=format, on_bad_row=on_bad_row).whole("tune")
    from seqloom.tuning import search as searching

    follow = _follow if sys.stderr.isatty() else None  # elsewhere a line a training is enough
    try:
        if resume:
            assert out is not None
            found = searching.resumed(out, trials=trials, minutes=minutes, say=note, follow=follow)
        else:
            found = searching.tune(
                str(wish.task),
                str(wish.data),
                search=search or (),
                trials=trials,
                minutes=minutes,
                arch=wish.arch,
                config=wish.config,
                valid=wish.valid,
                settings=wish.settings,
                columns=wish.columns,
                prune=prune,
                seed=seed,
                out=out,
                say=note,
                follow=follow,
            )
    except searching.Stopped as stopped:
        again = f"Go on with: seqloom tune --resume --out {shlex.quote(str(stopped.folder))}"
        raise Interrupted(f"{stopped} {again}", stopped.code) from None
    from seqloom.tuning.telling import as_text

    if json:
        document(found.to_dict())
    else:
        print(as_text(found))
    if html:
        _page(found, found.folder)
    say(f"\n{found.folder}: best.yaml, best/ (the run), tuning.json, study.journal{', report.html' if html else ''}")


def _page(found: "Found", folder: Path) -> None:
    """Write the page, or say what is missing for it."""
    from seqloom.tuning.telling import page

    try:
        (folder / "report.html").write_text(page(found), encoding="utf-8")
    except ResourceError as missing:
        note(f"no report.html: {missing}")


@contextmanager
def _follow() -> Iterator[Follow]:
    with Follow() as follow:
        yield follow
