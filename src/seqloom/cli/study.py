"""`seqloom study`: a claim of the course, measured: its figure, and a verdict with numbers."""

import json as codec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.cli.output import document, note, plain, say
from seqloom.cli.places import check_writable
from seqloom.cli.settings import flat
from seqloom.errors import InputError, nearest

if TYPE_CHECKING:
    from seqloom.studies.conduct import Finding


def study(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A study; `seqloom list studies` tells of each.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="All of them, on one page.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("-s", metavar="OPTION=VALUE", help="As `seqloom show NAME` lists them.")
    ] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, help="Over how many seeds; none: as it says.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The first of them.")] = 7,
    control: Annotated[
        bool, typer.Option("--control", help="Break on purpose what the claim rests on: the verdict must change.")
    ] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Seeds at once; none: one a core.")] = None,
    out: Annotated[str, typer.Option("--out", metavar="FOLDER", help="Where pages and JSON are written.")] = "studies",
    json: Annotated[bool, typer.Option("--json", help="The finding as one JSON document on stdout.")] = False,
) -> None:
    """Measure a claim of the course: an experiment over several seeds, its figure, and what follows from a stated test.

    \b
    seqloom study vanishing
    seqloom study vanishing --control
    seqloom study memory -s lags=[10,50,200] --seeds 10
    seqloom study --all --out studies
    """
    from seqloom.studies import STUDIES

    if all and (name is not None or settings or control):
        raise InputError("--all runs every study as it is: leave out the name, -s and --control.")
    if name is None and not all:
        raise InputError(f"which study? One of: {', '.join(STUDIES)}; or --all.")
    if name is not None and name not in STUDIES:
        raise InputError(f"unknown study '{name}'" + nearest(name, STUDIES, "seqloom list studies"))
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {out} is a file: name a folder.")
    check_writable(folder)
    from seqloom.studies.telling import as_text

    given = flat(settings or ())
    names = list(STUDIES) if name is None else [name]
    findings = []
    for one in names:
        found = _conducted(one, given, control, seeds, seed, jobs)
        findings.append(found)
        if not json:
            print(as_text(found) + ("\n" if len(names) > 1 else ""), flush=True)
        _keep(found, folder, control)
    if all:
        from seqloom.studies.telling import page

        _write(folder / "studies.html", page(findings))
    if json:
        documents = [one.to_dict() for one in findings]
        document(documents if all else documents[0])


def _conducted(
    name: str, given: dict[str, Any], control: bool, seeds: int | None, seed: int, jobs: int | None
) -> "Finding":
    from seqloom.studies import STUDIES
    from seqloom.studies.conduct import conduct

    kind: Any = STUDIES[name]
    if control:
        twice = sorted(set(kind.control) & set(given))
        if twice:
            raise InputError(f"--control sets {', '.join(twice)} itself: leave out -s {twice[0]}=...")
        note(f"control of {name}: {kind.control_about}")
        given = {**given, **kind.control}
    return conduct(name, given, seeds=seeds, seed=seed, jobs=jobs, say=say)


def _keep(found: "Finding", folder: Path, control: bool) -> None:
    from seqloom.studies.telling import page

    base = folder / (found.study.name + ("-control" if control else ""))
    _write(base.with_suffix(".html"), page([found]))
    _write(base.with_suffix(".json"), kept(plain(found.to_dict())))


def kept(told: dict[str, Any]) -> str:
    """Return a finding as JSON for people and diffs: a line a row of what was measured, everything else indented."""
    rows = ",\n".join(f"  {codec.dumps(row, ensure_ascii=False)}" for row in told["rows"])
    rest = {key: value for key, value in told.items() if key != "rows"}
    return f'{codec.dumps(rest, ensure_ascii=False, indent=1)[:-2]},\n "rows": [\n{rows}\n ]\n}}\n'


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    say(f"seqloom: wrote {path}")
