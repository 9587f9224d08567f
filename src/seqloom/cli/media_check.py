"""What `check` says of recordings, pictures and films: how many, of what shape, how long, and what is told of them."""

from typing import TYPE_CHECKING, Any

from seqloom.cli.output import aligned, number

if TYPE_CHECKING:
    from seqloom.batch import Field
    from seqloom.tasks.task import Data, Task

UNITS = {"audio": "frames", "image": "rows of pixels", "video": "frames"}


def of_media(task: "Task") -> bool:
    """Tell whether what is read is a recording, a picture or a film."""
    from seqloom.spec import MEDIA

    return task.spec.source is not None and task.spec.source.tokens in MEDIA


def found(task: "Task", train: "Data", held: "Data | None", notes: list[str]) -> dict[str, Any]:
    """Count what is there."""
    wiring = task.wiring(vectors_too=False)
    assert wiring.media is not None and task.spec.source is not None
    texts = None if wiring.target is None else {"kind": task.spec.target.tokens, "size": wiring.target}  # type: ignore[union-attr]
    return {
        "task": task.spec.task,
        "data": task.spec.data.train,
        "columns": {
            "path": task.spec.source.column,
            "told": None if task.spec.target is None else task.spec.target.column,
        },
        "items": {"kind": wiring.media.kind, "dims": list(wiring.media.dims)},
        "train": measured(task, train),
        "valid": None if held is None else measured(task, held),
        "vocabulary": texts,
        "notes": notes,
    }


def measured(task: "Task", data: "Data") -> dict[str, Any]:
    """Count one pass over data: rows, their lengths, and labels or the tokens of texts."""
    from seqloom.cli.check import spread

    lengths: list[int] = []
    texts: list[int] = []
    told: dict[str, int] = {}
    wiring = task.wiring(vectors_too=False)
    names = {name: labels for name, (labels, _) in wiring.labels.items()}
    beside: dict[str, list[int]] = {name: [] for name in wiring.beside}
    rows = 0
    for key in data.order(0):
        batch = data.load(key)
        mask = batch.inputs["source"].mask
        assert mask is not None
        rows += len(batch.rows)
        lengths += mask.sum(1).tolist()
        for name, found in beside.items():
            other = batch.inputs[name].mask
            found += [] if other is None else other.sum(1).tolist()
        for name, field in batch.target.items():
            if name in names:
                for place in _places(field):
                    told[names[name][place]] = told.get(names[name][place], 0) + 1
            elif field.mask is not None and not field.values.is_floating_point():
                texts += (field.mask.sum(1) - int(name == "words")).tolist()  # EOS ends what a decoder writes
    counted: dict[str, Any] = {"rows": rows, "lengths": spread(lengths)}
    if beside:
        counted["beside"] = {name: spread(found) for name, found in beside.items()}
    if texts:
        counted["texts"] = spread(texts)
    if told:
        counted["labels"] = told
    return counted


def report(found: dict[str, Any]) -> str:
    """Return what a person reads of it."""
    from seqloom.report.terminal import table

    items = found["items"]
    rows = [("task", found["task"]), ("data", found["data"]), ("items", _shape(items["kind"], items["dims"]))]
    rows += [(f"{name} column", str(value)) for name, value in found["columns"].items() if value is not None]
    for part in ("train", "valid"):
        counted = found[part]
        if counted is None:
            rows.append((part, "nothing is held out: there will be no validation"))
            continue
        rows.append((part, f"{number(counted['rows'])} rows"))
        for name, unit in (("lengths", UNITS[items["kind"]]), ("texts", "tokens")):
            if name in counted:
                rows.append((f"{part} {name}", _spread(counted[name], unit)))
        rows += [(f"{part} {name}", _spread(one, "tokens")) for name, one in counted.get("beside", {}).items()]
    if found["vocabulary"] is not None:
        rows.append(("vocabulary", f"{number(found['vocabulary']['size'])} {found['vocabulary']['kind']} tokens"))
    labels = found["train"].get("labels")
    if not labels:
        return aligned(rows)
    whole = sum(labels.values())
    common = sorted(labels.items(), key=lambda one: -one[1])[:30]
    shown = [{"label": name, "count": count, "share": count / whole} for name, count in common]
    more = f"\n... and {len(labels) - len(common)} more" if len(labels) > len(common) else ""
    return aligned(rows) + "\n\n" + table(shown, {"label": "", "count": ",d", "share": ".1%"}) + more


def _shape(kind: str, dims: list[int]) -> str:
    size = " x ".join(map(str, dims))
    return f"audio, {size} numbers a frame" if kind == "audio" else f"{kind}, height x width x channels {size}"


def _spread(values: dict[str, float], unit: str) -> str:
    has = {one: f"{value:.0f}" for one, value in values.items()}
    if has["least"] == has["most"]:
        return f"{has['least']} {unit}"
    return "{least} to {most}, median {median}, mean {mean}, 95 % up to {p95} ".format(**has) + unit


def _places(field: "Field") -> list[int]:
    """Return the labels that a target holds: one a row, several a row, or one a step."""
    if field.mask is not None:
        return field.values[field.mask].tolist()
    if field.values.dim() == 2:
        return field.values.nonzero()[:, 1].tolist()
    return field.values.tolist()
