"""Saliency: which inputs a score has to do with, by three methods beside each other; see attributing.py.

None of them is the truth: gradients are of the place where the row lies, integrated gradients depend on the baseline,
and an occluded input may be one that the model never saw. Where they agree, that can be relied on more.
"""

from collections.abc import Mapping
from itertools import combinations
from math import isfinite
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.explaining.attributing import (
    RULE,
    TOLERANCE,
    Integrated,
    Score,
    gradient_times_input,
    integrated_gradients,
    occluded,
)
from seqloom.explaining.inputs import Nothing, Read, baselines, heard, inputs_read, score_of
from seqloom.explaining.saliency_figures import drawn, per_step, strongest
from seqloom.explaining.subject import Subject
from seqloom.explaining.thinning import Spans, even
from seqloom.explaining.view import View, Viewer
from seqloom.table import Count
from seqloom.tasks.task import Say

POINTS, PARTS, WORK = 256, 100, 400_000
"""Passes of a method unless it is told how many; fewer where they would go over more steps than this in all."""
SAME = 1e-3
"""Scores that differ by less than this share of them (or of 1) are the same."""
CHANNELS = 8
"""Where a step has more numbers than this they are occluded together."""
Method = Literal["gradient", "integrated", "occlusion"]
METHODS: tuple[Method, ...] = ("gradient", "integrated", "occlusion")
Maps = dict[str, NDArray[np.float64]]


class SaliencyView(Viewer):
    """Attributions to every input that has steps: a number for each token, for each step and channel of a series or a
    sound, for each pixel of a picture (its channels added), for each frame and pixel of a film.

    Integrated gradients go along the way of one input at a time, the others as they are, as occlusion does: where two
    inputs are multiplied, and one of them is normalised, a way of both gives all to the other.

    method    one of them, or all
    baseline  what an input that says nothing is; see `Nothing`
    points    passes along the path of integrated gradients, at most; fewer where they are complete
    parts     passes of occlusion for each input, at most; a part is a word, a step or a square, and more of them where
              there are too many
              None of either: 256 and 100, fewer of rows of more than 1,500 and 4,000 steps (`WORK`)

    values  `SIDE.METHOD` [steps], [steps, channels], [height, width] or [frames, height, width]
    """

    name = "saliency"
    about = (
        "Which inputs mattered for the score: gradient x input, integrated gradients (Sundararajan et al. 2017) and "
        "occlusion. Above 0 an input speaks for the answer, below 0 against it; each is in the units of the score."
    )

    def __init__(
        self,
        *,
        method: Literal["all", "gradient", "integrated", "occlusion"] = "all",
        baseline: Nothing = "zero",
        points: Count | None = None,
        parts: Count | None = None,
    ) -> None:
        self.methods: tuple[Method, ...] = METHODS if method == "all" else (method,)
        self.baseline, self.points, self.parts = baseline, points, parts

    def refusal(self, subject: Subject) -> str | None:
        """Refuse a row without steps, and an answer of probability 0."""
        if not inputs_read(subject):
            return "this row has no step that the model reads, so that nothing of it can matter: give a row that has."
        if not isfinite(subject.told()):
            return f"{subject.score_name} is not finite, so that no input has a share of it: explain another answer."
        return None

    def view(self, subject: Subject, say: Say) -> View:
        """Attribute the score by each method. Raises InputError for a baseline that the row cannot have."""
        reads = inputs_read(subject)
        inputs, score = heard(subject, reads), score_of(subject, reads)
        nothing = baselines(subject, reads, inputs, self.baseline)
        room = WORK // max(sum(value.shape[1] for value in inputs.values()), 1)
        points = self.points or max(RULE, min(POINTS, room))
        most = self.parts or max(1, min(PARTS, room))
        values: Maps = {}
        facts: dict[str, Any] = {"score": subject.told(), "score_name": subject.score_name, "baseline": self.baseline}
        notes: list[str] = []
        for method in self.methods:
            say(f"saliency: {method}")
            if method == "gradient":
                found = gradient_times_input(score, inputs)
            elif method == "integrated":
                each = {side: _alone(score, inputs, nothing, side, points) for side in inputs}
                found = {side: one.attributions[side] for side, one in each.items()}
                facts["completeness"] = {side: _completeness(one) for side, one in each.items()}
                notes += [note for side, one in each.items() for note in _doubts(side, one, facts["score"])]
            else:
                parts = {side: parts_of(reads[side], value, most) for side, value in inputs.items()}
                notes += _merged(parts, reads)
                found = occluded(score, inputs, nothing, parts)
            for side, value in found.items():
                values[f"{side}.{method}"] = _map(reads[side], value)
        facts["strongest"] = {key: strongest(reads[key.split(".")[0]], value) for key, value in values.items()}
        facts["agreement"] = agreement(values)
        figures, more = drawn(subject, reads, values)
        notes += [*more, *_remarks(subject, reads, self.baseline)]
        return View(self.name, self.about, values, facts, figures, notes)


