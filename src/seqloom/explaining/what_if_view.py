"""The view `what-if`: the answer before and after a change of the row, of a gate, a head, a unit or a weight."""

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.explaining.answering import Answered, answered, writes, written
from seqloom.explaining.attended import attention_parts, titled
from seqloom.explaining.edits import edited
from seqloom.explaining.moves import WEIGHTS, Heard, Intervention, Move, check, each, read
from seqloom.explaining.subject import Subject
from seqloom.explaining.thinning import even, named
from seqloom.explaining.view import DRAWN, View, Viewer
from seqloom.model import SequenceModel
from seqloom.report.figures import Bars, Figure, Heat, Line, Lines, Table
from seqloom.table import Count
from seqloom.tape import Tape
from seqloom.tasks.task import Say

GATES = ("i", "f", "o", "r", "z")
SHOWN = 30
"""Changes that are drawn, those with the largest effect; the table has all."""
LABELS = 12
"""Labels whose chances are drawn, those that move most."""
LARGE = 1 << 22
"""Weights of a map that is not compared, before and after."""
CELLS = 200
"""Cells along a side of the figure of what moved."""
Said = str | list[str] | None


class WhatIfView(Viewer):
    """What would the answer be if? Without an option, each gate forced to 0 and 1 and each head muted, one at a time.

    edit    another token or number in the row: good=bad, source@3=bad, source@3#1=0.5
    force   a number in place of what the model computes: encoder.*.f=1, f@3=0, encoder.*.h@2-4#7=0.5
    mute    zeros in place of it: a head decoder.*.weights#2, a unit encoder.*.h#12
    weight  one weight of a row of attention, the others scaled to what is left: decoder.wiring.reader.weights@2:5=1
    sweep   changes tried at most where none is asked for

    Each takes one or a list. A path is a pattern of those that a Tape hears, or a last name (`f`); steps (@), units and
    heads (#), rows and columns count from 1.
    """

    name = "what-if"
    about = (
        "What the model answers when something is changed while it runs, and nothing else is. The score is that of the "
        "answer which is explained, before and after; the answer is what the model gives by itself. What moved shows "
        "how far everything that was computed went from what it was, step by step: nothing before the change."
    )

    def __init__(
        self, *, edit: Said = None, force: Said = None, mute: Said = None, weight: Said = None, sweep: Count = 150
    ) -> None:
        self.edits = each(edit)
        self.moves = [*read("force", force), *read("mute", mute), *read("weight", weight)]
        self.sweep = sweep

    def refusal(self, subject: Subject) -> str | None:
        """Say that there is nothing that could be changed without being told what."""
        if self.edits or self.moves or _single(subject.run.model, heard(subject)):
            return None
        return (
            "this model has no gate and no head to try one after the other. Say what to change, such as "
            "-s what-if.edit=old=new."
        )

    def view(self, subject: Subject, say: Say) -> View:
        """Change what was asked for, or one thing after the other."""
        return self._changed(subject) if self.edits or self.moves else self._swept(subject)

    def _changed(self, subject: Subject) -> View:
        model, notes = subject.run.model, list[str]()
        known = heard(subject, self.moves)
        check(self.moves, known)
        before, first = _look(subject, known, ())
        other = edited(subject, self.edits, notes)
        new = heard(other, self.moves) if self.edits else known
        check(self.moves, new)
        after, second = _look(other, new, self.moves)
        if writes(subject) and {one.partition("@")[0] for one in self.edits} != {"target"}:
            before_text, after_text = written(subject), None
            with Intervention(model, self.moves, new) if self.moves else nullcontext() as intervention:
                after_text = written(other)
            unmet = [] if intervention is None else [said for said, count in intervention.met.items() if not count]
            if unmet:
                notes.append(f"{', '.join(unmet)} meets nothing while the model writes by itself: no answer after.")
                after_text = None
        else:
            before_text, after_text = before.text, after.text
            if writes(subject):
                notes.append("what the decoder hears was changed: the score follows it, the written answer does not.")
        said = [*(f"edit {one}" for one in self.edits), *(f"{one.what} {one.said}" for one in self.moves)]
        facts: dict[str, Any] = {
            "changes": said,
            "answer": {"before": before_text, "after": after_text},
            "score": {"name": subject.score_name, "before": finite(before.score), "after": finite(after.score)},
            "chances": {"before": dict(before.chances), "after": dict(after.chances)},
            "moved": {path: float(np.sqrt((one**2).mean())) for path, one in _distances(first, second).items()},
        }
        rows: list[Sequence[str | int | float | None]] = [
            ["answer", before_text, after_text, None],
            [subject.score_name, *map(finite, (before.score, after.score, after.score - before.score))],
        ]
        figures: list[Figure] = [
            Table("before and after", ["", "before", "after", "difference"], rows, "; ".join(said)),
            *_chances(before, after),
            *_tokens(subject, before, after),
            *_moved(other, _distances(first, second), notes),
        ]
        values = {f"moved:{path}": one for path, one in _distances(first, second).items()}
        return View(self.name, self.about, values, facts, figures, notes)

    def _swept(self, subject: Subject) -> View:
        """Try one change after the other."""
        model, notes = subject.run.model, list[str]()
        known = heard(subject)
        moves = _single(model, known)
        if len(moves) > self.sweep:
            notes.append(f"{self.sweep} of {len(moves)} changes were tried (what-if.sweep={len(moves)} tries all).")
            moves = moves[: self.sweep]
        if _long(subject) and attention_parts(model):
            notes.append(f"heads of self-attention over more than {DRAWN:,} steps are not muted one by one.")
        before = subject.told()
        scores = np.array([_score(subject, move, known) for move in moves])
        if not np.isfinite(scores).all():
            notes.append("a score that is no finite number is left open: the answer cannot be told under that change.")
        with np.errstate(invalid="ignore"):  # -inf less -inf
            moved = scores - before
        order = np.argsort(-np.abs(moved), kind="stable")
        rows: list[Sequence[str | int | float | None]] = [
            [_told(moves[at]), finite(scores[at]), finite(moved[at])] for at in order
        ]
        facts = {
            "score": {"name": subject.score_name, "before": finite(before)},
            "changes": [{"change": row[0], "after": row[1], "difference": row[2]} for row in rows],
        }
        drawn = np.array([at for at in order if np.isfinite(moved[at])][:SHOWN], np.int64)
        names = _short(moves, model)
        title = f"{subject.score_name} = {before:.4g}: how it changes, one change at a time"
        told = f"change of {subject.score_name}"
        bars = Bars(title, [names[at] for at in drawn], moved[drawn], told)
        table = Table(title, ["change", "after", "difference"], rows)
        figures: list[Figure] = [bars, table] if len(drawn) else [table]
        if len(moves) > SHOWN:
            notes.append(f"the bars are the {SHOWN} changes with the largest effect of {len(moves)}.")
        notes.append("say what to change for the answer before and after: what-if.edit, force, mute or weight.")
        return View(self.name, self.about, {"scores": scores}, facts, figures, notes)


