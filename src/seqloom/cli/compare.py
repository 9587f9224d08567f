"""`seqloom compare`: which architecture is worth it on these data, by how much, how surely, and at what cost."""

import shlex
from pathlib import Path
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
    columns,
)
from seqloom.errors import InputError, Interrupted, ResourceError


def compare(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="classify, language, translate, ... (seqloom list tasks).")
    ] = None,
    data: Annotated[str | None, typer.Argument(metavar="DATA", help="The data, as `train` reads it.")] = None,
    archs: Annotated[
        str | None,
        typer.Option(
            "--archs",
            "-a",
            metavar="A,B,...",
            help="Each perhaps with settings of its own, gru+encoder.layers=2 [default: rnn,gru,lstm,transformer].",
        ),
    ] = None,
    seeds: Annotated[str, typer.Option("--seeds", metavar="N|A,B", help="How many seeds, or which.")] = "3",
    seed: Annotated[int, typer.Option("--seed", help="The first of the seeds.")] = 7,
    budget: Annotated[
        str | None, typer.Option("--budget", "-b", metavar="10m|5000steps", help="Of each run [default: 5m].")
    ] = None,
    total: Annotated[
        str | None, typer.Option("--total", metavar="60m", help="In place of --budget: for all runs together.")
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            "--match", metavar="params=1M|params=NAME", help="Scale widths until parameters agree within 2 %."
        ),
    ] = None,
    tune: Annotated[
        int,
        typer.Option(
            "--tune",
            min=0,
            help="Learning rates tried for each architecture, a quarter of the budget each; 0: its own.",
        ),
    ] = 3,
    valid: Valid = None,
    test: Annotated[
        str | None,
        typer.Option(
            "--test", metavar="FILE|SHARE", help="Rows that nothing is chosen on: what is measured is measured on them."
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", metavar="NAME", help="What is compared [default: the task's usual one].")
    ] = None,
    config: Config = None,
    settings: Setting = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    source_column: SourceColumn = None,
    target_column: TargetColumn = None,
    device: Annotated[str | None, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = None,
    format: Format = None,
    on_bad_row: OnBadRow = None,
    cost_seconds: Annotated[
        float, typer.Option("--cost-seconds", min=0, help="For measuring what a run costs; 0: it is not measured.")
    ] = 10.0,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FOLDER", help="[default: runs/compare-TASK-N]")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the comparison of --out where it stopped.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="With --resume: run again what failed.")] = False,
    workers: Annotated[
        str,
        typer.Option(
            "--workers",
            "-w",
            metavar="N|ray",
            help="Runs at once on this machine, or a cluster: ray, ray://host:10001.",
        ),
    ] = "1",
    html: Annotated[bool, typer.Option("--html/--no-html", help="Write report.html into the folder.")] = True,
    json: Json = False,
) -> None:
    """Train architectures alike, over seeds, and say what can be told apart and what it costs.

    The same rows are held out for all, the same batches are seen, the same budget is spent; each architecture's
    learning rate is searched for at the same cost. What is done is kept: what was stopped goes on with --resume.

    \b
    seqloom compare classify reviews.tsv --archs bag,gru,lstm,transformer --budget 2m
    seqloom compare translate train.de,train.en --archs seq2seq,bahdanau --budget 3000steps --match params=4M
    seqloom compare --resume --out runs/compare-classify-1
    """
    if retry and not resume:
        raise InputError("--retry runs again what failed in a comparison that is there: say --resume --out FOLDER too.")
    if resume and out is None:
        raise InputError("--resume needs the comparison to go on with: --out FOLDER.")
    if not resume and (task is None or data is None):
        raise InputError("which task, on which data? Say, e.g.: seqloom compare classify reviews.tsv --archs gru,lstm.")
    if resume and (task is None) != (data is None):
        raise InputError("--resume --out FOLDER goes on with what was planned: leave out TASK and DATA, or say both.")
    named = {"fit.device": device, "data.format": format, "data.on_bad_row": on_bad_row}
    from seqloom.comparing import compare as comparing
    from seqloom.comparing.conduct import Stopped
    from seqloom.comparing.ray_workers import workers_of

    count, runner = workers_of(workers, settings or ())

    try:
        if task is None or data is None:
            assert out is not None
            found = comparing.resumed(out, workers=count, runner=runner, retry=retry, say=note)
        else:
            found = comparing.compare(
                task,
                data,
                archs,
                seeds=_seeds(seeds),
                seed=seed,
                budget=budget,
                total=total,
                match=match,
                tune=tune,
                valid=_number(valid),
                test=_number(test),
                metric=metric,
                cost_seconds=cost_seconds,
                config=config,
                settings=[*(f"{key}={value}" for key, value in named.items() if value is not None), *(settings or ())],
                columns=columns(text=text_column, label=label_column, source=source_column, target=target_column),
                out=out,
                resume=resume,
                retry=retry,
                workers=count,
                runner=runner,
                say=note,
            )
    except Stopped as stopped:
        again = f"Go on with: seqloom compare --resume --out {shlex.quote(str(stopped.folder))}"
        raise Interrupted(f"{stopped} {again}", stopped.code) from None
    told = found.to_dict()
    if json:
        document(told)
    else:
        print(found.text())
    if html:
        _page(told, found.folder)
    say(f"\n{found.folder}: comparison.json, comparison.md{', report.html' if html else ''}, and every run in cells/")


def _page(told: dict[str, object], folder: Path) -> None:
    """Write the page, or say what is missing for it."""
    from seqloom.pages.comparison_page import page_of

    try:
        (folder / "report.html").write_text(page_of(told), encoding="utf-8")
    except ResourceError as missing:
        note(f"no report.html: {missing}")


def _seeds(text: str) -> int | list[int]:
    """Read "3" for how many and "7,11" for which. Raises InputError for what is neither."""
    try:
        return [int(one) for one in text.split(",")] if "," in text else int(text)
    except ValueError:
        raise InputError(f"--seeds {text}: say how many, such as 3, or which, such as 7,11,13.") from None


def _number(text: str | None) -> str | float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text
