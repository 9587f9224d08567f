"""Gradients: how strongly the score would change with the state at each step, by backward under a Tape.

What is measured is the total derivative of the score by a value as the model computes it, through everything that is
later made of it. h_t is read by the next step, by the layer above, by attention and by heads. c_t is read by the next
step and, in the same step, by h_t = o_t tanh(c_t): so dL/dc_t counts what goes through h_t as well, and dL/dh_t takes
c_t as it is. (The view `jacobian` asks something else: of h and c as two inputs of the next step.)

Memory is bounded: of each direction the last `window` steps that it reads are followed, and what comes before them is
cut off, as truncated backpropagation does.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqloom.explaining.recurrent import Floats, Place, cut, none_of, plain, read_in_order, running, shown
from seqloom.explaining.subject import Subject
from seqloom.explaining.thinning import averaged
from seqloom.explaining.view import View, Viewer
from seqloom.report.figures import Figure, Heat, Line, Lines, Table
from seqloom.table import Count
from seqloom.tape import Patch, Tape
from seqloom.tasks.task import Say


class GradientsView(Viewer):
    """The norm of the gradient of the score by h, and c, of every layer and direction at every step.

    values  PATH.h and PATH.c [steps]: the Euclidean norm over units, in units of the score (nats where it is a log
            probability) per unit of the state; NaN where it is not followed
    """

    name = "gradients"
    about = (
        "The norm of the derivative of the score by the state of each layer at each step: where it is small, what the "
        "model knew then hardly bears on the answer, and learning would hardly hear of it. That of c counts what goes "
        "through h of the same step too."
    )

    def __init__(self, *, window: Count = 1000) -> None:
        self.window = window

    def refusal(self, subject: Subject) -> str | None:
        """Refuse a model without recurrence."""
        return none_of(subject, "gradients by states")

    def view(self, subject: Subject, say: Say) -> View:
        """Run forwards and back once."""
        say("gradients by the states")
        norms, followed, reached = state_gradients(subject, self.window)
        values: dict[str, Floats] = {}
        facts: dict[str, Any] = {"score": subject.score_name, "reached": reached, "states": {}}
        notes: list[str] = []
        rows: list[list[str | int | float | None]] = []
        drawn: dict[tuple[str, int], list[tuple[Place, str, Floats]]] = {}
        for place in running(subject):
            for part in place.cell.parts:
                path = f"{place.path}.{part}"
                if path not in norms:
                    continue
                norm = norms[path]
                spans, _, said = shown(subject.axis(place.path, len(norm)))
                notes += [one for one in said if one not in notes]
                values[path] = averaged(norm, spans, 0)
                found = _summary(norm)
                facts["states"][path] = {"title": place.title, "part": part, "steps": len(norm), **found}
                rows.append([f"{place.title}: {part}", *found.values()])
                drawn.setdefault((subject.side(place.path), len(norm)), []).append((place, part, values[path]))
        if any(len(norm) > followed for norm in norms.values()):
            notes.append(
                f"Of a row this long the last {followed} steps that each direction reads are followed; what flows "
                "through steps before them is cut off (window)."
            )
        if not reached:
            notes.append("The score does not depend on any state that was followed: all gradients are 0.")
        figures = [figure for lines in drawn.values() for figure in _figures(subject, lines)]
        return View(self.name, self.about, values, facts, [*figures, _table(rows, subject.score_name)], notes)


def state_gradients(subject: Subject, window: int) -> tuple[dict[str, Floats], int, bool]:
    """Return by path the norm of dL/dh_t (and c_t) for every step [time] in input order, NaN where it was not followed,
    how many steps were followed at most, and whether the score depends on any state.

    No weight takes part: weights need no gradient meanwhile, and each state that is followed begins to need one where
    the direction comes within `window` of its end. Before that it is cut from what made it.
    """
    model = subject.run.model
    paths = {f"{place.path}.{part}": place for place in running(subject) for part in place.cell.parts}
    counted: Counter[str] = Counter()

    def counting(path: str) -> Callable[[Tensor], Tensor]:
        def count(value: Tensor) -> Tensor:
            counted[path] += 1
            return value

        return count

    with torch.no_grad(), Patch(model, {f"{place.path}.h": counting(place.path) for place in running(subject)}):
        subject.forward()
    starts = {path: _Following(counted[place.path] - window) for path, place in paths.items() if counted[place.path]}
    with torch.enable_grad(), _without_gradients(model), Patch(model, starts), Tape(model, tuple(starts), True) as tape:
        score = subject.score(subject.forward())
        reached = score.requires_grad
        if reached:
            score.backward()
        found = {}
        for path in starts:
            grad = tape[path].grad
            assert grad is not None
            norm = cut(subject, paths[path], grad[0].float().norm(dim=-1).cpu().numpy()).astype(np.float64)
            ordered = read_in_order(norm, paths[path])
            ordered[: max(0, starts[path].first)] = np.nan
            found[path] = norm
        tape.clear()
    return found, window, reached


class _Following:
    """Cuts a state from its past up to a step, and lets its gradient be kept from there on."""

    def __init__(self, first: int) -> None:
        self.first, self.step = first, 0

    def __call__(self, value: Tensor) -> Tensor:
        self.step += 1
        if self.step <= self.first:
            return value.detach()
        return value if value.requires_grad else value.detach().requires_grad_()


@contextmanager
def _without_gradients(model: nn.Module) -> Iterator[None]:
    """Let no weight need a gradient for a while."""
    learning = [one for one in model.parameters() if one.requires_grad]
    for one in learning:
        one.requires_grad_(False)
    try:
        yield
    finally:
        for one in learning:
            one.requires_grad_(True)


def _summary(norm: Floats) -> dict[str, float | int | None]:
    """Say how large it is at the row's ends, and where it is largest (a step from 1); None where it is not followed."""
    top = None if np.isnan(norm).all() else int(np.nanargmax(norm))
    return {
        "first_step": plain(norm[0]),
        "last_step": plain(norm[-1]),
        "largest": None if top is None else plain(norm[top]),
        "largest_at": None if top is None else top + 1,
    }


def _figures(subject: Subject, lines: list[tuple[Place, str, Floats]]) -> list[Figure]:
    """Draw the states of one time axis together: as lines, and as a map."""
    place, _, norm = lines[0]
    side = subject.side(place.path)
    length = len(norm)
    _, names, _ = shown(subject.axis(place.path, length))
    x = np.arange(length, dtype=np.float64)
    drawn = [Line(f"{one.title}: {part}", x, _positive(norm)) for one, part, norm in lines]
    title = f"Gradient of the score by the states ({side})"
    caption = "On a straight line the gradient shrinks or grows by the same factor at every step. A gap is 0."
    together = Lines(title, drawn, "step", "norm of the gradient", y_scale="log", ticks=names, caption=caption)
    if len(lines) < 2:
        return [together]
    with np.errstate(divide="ignore", invalid="ignore"):
        grid = np.log10(np.stack([_positive(norm) for _, _, norm in lines]))
    rows = [f"{part}, {one.short}" for one, part, _ in lines]
    return [together, Heat(f"{title}, log10", grid, rows, names, "state", "step", caption="Empty where it is 0.")]


def _table(rows: list[list[str | int | float | None]], score: str) -> Table:
    columns = ("state", "at the first step", "at the last step", "largest", "at step")
    return Table("How large it is", columns, rows, f"Norms of the derivative of {score}.")


def _positive(norm: Floats) -> Floats:
    return np.where(norm > 0, norm, np.nan)