def heard(subject: Subject, moves: Sequence[Move] = ()) -> dict[str, Heard]:
    """Return everything that a Tape hears of a row, by path; of a long row the maps of self-attention only where a move
    is about them."""
    model = subject.run.model
    skipped: set[str] = set()
    if _long(subject):
        maps = [path for path, kind in attention_parts(model).items() if kind == "self"]
        skipped = {path for path in maps if not any(move.matches(path) for move in moves)}
    with torch.no_grad(), _Listing(model, skipped) as tape:
        subject.forward()
    return tape.found


class _Listing(Tape):
    """Hears what there is and keeps nothing of it."""

    def __init__(self, model: SequenceModel, skipped: set[str]) -> None:
        super().__init__(model)
        self._skipped = skipped
        self.found: dict[str, Heard] = {}

    def _wants(self, path: str) -> bool:
        return path not in self._skipped

    def _met(self, path: str, value: Tensor, time: int | None, mask: Tensor | None) -> Tensor:
        steps = 1 if time is None else value.shape[time]
        before = self.found[path].steps if path in self.found else 0
        features = 0 if value.dim() == 1 + (time is not None) else value.shape[-1]
        units = value.shape[1] if time == 2 and value.dim() == 4 else features
        self.found[path] = Heard(before + steps, units, value.shape[0], not value.is_floating_point())
        return value


def _look(
    subject: Subject, known: Mapping[str, Heard], moves: Sequence[Move]
) -> tuple[Answered, dict[str, NDArray[np.float64]]]:
    """Answer under the moves, and return what was computed on the way, [steps, units] by path: of a long row nothing,
    and no large map."""
    model = subject.run.model
    with torch.no_grad(), Intervention(model, moves, known) if moves else nullcontext():
        if _long(subject):
            return answered(subject), {}
        paths = tuple(path for path, at in known.items() if _recorded(path, at))
        with Tape(model, only=paths) as tape:
            found = answered(subject)
        recorded: dict[str, NDArray[np.float64]] = {}
        for path in tape:
            value = tape[path][:1].float().cpu().numpy()[0]
            value = np.moveaxis(value, 1, 0) if WEIGHTS.search(path) and value.ndim == 3 else value
            recorded[path] = value.reshape(len(value), -1)
    return found, recorded


def _recorded(path: str, at: Heard) -> bool:
    """Say whether what moved is looked at there; queries and keys are in the weights."""
    large = bool(WEIGHTS.search(path)) and at.units * at.steps**2 > LARGE
    return not (at.whole or large or path.endswith((".query", ".key")))