def parts_of(read: Read, value: Tensor, most: int) -> Tensor:
    """Number the parts of an input [1, time, ...] that are occluded one by one, `most` of them at most, in a shape that
    broadcasts to it: words, or several; steps by channel; squares of a picture; frames of a film."""
    time = value.shape[1]
    if read.discrete:
        words = read.axis.spans
        spans: Spans = [(words[start][0], words[end - 1][1]) for start, end in even(len(words), most)]
        return _numbered(spans, value.device).view(1, time, 1)
    if read.kind == "picture":
        side = max(1, int(most**0.5))
        down, across = (_numbered(even(size, side), value.device) for size in value.shape[1:3])
        return (down.view(-1, 1) * (int(across.max()) + 1) + across).view(1, *value.shape[1:3], 1)
    if read.kind == "numbers" and 1 < value.shape[2] <= min(CHANNELS, most):
        steps = _numbered(even(time, most // value.shape[2]), value.device)
        channels = torch.arange(value.shape[2], device=value.device)
        return (steps.view(-1, 1) * value.shape[2] + channels).unsqueeze(0)
    return _numbered(even(time, most), value.device).view(1, time, *[1] * (value.dim() - 2))


def agreement(values: Maps) -> dict[str, float | None]:
    """Return the rank correlation (Spearman 1904) of each two methods over the steps of each input; None where one of
    them tells no steps apart."""
    found: dict[str, float | None] = {}
    for one, other in combinations(values, 2):
        side, first = one.split(".")
        if other.split(".")[0] == side:
            a, b = _ranks(per_step(values[one])), _ranks(per_step(values[other]))
            flat = len(a) < 2 or not a.std() or not b.std()
            found[f"{side}: {first} and {other.split('.')[1]}"] = None if flat else float(np.corrcoef(a, b)[0, 1])
    return found


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks; those of equal values are their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[inverse].astype(np.float64)
    return ranks


def _numbered(spans: Spans, device: torch.device) -> Tensor:
    lengths = torch.tensor([end - start for start, end in spans])
    return torch.repeat_interleave(torch.arange(len(spans)), lengths).to(device)


def _map(read: Read, value: Tensor) -> NDArray[np.float64]:
    """Return an attribution [1, time, ...] as it is shown: channels of a series by themselves, else added up."""
    found = value[0].double().cpu()
    if read.kind != "numbers" or found.shape[1] == 1:
        found = found.sum(-1)
    if read.kind == "film" and found.shape[1:] == (1, 1):  # occluded frame by frame
        found = found[:, 0, 0]
    return np.asarray(found.numpy())


def _alone(
    score: Score, inputs: Mapping[str, Tensor], nothing: Mapping[str, Tensor], side: str, points: int
) -> Integrated:
    """Integrate along the way of one input, the others as they are."""
    return integrated_gradients(
        lambda one: score({**inputs, **one}), {side: inputs[side]}, {side: nothing[side]}, points
    )


def _completeness(told: Integrated) -> dict[str, Any]:
    facts = {"difference": told.difference, "sum": told.difference + told.error, "error": told.error}
    return {**facts, "tolerance": told.tolerance, "complete": told.complete, "points": told.points}


def _doubts(side: str, told: Integrated, score: float) -> list[str]:
    """Say what keeps integrated gradients from telling: a sum not complete, a baseline that answers the same."""
    if not told.complete:
        return [
            f"{side}: integrated gradients add up to {told.difference + told.error:.4g}, where the score differs from "
            f"the baseline's by {told.difference:.4g}: more than {TOLERANCE:.0%} of them is missing after "
            f"{told.points} points. Give more, such as -s saliency.points={4 * told.points}, or another baseline."
        ]
    if abs(told.difference) < SAME * max(abs(score), 1):
        return [
            f"{side}: with nothing in its place the score is the same, so that integrated gradients have little to "
            "share out: another baseline may tell more (-s saliency.baseline=mean)."
        ]
    return []


def _merged(parts: dict[str, Tensor], reads: dict[str, Read]) -> list[str]:
    """Say where several steps were occluded together."""
    notes = []
    for side, part in parts.items():
        count, full = int(part.max()) + 1, len(reads[side].axis.spans) if part.shape[1] == len(reads[side].axis) else 0
        if full > count:
            notes.append(
                f"{side}: {full} steps were occluded in {count} parts, each shared evenly by its steps; more with "
                "-s saliency.parts=N."
            )
    return notes


def _remarks(subject: Subject, reads: dict[str, Read], baseline: str) -> list[str]:
    notes = []
    words = {
        "zero": "the vector of padding, zeros",
        "mean": "the mean of the row's vectors",
        "unknown": "unknown tokens",
    }
    if any(one.discrete for one in reads.values()):
        notes.append(f"Tokens are compared to {words[baseline]}; another with -s saliency.baseline=zero|mean|unknown.")
    if "copy" in subject.batch.inputs:
        notes.append("A copied word is copied whatever its vector is: only what was read of it is attributed.")
    if subject.run.model.scaling is not None:
        notes.append("Numbers are attributed after their window's own scale, which stays as it is.")
    return notes
