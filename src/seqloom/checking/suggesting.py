"""Suggesting: settings that what was found speaks for, each with its reason. Rules are few, each with its bound below;
none is tried out, which is what `compare` and `advise` are for."""

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqloom.checking.part import Part
from seqloom.tasks.classify import Classify
from seqloom.tasks.examples import Examples
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_rows import settled
from seqloom.tasks.row_task import RowTask
from seqloom.tasks.task import Task

LOPSIDED = 0.75
"""The share of the most frequent label from which accuracy says little."""
SEVERAL = 0.01
"""The share of sources with several targets from which answers are measured against all of them."""
NOISY = 0.02
"""The share of rows told otherwise than their like, from which labels count as noisy."""
STRANGE = 0.02
"""The share of held-out rows with letters that training has not, from which letters are read as bytes."""
FEW = 5
HELD = 0.1
"""The share of rows whose groups are held out."""
ECHO = 0.3
TOLD = 0.02
"""What a simple score must explain for its verdict on order to count."""
SEPARATORS = (",", ";", "|")


@dataclass(frozen=True)
class Suggestion:
    """Words for the command line, and why."""

    words: str
    why: str


def suggested(task: Task, found: Mapping[str, Any], parts: list[Part], labels: Counter[str]) -> list[Suggestion]:
    """Return what findings speak for."""
    return [*_labels(task, found, labels), *_rows(task, found), *_split(task, found, parts), *_order(task, found)]


def _labels(task: Task, found: Mapping[str, Any], labels: Counter[str]) -> list[Suggestion]:
    made = []
    balance = found.get("balance")
    if isinstance(task, Classify) and balance is not None and found["kind"] == "label":
        if balance["share"] >= LOPSIDED:
            why = f"{balance['share']:.0%} of the labels are {balance['most']!r}, so that accuracy says little"
            made.append(Suggestion("-s fit.metric=macro_f1", why))
            made.append(Suggestion("-s heads.label.class_weights=balanced", "the same: rare labels then weigh as much"))
        for separator in SEPARATORS:
            cells = [name for name in labels if separator in name]
            pieces = {piece.strip() for name in labels for piece in name.split(separator)}
            if len(cells) >= len(labels) / 4 and len(pieces) <= len(labels) / 2:
                why = f"{len(cells)} labels are {len(pieces)} names joined by {separator!r}, such as {cells[0]!r}"
                made.append(Suggestion(f"-s {shlex.quote(f'target.multilabel={separator}')}", why))
        train = found["twice"]["train"]
        if train["unlike"] >= NOISY * found["parts"][0]["rows"]:
            why = f"{train['unlike']:,} training rows read the same and are told otherwise: their labels are noisy"
            made.append(Suggestion("-s heads.label.smoothing=0.1", why))
    return made


def _rows(task: Task, found: Mapping[str, Any]) -> list[Suggestion]:
    made = []
    one = found["kind"] == "text" and not task.spec.data.variants
    if one and found["twice"]["train"]["unlike"] >= SEVERAL * found["parts"][0]["rows"]:
        why = f"{found['twice']['train']['unlike']:,} training sources have several targets: each is a right answer"
        made.append(Suggestion("-s data.variants=true", why))
    rows = {part["name"]: part["rows"] for part in found["parts"]}
    strange = {name: one["letters"]["rows"] for name, one in found["unseen"].items()}
    worst = max(strange, key=lambda name: strange[name] / max(rows[name], 1), default=None)
    side = task.spec.source
    pieces = side is not None and side.tokens in ("char", "jamo", "bpe", "unigram")
    if pieces and worst is not None and strange[worst] >= max(STRANGE * rows[worst], FEW):
        why = f"{strange[worst]:,} of {rows[worst]:,} {worst} rows have letters that train has not; bytes read any"
        made.append(Suggestion("-s source.tokens=byte", why))
    return made


def _split(task: Task, found: Mapping[str, Any], parts: list[Part]) -> list[Suggestion]:
    made = []
    shared = next((one for one in found["groups"] if one["groups"]), None)
    if shared is not None:
        who = f"{shared['groups']} of {shared['of']} '{shared['column']}' are on both sides"
        chosen = _groups(task, parts, shared["column"])
        if chosen:
            said = shlex.quote(f"{shared['column']}={chosen}")
            made.append(Suggestion(f"--valid {said}", f"{who}: hold out whole ones"))
        else:
            made.append(Suggestion("--valid FILE", f"{who}: put the rows of some into a file of their own"))
    late = next((one for one in found["times"] if one["early"]), None)
    if late is not None:
        why = f"held-out rows are from before {late['known_last']}, where training ends: put the latest into a file"
        made.append(Suggestion("--valid FILE", why))
    return made


def _groups(task: Task, parts: list[Part], column: str) -> str:
    """Return groups that hold about a tenth of all rows, with commas between; "" where rows cannot be held out by
    them."""
    if not isinstance(task, RowTask) or isinstance(task.spec.data.valid, str):
        return ""
    rows = task._parts.train if task._parts is not None else None
    counts = Counter(cell for part in parts for cell in part.column(column))
    if not isinstance(rows, Examples) or column not in rows.names():
        return ""
    chosen: list[str] = []
    held, wanted = 0, HELD * counts.total()
    for name, count in sorted(counts.items(), key=lambda one: (one[1], one[0])):
        if held < wanted and name.strip() == name and name and "," not in name:
            chosen.append(name)
            held += count
    return ",".join(chosen) if 0 < held <= 3 * wanted and len(chosen) < len(counts) else ""


def _order(task: Task, found: Mapping[str, Any]) -> list[Suggestion]:
    made = []
    order = found.get("order", {})
    if (
        isinstance(task, RowTask)
        and order.get("kind") == "rows"
        and not order["shown"]
        and max(order["explained"]) >= TOLD
    ):
        why = "order showed no use to a simple score: what reads a bag is quicker, and the mark to beat"
        made.append(Suggestion("--arch bag", why))
    if isinstance(task, Forecasting):
        look_back, _, season = settled(task.spec)
        loud = [one["season"] for one in found.get("echoes", []) if one["season"] is not None and one["season"] > ECHO]
        if loud and look_back < season:
            why = f"values go with those of {season} steps before ({max(loud):.2f} of 1), and {look_back} are read"
            made.append(Suggestion(f"-s series.look_back={2 * season}", why))
    return made
