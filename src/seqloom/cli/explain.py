"""`seqloom explain`: why a run answered a row as it did."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.cli.output import document, note, say
from seqloom.cli.places import check_writable
from seqloom.cli.runs import open_run
from seqloom.cli.settings import grouped
from seqloom.errors import InputError

FIGURES = 2
"""Figures of each view that a terminal shows where there are several views; a page shows all."""

if TYPE_CHECKING:
    from seqloom.explaining.explain import Explanation
    from seqloom.training.run import Run


def explain(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder.")],
    input: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            "-i",
            metavar="TEXT",
            help="The row: a text, or the path of a recording, a picture, a series. "
            "Where a row has several, said again for each.",
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="In place of --input: a file, read as in training.")
    ] = None,
    row: Annotated[
        int | None, typer.Option("--row", min=1, help="Of --file: which row, from 1; none: the first.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="TEXT", help="The answer to explain; none: the run's own.")
    ] = None,
    at: Annotated[
        int | None, typer.Option("--at", min=1, help="Of an answer with steps: the one to explain, from 1.")
    ] = None,
    views: Annotated[
        str | None, typer.Option("--views", metavar="A,B", help="See `seqloom list views`; none: all that apply.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="FILE", help="Rows for bottleneck and the nearest states.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("-s", metavar="VIEW.OPTION=VALUE", help="An option of a view, as `seqloom show saliency` has it."),
    ] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write a page that needs no network.")
    ] = None,
    png: Annotated[str | None, typer.Option("--png", metavar="FOLDER", help="Write each figure as PNG.")] = None,
    svg: Annotated[str | None, typer.Option("--svg", metavar="FOLDER", help="Write each figure as SVG.")] = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to compute.")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="One JSON document, arrays and all.")] = False,
) -> None:
    """Show why a run answered a row as it did: what it looked at, what its gates held, which inputs mattered.

    \b
    seqloom explain runs/classify-bilstm-1 --input "a fine film" --html why.html
    seqloom explain runs/translate-bahdanau-1 -i "Ein Hund." --views attention,next
    seqloom explain runs/language-lstm-1 -i "To be" --target " or not" --json
    """
    options = grouped(settings or ())
    names = None if views is None else [name.strip() for name in views.split(",") if name.strip()]
    if names == []:
        raise InputError("--views names none: say --views attention, or leave it out for all that apply.")
    _check_place(html, False)
    for folder in (png, svg):
        _check_place(folder, True)
    model = open_run(run, device)
    found = model.explain(
        _row(model, input or [], file, row), target=target, views=names, data=data, at=at, options=options, say=_told
    )
    if file is not None and found.question.startswith("an array "):
        found = replace(found, question=f"{file}, row {row or 1}")
    if json:
        document(found.to_dict())
    elif not (html or png or svg):
        print(found.text(_width(), most=FIGURES if names is None or len(names) > 1 else None))
    if html:
        _write(Path(html), found.page().encode())
    for folder, suffix in ((png, "png"), (svg, "svg")):
        if folder is not None:
            _draw(found, Path(folder), suffix)


def _row(model: "Run", given: list[str], file: str | None, number: int | None) -> Any:
    """Return the row that is meant. Raises InputError where none is, or two are."""
    if given and file is not None:
        raise InputError("--input and --file both name a row: leave one of them out.")
    if number is not None and (file is None or model.spec.task == "language"):
        why = "a file of a language model is one row, its whole text" if file else "it chooses a row of --file"
        raise InputError(f"--row {number}: {why}. Leave it out{'' if file else ', or name the file'}.")
    if given:
        return given[0] if len(given) == 1 else given
    if file is None:
        if sys.stdin.isatty():
            raise InputError('which row? Say --input "a text", or --file FILE --row 3.')
        text = sys.stdin.read()
        return text if model.spec.task == "language" else text.rstrip("\n")
    if model.spec.task == "language":
        from seqloom.data import blob
        from seqloom.data.formats import decode

        return "\n".join(decode(line.data) for line in blob.load(file).lines())
    rows: Iterator[Any] = (one for _, one in model.task.rows_of(file, note))
    number = number or 1
    found = next(islice(rows, number - 1, None), None)
    if found is None:
        raise InputError(f"{file}: has no row {number}.")
    return found


def _draw(found: "Explanation", folder: Path, suffix: str) -> None:
    from seqloom.report.drawing import as_png, as_svg

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in found.pictures().items():
        drawn = as_png(figure) if suffix == "png" else as_svg(figure).encode()
        _write(folder / f"{name}.{suffix}", drawn)


def _check_place(path: str | None, folder: bool) -> None:
    """Raise InputError for a place that cannot be written to, before anything is computed."""
    if path is None:
        return
    option = "--png and --svg" if folder else "--html"
    if not path.strip():
        raise InputError(f"{option} must name a {'folder' if folder else 'file'}: what was given is empty.")
    place = Path(path)
    if place.is_dir() and not folder:
        raise InputError(f"{path} is a folder; name a file.")
    if place.exists() and not place.is_dir() and folder:
        raise InputError(f"{path} is a file; name a folder.")
    check_writable(place)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    say(f"seqloom: wrote {path}")


def _told(text: str) -> None:
    """Say what is being looked at."""
    say(f"seqloom: {text}")


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns
