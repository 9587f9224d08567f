"""`seqloom check`: reads the data as training would, and says what is there; nothing is trained."""

from collections.abc import Iterable, Sequence
from statistics import mean
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.cli import check_report, media_check, series_check, tags
from seqloom.cli.output import aligned, document, note, number
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
from seqloom.cli.ways import of_series
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.data.channels import Channels
    from seqloom.data.kmers import Kmers
    from seqloom.data.numbers import Numbers
    from seqloom.data.vocabulary import Vocabulary
    from seqloom.tasks.task import Data, Task

SIDES = ("source", "target")
SHOWN = 30
"""Labels that are shown; --json has them all."""


def check(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="classify, language, translate, ... (seqloom list tasks).")
    ] = None,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="The file to train on; pairs also as train.de,train.en.")
    ] = None,
    arch: Arch = None,
    config: Config = None,
    settings: Setting = None,
    valid: Valid = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    source_column: SourceColumn = None,
    target_column: TargetColumn = None,
    format: Format = None,
    on_bad_row: OnBadRow = None,
    group_column: Annotated[
        str | None,
        typer.Option("--group-column", metavar="NAME", help="Who rows come from: none may be on both sides."),
    ] = None,
    time_column: Annotated[
        str | None, typer.Option("--time-column", metavar="NAME", help="When rows were made: held out must be later.")
    ] = None,
    json: Json = False,
) -> None:
    """Read data as train would, and report what is there and what is wrong with it.

    Rows, columns, labels, lengths and vocabulary; leaks between the parts, duplicates, broken letters, whether order is
    worth modelling, and settings that suit. Nothing is kept, and no network is trained.

    \b
    seqloom check classify reviews.tsv
    seqloom check classify reviews.tsv --valid later.tsv --time-column date
    """
    named = columns(text=text_column, label=label_column, source=source_column, target=target_column)
    wish = Wish(task, data, arch, config, valid, tuple(settings or ()), named)
    wish = wish.with_data(format=format, on_bad_row=on_bad_row).whole("check")
    spec, notes = wish.plan()
    for text in notes:
        note(text)

    def keep(text: str) -> None:
        notes.append(text)
        note(text)

    from seqloom.tasks import task_class

    learnt = task_class(spec.task).learn(spec, keep)
    refused: InputError | None = None
    found: dict[str, Any] = {}
    train, text = None, ""
    try:
        train, held = learnt.training(keep, False)
        if not len(train.order(0)):
            raise InputError(f"{spec.data.train}: nothing is left to train on.")
        found, text = _counts(learnt, train, held, notes)
    except InputError as error:  # such as a label that training has not: what else there is, is said first
        refused = error
    from seqloom.checking.findings import findings

    found["findings"] = findings(learnt, train, keep, group_column, time_column)
    found["notes"] = notes
    if refused is not None:
        found["refused"] = str(refused)
    if json:
        document(found)
    else:
        print("\n\n".join(part for part in (text, check_report.report(found["findings"])) if part))
    if refused is not None:
        raise refused


def _counts(learnt: "Task", train: "Data", held: "Data | None", notes: list[str]) -> tuple[dict[str, Any], str]:
    """Return what is in the data, as values and as a person reads it."""
    spec = learnt.spec
    if media_check.of_media(learnt):
        items = media_check.found(learnt, train, held, notes)
        return items, media_check.report(items)
    if spec.task == "tag" and not of_series(spec):
        counted = tags.found(learnt, train, held, notes)  # type: ignore[arg-type]
        return counted, tags.report(counted)
    if spec.task == "forecast":
        seen = series_check.found(learnt, notes)  # type: ignore[arg-type]
        return seen, series_check.report(seen)
    found = {
        "task": spec.task,
        "data": spec.data.train,
        "columns": _columns_of(learnt),
        "train": measure(learnt, train),
        "valid": None if held is None else measure(learnt, held),
        "vocabulary": _vocabulary(learnt),
    }
    return found, _text(found)


def measure(task: "Task", data: "Data") -> dict[str, Any]:
    """Count one pass over data: rows, tokens, lengths, labels, and the share of unknown tokens."""
    from seqloom.data.vocabulary import UNK
    from seqloom.tasks.regress import Regress

    if task.structure == "sequence":
        return pairs(data)
    side = "source" if task.spec.source is not None else "target"
    lengths: list[int] = []
    labels: list[int] = []
    told: list[float] = []
    rows = unknown = tokens = 0
    numbers = False
    for key in data.order(0):
        batch = data.load(key)
        field = batch.inputs[side]
        numbers = field.values.is_floating_point()
        valid = field.values[field.mask] if field.mask is not None else field.values.flatten()
        rows, tokens = rows + len(field.values), tokens + batch.tokens
        unknown += 0 if numbers else int((valid == UNK).sum())
        if side == "source" and field.mask is not None:
            lengths += field.mask.sum(1).tolist()
            if isinstance(task, Regress):
                told += task.scale.back(batch.target["number"].values).round(5).tolist()
                continue
            if "tags" in batch.target:  # a label a step
                labels += batch.target["tags"].values[field.mask].tolist()
                continue
            truth = batch.target["label"].values
            if truth.dim() == 2:  # several labels a row: [rows, labels]
                labels += truth.nonzero()[:, 1].tolist()
            else:
                labels += truth.tolist()
    counted: dict[str, Any] = {"tokens": tokens, "unknown": unknown / max(tokens, 1)}
    if numbers:
        counted = {"tokens": tokens, "numbers": True}
    if side == "source":
        counted = {"rows": rows, **counted, "lengths": spread(lengths)}
    if told:
        counted["told"] = spread(told)
    elif side == "source":
        names: list[str] = task.labels  # type: ignore[attr-defined]
        counted["labels"] = {name: labels.count(place) for place, name in enumerate(names)}
    return counted


