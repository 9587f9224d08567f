"""`seqloom list`: what there is to choose from, a line each, read off the tables themselves."""

import inspect
import re
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from seqloom.cli.output import aligned, document
from seqloom.errors import InputError, nearest

KINDS = (
    "tasks",
    "archs",
    "cells",
    "fronts",
    "encoders",
    "bridges",
    "scores",
    "decoders",
    "wirings",
    "heads",
    "metrics",
    "views",
    "studies",
)


def listing(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of: {', '.join(KINDS)}.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON document, {name: about}.")] = False,
) -> None:
    """List the tasks, archs, cells, encoders, ... to choose from.

    \b
    seqloom list archs
    """
    entries = everything(kind)
    if json:
        document(entries)
    else:
        print(aligned(entries.items()))


def everything(kind: str) -> dict[str, str]:
    """Return name -> a line about it, for one kind of thing. Raises InputError for an unknown kind."""
    wanted = "studies" if kind == "study" else kind if kind in _LISTS else f"{kind}s"
    if wanted not in _LISTS:
        raise InputError(f"cannot list '{kind}'" + nearest(kind, KINDS))
    return _LISTS[wanted]()


def _tasks() -> dict[str, str]:
    from seqloom.tasks import TASKS, task_class

    return {name: task_class(name).about for name in TASKS}


def _archs() -> dict[str, str]:
    from seqloom.presets import PRESETS

    return {name: f"{one.about} ({one.paper})" for name, one in PRESETS.items()}


def _cells() -> dict[str, str]:
    from seqloom.cells import CELLS

    return {name: _about(cell) for name, cell in CELLS.items()}


def _fronts() -> dict[str, str]:
    from seqloom.fronts import FRONTS

    return {name: _about(front) for name, front in FRONTS.items()}


def _encoders() -> dict[str, str]:
    from seqloom.cells import CELLS
    from seqloom.encoders import ENCODERS, cell_of, kinds

    about = {}
    for kind in kinds():
        cell = cell_of(kind)
        if cell is None:
            about[kind] = _about(ENCODERS[kind])
        else:
            about[kind] = _about(CELLS[cell]) if kind == cell else f"{cell} in both directions"
    return about


def _decoders() -> dict[str, str]:
    from seqloom.cells import CELLS
    from seqloom.decoders import DECODERS, kinds

    return {kind: _about(CELLS[kind] if kind in CELLS else DECODERS[kind]) for kind in kinds()}


def _bridges() -> dict[str, str]:
    from seqloom.bridges import BRIDGES

    return {name: _about(bridge) for name, bridge in BRIDGES.items()}


def _scores() -> dict[str, str]:
    from seqloom.bridges import SCORES

    return {name: _about(score) for name, score in SCORES.items()}


def _wirings() -> dict[str, str]:
    from seqloom.decoders import WIRINGS

    return {name: _about(wiring) for name, wiring in WIRINGS.items()}


def _heads() -> dict[str, str]:
    from seqloom.heads import HEADS

    return {name: _about(head) for name, head in HEADS.items()}


def _metrics() -> dict[str, str]:
    from seqloom.metrics import METRICS

    known = {"loss": "less is better (what training makes small)"}
    for name, metric in METRICS.items():
        for value, higher in metric.higher.items():  # type: ignore[attr-defined]
            each = ", of each label" if value in ("f1", "precision", "recall") else ""
            known.setdefault(value, f"{'more' if higher else 'less'} is better ({name}{each})")
    return known


def _views() -> dict[str, str]:
    from seqloom.explaining import VIEWS

    return {name: view.about for name, view in VIEWS.items()}  # type: ignore[attr-defined]


def _studies() -> dict[str, str]:
    from seqloom.studies import STUDIES

    return {name: study.question for name, study in STUDIES.items()}  # type: ignore[attr-defined]


_LISTS: dict[str, Callable[[], dict[str, str]]] = {
    "tasks": _tasks,
    "archs": _archs,
    "cells": _cells,
    "fronts": _fronts,
    "encoders": _encoders,
    "bridges": _bridges,
    "scores": _scores,
    "decoders": _decoders,
    "wirings": _wirings,
    "heads": _heads,
    "metrics": _metrics,
    "views": _views,
    "studies": _studies,
}


def _about(part: type) -> str:
    """Return the first sentence of the file that a part lives in: one idea a file."""
    text = sys.modules[part.__module__].__doc__ or part.__doc__ or ""
    first = " ".join(inspect.cleandoc(text).split("\n\n")[0].split())
    return re.split(r"(?<!\bal)(?<!\beq)\.\s", first)[0].rstrip(".:")
