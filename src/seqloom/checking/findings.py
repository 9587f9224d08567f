"""Findings: everything that can be said of a task's data before training, as plain values.

    found = findings(task, task.training(print, False)[0], print)
    found["leaks"], found["order"], found["suggested"]

Rows are read once a part and never held; a few numbers a row are.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from seqloom.checking import grouping
from seqloom.checking.balance import balance, unseen
from seqloom.checking.encodings import FORMS, WAYS
from seqloom.checking.leaks import leaks, twice
from seqloom.checking.ordering import echoes, order_of
from seqloom.checking.part import BETWEEN, Part
from seqloom.checking.parts import parts_of
from seqloom.checking.suggesting import suggested
from seqloom.checking.survey import LABELS, Survey, survey
from seqloom.data.formats import BadRow
from seqloom.errors import InputError
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_rows import settled
from seqloom.tasks.task import Data, Say, Task

SHOWN = 80
"""Letters of an example that are shown."""


def findings(
    task: Task, train: Data | None, say: Say, group: str | None = None, time: str | None = None
) -> dict[str, Any]:
    """Look at the data of a task that was just learnt, and at what order is worth in its training batches; None: those
    cannot be made. `group` and `time` name columns: who rows come from, and when.

    Raises InputError for a column that is not there, and for a cell of `time` that is no time.
    """
    parts = parts_of(task)
    for column, option in ((group, "--group-column"), (time, "--time-column")):
        if column is not None:
            if not parts:
                raise InputError(f"{option} is for rows, and {task.spec.task} reads series over time.")
            grouping.has(parts, column, option)
    surveys: list[Survey] = []
    for part in parts:
        surveys.append(survey(part, surveys[0] if surveys else None))
    found: dict[str, Any] = {
        "parts": [{"name": one.name, "path": one.path, "rows": one.rows, "what": one.what} for one in parts],
        "kind": parts[0].kind if parts else "nothing",
        "leaks": [_plain(leak) for held, known in _pairs(surveys) for leak in leaks(held, known)],
        "twice": {one.part.name: _plain(twice(one)) for one in surveys},
        "encodings": {one.part.name: _encodings(one) for one in surveys},
        "unseen": {one.part.name: _unseen(one, surveys[0]) for one in surveys[1:]},
    }
    found["balance"] = None
    if surveys and surveys[0].part.kind in LABELS:
        balanced = balance(surveys[0].labels)
        found["balance"] = None if balanced is None else asdict(balanced)
    found |= _grouped(task, parts, group, time, say)
    if train is not None:
        found["order"] = order_of(task, train)
    if isinstance(task, Forecasting) and task.laid is not None:
        found["echoes"] = [{**asdict(one), "walk": one.walk} for one in echoes(task.laid, settled(task.spec)[2])]
    found["suggested"] = [
        asdict(one) for one in suggested(task, found, parts, surveys[0].labels if surveys else Counter())
    ]
    return found


def _pairs(surveys: Sequence[Survey]) -> Iterable[tuple[Survey, Survey]]:
    """Yield each part with each one before it."""
    return ((held, known) for place, held in enumerate(surveys) for known in surveys[:place])


def _grouped(task: Task, parts: list[Part], group: str | None, time: str | None, say: Say) -> dict[str, Any]:
    """Look at columns of groups and of times: those named, else those that bear a usual name."""
    if not parts:
        return {"groups": [], "times": []}
    taken = [name for side in (task.spec.source, task.spec.target) if side is not None for name in _names(side.column)]
    everywhere = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    groups = [group] if group else [one for one in grouping.group_columns(parts[0], taken) if one in everywhere]
    times = [time] if time else [one for one in grouping.time_columns(parts[0], taken) if one in everywhere]
    both = [(held, known) for place, held in enumerate(parts) for known in parts[:place]]
    found: dict[str, Any] = {"groups": [], "times": []}
    for column in groups:
        found["groups"] += [asdict(grouping.shared(held, known, column)) for held, known in both]
    for column in times:
        try:
            found["times"] += [asdict(grouping.in_time(held, known, column)) for held, known in both]
        except (InputError, BadRow) as error:
            if time:
                raise
            say(f"column '{column}' is not read as times: {error}")
    return found


def _names(column: list[str] | str | int | None) -> list[str]:
    if column is None:
        return []
    return [str(column)] if isinstance(column, str | int) else [str(one) for one in column]


def _encodings(one: Survey) -> dict[str, Any]:
    """Return what is wrong with letters, with places and ways to mend it."""
    said = one.encodings
    found: dict[str, Any] = {}
    for kind, rows in sorted(said.rows.items(), key=lambda item: -item[1]):
        shown = [{"where": one.part.where(place), "found": text} for place, text in said.first[kind]]
        found[kind] = {"rows": rows, "way": WAYS[kind], "examples": shown}
    if said.first_apart is not None:
        first = one.part.where(said.first_apart)
        found[FORMS] = {
            "rows": said.apart,
            "composed": said.composed,
            "mixed": said.mixed,
            "examples": [{"where": first}],
        }
    return found


def _unseen(one: Survey, known: Survey) -> dict[str, Any]:
    """Return what training has not: labels and letters."""
    found: dict[str, Any] = {"letters": {"rows": one.strange}}
    if one.first_strange is not None:
        place, letter = one.first_strange
        every = sorted(one.letters - known.letters)
        found["letters"] |= {"different": len(every), "first": one.part.where(place), "letter": letter}
        found["letters"]["some"] = "".join(every[:20])
    if one.part.kind in LABELS:
        found["labels"] = unseen(one.labels, known.labels)
    return found


def _plain(one: Any) -> dict[str, Any]:
    """Return a leak, or what is twice, with its examples cut."""
    values = asdict(one)
    for name in ("examples", "conflicts"):
        for example in values.get(name, []):
            text = example["text"].replace(BETWEEN, " | ")
            example["text"] = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return values
