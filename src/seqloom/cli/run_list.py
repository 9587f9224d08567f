"""`seqloom runs`: the runs below a folder in a table, and what differs between two of them."""

import json as codec
from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.cli.output import document, number, say
from seqloom.errors import InputError
from seqloom.training.places import HOME, require


def run_list(
    folder: Annotated[
        str | None, typer.Argument(metavar="[FOLDER]", help="Where to look, below it too [default: runs].")
    ] = None,
    sort: Annotated[
        str,
        typer.Option("--sort", metavar="KEY", help="run, task, arch, parameters, metric, value, minutes, date, state."),
    ] = "date",
    reverse: Annotated[bool, typer.Option("--reverse", help="The largest first.")] = False,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", metavar="A B", help="In place of a table: the keys of two runs' specs that differ."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """List runs: what each is, how good its best validation was, how long it took, and whether it is whole.

    \b
    seqloom runs
    seqloom runs --sort value --reverse
    seqloom runs --diff runs/classify-gru-1 runs/classify-lstm-1
    """
    if diff is not None:
        if folder is not None:
            raise InputError(f"--diff names two runs itself: leave out {folder}.")
        _diff(*diff, json)
        return
    from seqloom.pages.run_table import KEYS, ordered, runs_below

    place = Path(folder) if folder is not None else HOME
    if sort not in KEYS:
        ordered([], sort)
    rows = ordered(runs_below(place), sort, reverse)
    if json:
        document([row.to_dict() for row in rows])
        return
    if not rows:
        say(f"seqloom: there are no runs below {place}: 'seqloom train' makes one.")
        return
    from seqloom.report.terminal import table

    shown = [{**row.to_dict(), "value": None if row.value is None else number(row.value)} for row in rows]
    columns = {key: {"parameters": ",d", "minutes": ".1f"}.get(key, "") for key in KEYS}
    print(table(shown, columns))
    for row in rows:
        if row.problem is not None:
            say(f"seqloom: {row.run} is damaged: {row.problem}")


def _diff(one: str, other: str, json: bool) -> None:
    from seqloom.pages.run_table import differences
    from seqloom.report.terminal import table
    from seqloom.spec import read

    for run in (one, other):
        require(run)
    specs = [read(Path(run) / "spec.yaml") for run in (one, other)]
    found = differences(*specs)
    if json:
        document({"a": one, "b": other, "differ": {key: {"a": a, "b": b} for key, a, b in found}})
    elif not found:
        print("Their specs are the same.")
    else:
        rows = [{"key": key, one: _told(a), other if other != one else f"{other} ": _told(b)} for key, a, b in found]
        print(table(rows, list(rows[0])))


def _told(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else codec.dumps(value, ensure_ascii=False)
