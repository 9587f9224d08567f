"""The view `attention`: who looks where, in every layer and head, how sharply, and what is left from end to end."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.explaining.attended import Attended, attended, attention_parts
from seqloom.explaining.rollout import rollout, rollout_decoder, shares
from seqloom.explaining.subject import Axis, Subject
from seqloom.explaining.thinning import Floats, even, mapped, named
from seqloom.explaining.view import DRAWN, View, Viewer
from seqloom.report.figures import Bars, Figure, Heat, Shaded
from seqloom.report.look import Look
from seqloom.tasks.task import Say

CELLS = 120_000
"""Cells of all maps of a view together; with more, steps share a cell."""
ARRAYS = 2_000_000
"""Cells of all arrays of a view together."""
LEAST, MOST = 24, 300
"""Cells along a side of one map, however many maps there are."""
LOOKS = 60
"""Words under which a picture is shown."""
Shown = Literal["each", "mean"]
Rolled = tuple[Floats, Axis, Axis, str]
"""A rollout, its rows and columns, and what to write below it."""


class AttentionView(Viewer):
    """Attention weights [heads, target, source] of everything that attends, their entropy, and their rollout.

    only   the parts to look at, a pattern of their paths (`decoder.*`)
    heads  each: a map for each head and one of their mean; mean: that alone
    """

    name = "attention"
    about = (
        "Where the model looked. A row is a step that looks, a column a step that is looked at; a row of a head sums "
        "to 1. Entropy is -sum w ln w of a row in nats, averaged over rows, and its share of ln n, where n places can "
        "be seen: 1 looks everywhere alike, 0 at one place. Rollout (Abnar & Zuidema 2020) multiplies the layers, each "
        "half attention (mean of heads) and half itself, into how much of each input is left at the top."
    )

    def __init__(self, *, only: str = "*", heads: Shown = "each") -> None:
        self.only, self.heads = only, heads

    def refusal(self, subject: Subject) -> str | None:
        """Say that nothing attends, or nothing of that name."""
        model = subject.run.model
        paths = attention_parts(model)
        if not paths:
            fixes = ["-s bridge=attention"] if model.encoder is not None and model.decoder is not None else []
            fixes += ["-s encoder=transformer"] if model.encoder is not None else []
            fixes += ["-s decoder=transformer"] if model.decoder is not None else []
            return f"nothing in this model looks at anything by attention; train with {' or '.join(fixes)}."
        if not self._chosen(list(paths)):
            return f"attention.only={self.only} names no attention of this model: {', '.join(paths)}."
        return None

    def view(self, subject: Subject, say: Say) -> View:
        """Look at all weights of one row."""
        every = attended(subject)
        found = [one for one in every if fnmatchcase(one.path, self.only)]
        rolled, notes = _rollouts(every) if self.only == "*" else ({}, [])
        count = sum(1 if self.heads == "mean" or len(one.weights) == 1 else 1 + len(one.weights) for one in found)
        side = int(np.clip((CELLS / max(1, count + len(rolled))) ** 0.5, LEAST, MOST))
        figures: list[Figure] = []
        values: dict[str, NDArray[Any]] = {}
        share = min(1.0, (ARRAYS / max(1, sum(one.weights.size for one in found))) ** 0.5)
        if share < 1:
            notes.append(f"the arrays are thinned to {share:.0%} of the rows and of the columns of each map.")
        for one in found:
            rows, columns = (even(length, int(length * share)) for length in one.weights.shape[1:])
            values[one.path] = one.weights if share == 1 else mapped(one.weights, rows, columns)
            values[f"{one.path}:entropy"] = one.nats
        for one in sorted(found, key=lambda one: one.kind == "self"):  # what is looked at in the source comes first
            figures += self._maps(one, subject, side)
        for name, (weights, down, across, caption) in rolled.items():
            values[f"rollout:{name}"] = weights
            figures.append(_map(f"rollout of the {name}", weights, down, across, None, None, side, caption))
            figures += _received(f"rollout of the {name}", weights[None], across, subject)
        figures += _entropies(found)
        notes += _notes(found, side)
        return View(self.name, self.about, values, {"parts": [_facts(one) for one in found]}, figures, notes)

    def _chosen(self, paths: Sequence[str]) -> list[str]:
        return [path for path in paths if fnmatchcase(path, self.only)]

    def _maps(self, one: Attended, subject: Subject, side: int) -> list[Figure]:
        """Draw an attention: over a picture where it is one, else as maps of words."""
        count = len(one.weights)
        if one.kind != "self" and (looks := _looks(one, subject)):
            return looks
        wanted = {"": one.weights[0]} if count == 1 else {f" · mean of {count} heads": one.weights.mean(0)}
        if self.heads == "each" and count > 1:
            wanted |= {f" · head {number} of {count}": head for number, head in enumerate(one.weights, 1)}
        drawn: list[Figure] = [
            _map(one.title + name, weights, one.rows, one.columns, one.row_spans, one.column_spans, side, one.path)
            for name, weights in wanted.items()
        ]
        return drawn + (_received(one.title, one.weights, one.columns, subject) if one.kind == "self" else [])


def _map(
    title: str,
    weights: NDArray[np.floating],
    rows: Axis,
    columns: Axis,
    row_spans: Sequence[tuple[int, int]] | None,
    column_spans: Sequence[tuple[int, int]] | None,
    side: int,
    caption: str,
) -> Heat:
    """Draw one map, pieces put together to words, and neighbours to one cell where there are too many."""
    row_names, column_names = named(rows.tokens, row_spans or []), named(columns.tokens, column_spans or [])
    if row_spans is None:
        weights, row_names = mapped(weights, rows.spans, even(weights.shape[1], weights.shape[1])), [*rows.merged]
    if column_spans is None:
        weights = mapped(weights, even(len(weights), len(weights)), columns.spans)
        column_names = [*columns.merged]
    down, across = even(len(row_names), side), even(len(column_names), side)
    weights = mapped(weights, down, across)
    names = named(row_names, down), named(column_names, across)
    return Heat(title, weights, *names, "looks", "at", low=0.0, caption=caption)


def _looks(one: Attended, subject: Subject) -> list[Figure]:
    """Draw what each word looked at over the picture, the mean over heads."""
    grid, picture = one.columns.grid, _picture(subject)
    if grid is None or picture is None or one.thinned:
        return []
    weights = mapped(one.weights.mean(0), one.rows.spans, even(len(one.columns), len(one.columns)))[:LOOKS]
    words = list(one.rows.merged)[:LOOKS]
    told = f"{one.title} · mean of {len(one.weights)} heads" if len(one.weights) > 1 else one.title
    return [Shaded(told, Look(picture, weights.reshape(-1, *grid), words, subject.answer), one.path)]


def _received(title: str, weights: NDArray[np.floating], columns: Axis, subject: Subject) -> list[Figure]:
    """Draw over the picture what each place receives from all others, in each head."""
    grid, picture = columns.grid, _picture(subject)
    if grid is None or picture is None or weights.shape[-1] != len(columns):
        return []
    seen = weights.mean(-2, dtype=np.float64).reshape(-1, *grid)
    words = [f"head {number}" for number in range(1, len(seen) + 1)] if len(seen) > 1 else ["all"]
    return [Shaded(f"{title}: received from all places", Look(picture, seen, words, subject.answer))]


def _picture(subject: Subject) -> NDArray[Any] | None:
    raw = subject.raw
    return raw if isinstance(raw, np.ndarray) and raw.ndim in (2, 3) and raw.shape[2:] in ((), (1,), (3,)) else None


def _entropies(found: Sequence[Attended]) -> list[Figure]:
    """Draw how evenly each head looks."""
    named_heads = [(one, head) for one in found for head in range(len(one.nats))]
    each = [_mean(shares(one.nats[head : head + 1], one.seen)) for one, head in named_heads]
    drawn = [(one, head, share) for (one, head), share in zip(named_heads, each, strict=True) if share is not None]
    if not drawn:
        return []
    return [
        Bars(
            "how evenly each head looks",
            [f"{one.title} · head {head + 1}" for one, head, _ in drawn],
            np.array([share for _, _, share in drawn]),
            "entropy as a share of ln n",
            groups=[one.title for one, _, _ in drawn],
            caption="1: at all places alike; 0: at one place",
        )
    ]


def _facts(one: Attended) -> dict[str, Any]:
    evenly = shares(one.nats, one.seen)
    return {
        "path": one.path,
        "what": one.title,
        "heads": len(one.nats),
        "rows": len(one.rows),
        "columns": len(one.columns),
        "entropy_nats": [_mean(head[one.seen > 0]) for head in one.nats],
        "entropy_share": [_mean(head) for head in evenly],
    }


def _mean(values: NDArray[np.floating]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _rollouts(found: Sequence[Attended]) -> tuple[dict[str, Rolled], list[str]]:
    """Roll out the stacks: of the encoder, of what stands beside, of the decoder over what it heard and was read."""
    made: dict[str, Rolled] = {}
    stacks: dict[str, list[Attended]] = {}
    for one in found:
        if one.kind == "self":
            stacks.setdefault(one.path.split(".stack.")[0], []).append(one)
    if any(one.thinned for stack in stacks.values() for one in stack):
        return {}, [f"no rollout: it multiplies whole maps, which have more than {DRAWN:,} steps here."]
    for name, stack in stacks.items():
        if name != "decoder":
            axis = stack[0].rows
            made[name] = rollout([one.weights for one in stack]), axis, axis, "R = A_L ... A_1, A = 0.5 W + 0.5 I"
    if "decoder" in stacks:
        own = stacks["decoder"]
        cross = {one.path.split(".cross.")[0]: one for one in found if ".cross." in one.path}
        looks = [cross.get(one.path.split(".attention.")[0]) for one in own]
        first = next((one for one in looks if one is not None), None)
        if first is not None and first.thinned:
            return made, [f"no rollout of the decoder: it reads more than {DRAWN:,} places."]
        read = made["encoder"][0] if "encoder" in made else None
        if first is not None and read is not None and read.shape[-1] != first.weights.shape[-1]:
            read = None  # a fuse stands between
        reads = [None if one is None else one.weights for one in looks]
        heard, seen = rollout_decoder([one.weights for one in own], reads, read)
        axis, told = own[0].rows, "R = A_L ... A_1, A = 0.5 W + 0.5 I"
        if first is not None:
            told += "; reading the source is one more such step, so that a row and its row of the other map sum to 1"
            made["decoder over what was read"] = seen, first.rows, first.columns, told
        made["decoder over what it heard"] = heard, axis, axis, told
    return made, []


def _notes(found: Sequence[Attended], side: int) -> list[str]:
    """Say what was put together to be drawn."""
    notes = []
    axes = [axis for one in found for axis in (one.rows, one.columns)]
    if any(len(axis.merged) < len(axis) for axis in axes):
        notes.append(
            "pieces are put together to words before they are drawn: a word receives what its pieces receive (a sum), "
            "and looks as its pieces do on average. The arrays have every piece."
        )
    long = max((len(axis) for axis in axes), default=0)
    if any(one.thinned for one in found):
        notes.append(f"{long:,} steps are thinned to {DRAWN:,} in the arrays: sums of columns, means of rows.")
    if any(len(axis.merged) > side for axis in axes):
        notes.append(f"a map has at most {side} x {side} cells: neighbours share one, named by its first and last.")
    if any(one.kind == "fuse" or one.kind == "cross" for one in found) and any(one.columns.grid for one in found):
        notes.append("over a picture the mean of the heads is drawn; the arrays have each.")
    return notes