def pairs(data: "Data") -> dict[str, Any]:
    """Count one pass over pairs: rows, and of each side tokens, lengths and the share of unknown tokens."""
    from seqloom.data.vocabulary import UNK

    rows = 0
    sides: dict[str, dict[str, Any]] = {side: {"tokens": 0, "unknown": 0, "lengths": []} for side in SIDES}
    for key in data.order(0):
        batch = data.load(key)
        rows += len(batch.rows)
        for side, counted in sides.items():
            field = batch.inputs[side]
            assert field.mask is not None
            numbers = field.values.is_floating_point()  # a vector a row
            # EOS ends a source, BOS begins a target
            lengths = (field.mask.sum(1) - int(not numbers)).tolist()
            counted["tokens"] += sum(lengths)
            counted["unknown"] += 0 if numbers else int(((field.values == UNK) & field.mask).sum())
            counted["lengths"] += lengths
    for counted in sides.values():
        counted["unknown"] /= max(counted["tokens"], 1)
        counted["lengths"] = spread(counted["lengths"])
    return {"rows": rows, **sides}


def spread(lengths: Sequence[float]) -> dict[str, float]:
    """Return the least, the median, the mean, the 95th percentile and the greatest."""
    ordered = sorted(lengths)
    places = {"least": 0.0, "median": 0.5, "p95": 0.95, "most": 1.0}
    values: dict[str, float] = {name: ordered[round(at * (len(ordered) - 1))] for name, at in places.items()}
    return {**values, "mean": mean(ordered)}


def _columns_of(task: "Task") -> dict[str, Any]:
    source, target = task.spec.source, task.spec.target
    if source is None:
        return {"text": target.column} if target is not None and target.column is not None else {}
    named = {"source": source.column, "target": target.column if target is not None else None}
    if task.structure == "sequence":
        return {side: column for side, column in named.items() if column is not None}
    return {"text": named["source"], "label": named["target"]}


def _vocabulary(task: "Task") -> dict[str, Any]:
    if task.structure == "sequence":
        return {side: _size_of(getattr(task, side)) for side in SIDES}
    from seqloom.tasks.row_task import RowTask

    return _size_of(task.source.learnt if isinstance(task, RowTask) else task.vocabulary)  # type: ignore[attr-defined]


def _size_of(vocabulary: "Vocabulary | Numbers | Kmers | Channels") -> dict[str, Any]:
    return {"kind": vocabulary.kind, "size": len(vocabulary)}


def _text(found: dict[str, Any]) -> str:
    rows = [("task", found["task"]), ("data", found["data"])]
    rows += [(f"{name} column", ", ".join(_list(value))) for name, value in found["columns"].items()]
    for part in ("train", "valid"):
        counted = found[part]
        if counted is None:
            rows.append((part, "nothing is held out: there will be no validation"))
        elif "source" in counted:
            rows.append((part, f"{number(counted['rows'])} pairs"))
            for side in SIDES:
                rows += _counted(f"{part} {side}", counted[side])
        else:
            rows += _counted(part, counted)
    vocabulary = found["vocabulary"]
    for name, one in vocabulary.items() if "source" in vocabulary else [("", vocabulary)]:
        if one["kind"] == "vector":
            rows.append((name, f"{number(one['size'])} numbers a row"))
        elif one["kind"] == "series":
            rows.append((f"{name} channels".strip(), f"{number(one['size'])} a step"))
        else:
            rows.append((f"{name} vocabulary".strip(), f"{number(one['size'])} {one['kind']} tokens"))
    return aligned(rows) + _labels(found)


def _counted(name: str, counted: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines about some tokens: how many, and how they spread over rows."""
    size = f"{number(counted['rows'])} rows, " if "rows" in counted else ""
    steps = "steps" if counted.get("numbers") else "tokens"
    known = "" if counted.get("numbers") else f", {counted['unknown']:.2%} of them unknown"
    lines = [(name, f"{size}{number(counted['tokens'])} {steps}{known}")]
    if "lengths" in counted:
        has = {one: f"{value:.0f}" for one, value in counted["lengths"].items()}
        shown = "{least} to {most}, median {median}, mean {mean}, 95 % up to {p95}".format(**has)
        lines.append((f"{name} lengths", f"{shown} {steps}"))
    if "told" in counted:
        has = {one: number(value) for one, value in counted["told"].items()}
        lines.append((f"{name} numbers", "{least} to {most}, median {median}, mean {mean}".format(**has)))
    return lines


def _labels(found: dict[str, Any]) -> str:
    from seqloom.report.terminal import table

    labels: dict[str, int] = found["train"].get("labels", {})
    if not labels:
        return ""
    common = sorted(labels.items(), key=lambda one: -one[1])[:SHOWN]
    each = found["task"] == "tag"
    whole, what = (found["train"]["tokens"], "steps") if each else (found["train"]["rows"], "rows")
    shown = [{"label": name, what: count, "share": count / whole} for name, count in common]
    text = "\n\n" + table(shown, {"label": "", what: ",d", "share": ".1%"})
    return text + (f"\n... and {len(labels) - SHOWN} more" if len(labels) > SHOWN else "")


def _list(value: Any) -> Iterable[str]:
    return map(str, value) if isinstance(value, list) else [str(value)]