def _distances(
    first: Mapping[str, NDArray[np.float64]], second: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Return how far each step went: the root mean square over units, as a share of that of the whole before."""
    found = {}
    for path, one in first.items():
        if path in second and second[path].shape == one.shape and one.size:
            far = np.sqrt(((second[path] - one) ** 2).mean(1))
            found[path] = far / max(float(np.sqrt((one**2).mean())), 1e-12)
    return found


def _single(model: SequenceModel, known: Mapping[str, Heard]) -> list[Move]:
    """Return what is tried where nothing is asked for: every gate at 0 and at 1, every head of attention muted."""
    moves = []
    for path, at in known.items():
        if WEIGHTS.search(path):
            whole = at.units == 1
            moves += [
                Move(path if whole else f"{path}#{n + 1}", "mute", path, 0.0, None, (n, n + 1)) for n in range(at.units)
            ]
        elif ".cells." in path and path.rsplit(".", 1)[1] in GATES:
            moves += [Move(f"{path}={number}", "force", path, float(number)) for number in (0, 1)]
    return moves


def _score(subject: Subject, move: Move, known: Mapping[str, Heard]) -> float:
    with Intervention(subject.run.model, [move], known):
        return subject.told()


def finite(value: float) -> float | None:
    """Return a number as JSON has it: None where it has no end or is none."""
    return float(value) if np.isfinite(value) else None


def _told(move: Move) -> str:
    return f"{move.what} {move.said}"


def _short(moves: Sequence[Move], model: SequenceModel) -> list[str]:
    """Name the changes of a sweep as a person would."""
    kinds, names = attention_parts(model), []
    for move in moves:
        cell = re.fullmatch(r"(.*)\.stack\.cells\.(\d+)\.(\w+)\.(\w+)", move.path)
        if move.path in kinds:
            head = f", head {move.units[0] + 1}" if "#" in move.said and move.units else ""
            names.append(f"no {titled(move.path, kinds[move.path])}{head}")
        elif cell is not None:
            way = " backwards" if cell[3] == "backwards" else ""
            names.append(f"{cell[1]} layer {int(cell[2]) + 1}{way}: {cell[4]} = {move.value:g}")
        else:
            names.append(_told(move))
    return names


def _long(subject: Subject) -> bool:
    return max((len(axis) for axis in subject.axes.values()), default=0) > DRAWN


def _chances(before: Answered, after: Answered) -> list[Figure]:
    """Draw the chances of labels side by side."""
    names = sorted(before.chances, key=lambda one: -abs(before.chances[one] - after.chances[one]))[:LABELS]
    if not names:
        return []
    pairs = [(name, when, one.chances[name]) for name in names for when, one in (("before", before), ("after", after))]
    values = np.array([p for _, _, p in pairs])
    shown = [f"{name} {when}" for name, when, _ in pairs]
    return [Bars("chance of each label", shown, values, "probability", groups=[when for _, when, _ in pairs])]


def _tokens(subject: Subject, before: Answered, after: Answered) -> list[Figure]:
    """Draw ln p of each token of the answer that is explained."""
    if not before.tokens or len(before.tokens) != len(after.tokens) or "answer" not in subject.axes:
        return []
    spans = even(len(before.tokens), DRAWN)
    at = [start for start, _ in spans]
    x = np.arange(len(at), dtype=np.float64)
    lines = [
        Line(name, x, np.where(np.isfinite(one), one, np.nan)[at])
        for name, one in (("before", np.array(before.tokens)), ("after", np.array(after.tokens)))
    ]
    ticks = named(subject.axes["answer"].tokens, [(one, one + 1) for one in at])
    return [Lines("each token of the answer", lines, "token", "ln p, in nats", ticks=ticks)]


def _moved(subject: Subject, distances: Mapping[str, NDArray[np.float64]], notes: list[str]) -> list[Figure]:
    """Draw how far everything went, a map for each sequence of steps."""
    if not distances:
        notes.append(f"what moved is not drawn for more than {DRAWN:,} steps.")
    groups: dict[tuple[str, int], list[str]] = {}
    for path, one in distances.items():
        groups.setdefault((subject.side(path), len(one)), []).append(path)
    figures: list[Figure] = []
    for (side, length), paths in groups.items():
        if not any(distances[path].any() for path in paths):
            continue
        names = subject.axis(paths[0], length).tokens
        spans = even(length, CELLS)
        values = np.stack([[distances[path][start:end].max() for start, end in spans] for path in paths])
        caption = "root mean square of the change, as a share of what was there"
        figures.append(
            Heat(
                f"what moved, {side} ({length} steps)",
                values,
                paths,
                named(names, spans),
                "part",
                "step",
                low=0.0,
                caption=caption,
            )
        )
    return figures
