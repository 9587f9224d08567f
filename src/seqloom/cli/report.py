"""`seqloom report`: the page of a run, in its folder or elsewhere."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.cli.output import note, say
from seqloom.cli.places import check_writable
from seqloom.cli.runs import OnBadRow, open_run
from seqloom.errors import InputError, ResourceError

if TYPE_CHECKING:
    from seqloom.training.run import Run

NAME = "report.html"
SWITCH = "SEQLOOM_REPORT"
"""The variable of the environment that keeps `seqloom train` from writing a page: off."""


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="FILE", help="Measure on a file; none: what training held out.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write [default: RUN/report.html].")
    ] = None,
    on_bad_row: OnBadRow = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
) -> None:
    """Write the page of a run: what it is, how it learnt, how good it is, where it fails and why.

    \b
    seqloom report runs/classify-bilstm-1
    seqloom report runs/classify-bilstm-1 --data test.tsv --out page.html
    """
    if out is not None and not out.strip():
        raise InputError("--out must name a file: what was given is empty.")
    if out is not None and Path(out).is_dir():
        raise InputError(f"--out {out} is a folder; name a file.")
    place = Path(out) if out is not None else Path(run) / NAME
    if out is not None:
        check_writable(place)
    model = open_run(run, device, on_bad_row)
    from seqloom.pages.run_page import run_page

    _write(place, run_page(model, data, note))


def wanted(no_report: bool) -> bool:
    """Say whether a training should end with a page. Raises InputError for a switch that is neither on nor off."""
    said = os.environ.get(SWITCH, "on").strip().lower()
    if said not in ("on", "off", ""):
        raise InputError(f"{SWITCH}={said}: say on or off.")
    return said != "off" and not no_report


def write_after(run: "Run", folder: str) -> None:
    """Write the page of a run that was just trained. Whatever goes wrong is said and no more: the run is whole."""
    again = f"Write it with: seqloom report {shlex.quote(folder)}"
    try:
        from seqloom.pages.run_page import run_page
        from seqloom.report.page_script import vega

        vega()  # before anything is measured
        _write(Path(folder) / NAME, run_page(run, None, lambda text: None, reread=False))
    except ResourceError as error:
        say(f"seqloom: note: no {NAME}: {error} {again}")
    except KeyboardInterrupt:
        say(f"seqloom: note: no {NAME}: stopped. {again}")
    except Exception as error:  # the training is done, and nobody should lose its answer to its page
        say(f"seqloom: note: no {NAME}: {type(error).__name__}: {error}. {again} --debug")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    say(f"seqloom: wrote {path}")
