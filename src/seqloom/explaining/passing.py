"""Passing over a file: what a run's states and answers are on many rows, a sample where there are more."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.numbers import Numbers
from seqloom.errors import InputError
from seqloom.explaining.reading_back import Heard
from seqloom.explaining.recurrent import Place, places
from seqloom.explaining.row_quality import row_quality
from seqloom.metrics.edits import distance
from seqloom.model import SequenceModel
from seqloom.ops.lengths import flip
from seqloom.tape import Tape
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pair_rows import read_pairs
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.task import Say
from seqloom.training.run import Run

STEPS = 12_000
"""Steps whose states are kept, at most."""
Floats = NDArray[np.float64]


@dataclass(eq=False)
class Passed:
    """What was found on some rows of a file.

    lengths  [rows] steps of the source as the encoder reads them; empty where there is no source
    quality  by head: what is measured, and sums and counts [rows]
    heard    the states of one cell and what it read; None where nothing is recurrent
    place    that cell
    some     whether the file has more rows than these
    """

    lengths: list[int] = field(default_factory=list)
    quality: dict[str, tuple[str, Floats, Floats]] = field(default_factory=dict)
    heard: Heard | None = None
    place: Place | None = None
    some: bool = False


def pass_over(run: Run, path: str, rows: int, seed: int, say: Say) -> Passed:
    """Run the rows of a file, `rows` of them or little more, chosen by whole batches. Raises InputError for a file that
    cannot be evaluated on."""
    model, device = run.model, run.device
    data = run.task.evaluation(path, say, model.carries)
    keys = list(data.order(0))
    place = carrier(model)
    found, count, steps = Passed(place=place), 0, 0
    parts: list[tuple[Floats, NDArray[Any], NDArray[np.int64]]] = []
    qualities: dict[str, tuple[str, list[Tensor], list[Tensor]]] = {}
    order = np.random.default_rng(seed).permutation(len(keys)).tolist()
    for number, chosen in enumerate(order):
        if count >= rows:
            found.some = True
            break
        say(f"bottleneck: {count} rows, batch {number + 1} of {len(order)}")
        batch = data.load(keys[chosen]).to(device)
        outputs, states = _run(model, batch, place if steps < STEPS else None)
        judged = row_quality(model, outputs, batch)
        for name, (what, sums, counts) in judged.items():
            kept = qualities.setdefault(name, (what, [], []))
            kept[1].append(sums)
            kept[2].append(counts)
        here = max((len(sums) for _, sums, _ in judged.values()), default=0)
        found.lengths += lengths_of(model, batch)
        if states is not None:
            for values, read in states:
                parts.append((values, read, np.full(len(values), len(parts), np.int64)))
                steps += len(values)
        count += here
    if not count:
        raise InputError(f"{path}: no row of it has an answer to compare with.")
    found.quality = {
        name: (what, torch.cat(sums).numpy(), torch.cat(counts).numpy())
        for name, (what, sums, counts) in qualities.items()
    }
    if parts:
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        found.heard = Heard(joined[0], joined[1], joined[2])
    return found


def own_answers(run: Run, path: str, most: int, seed: int, say: Say) -> tuple[list[int], Floats]:
    """Return of `most` pairs of a file the steps of the source, and how near the run's own answer (greedy) comes to the
    target: 1 less their edits for each letter of the longer one. Nothing for a run that writes no text to a text."""
    task = run.task
    if (
        not most
        or not isinstance(task, PairTask)
        or isinstance(task, MediaPairTask)
        or isinstance(task.source, Numbers)
    ):
        return [], np.zeros(0)
    pairs = read_pairs(task.spec, path, task.usual, say)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(pairs))[:most]).tolist()
    picked = [pairs[row] for row in chosen]
    lengths = [min(length, task.coder.longest) + 1 for length in task.coder.lengths([one.source for one in picked])]
    say(f"bottleneck: {len(picked)} answers")
    rows = [one.source[0] if len(one.source) == 1 else one.source for one in picked]
    near = []
    for one, answer in zip(picked, run.predict(rows, beam=1), strict=True):
        longest = max(len(one.target), len(answer.text))
        near.append(1 - distance(answer.text, one.target) / longest if longest else 1.0)
    return lengths, np.array(near)


def carrier(model: SequenceModel) -> Place | None:
    """Return the cell whose State carries what was read: the top one that reads the source forwards at every step (or
    backwards, where none does), or the top one of a decoder without a source; None where nothing is recurrent."""
    part = "encoder" if model.encoder is not None else "decoder"
    found = [one for one in places(model) if one.path.split(".")[0] == part]
    if any(".layers." in one.path for one in found):  # a pyramid: only its bottom layer reads every step
        found = [one for one in found if ".layers.0." in one.path]
    ahead = [one for one in found if one.way != "backwards"]
    return (ahead or found or [None])[-1]  # type: ignore[list-item]


def lengths_of(model: SequenceModel, batch: Batch) -> list[int]:
    """Return the steps that the encoder reads for each answer of a batch; none without an encoder."""
    source = batch.inputs.get("source")
    if source is None or source.mask is None or model.source is None:
        return []
    lengths = model.source.steps(source.mask).sum(1)
    if "which" in batch.inputs:
        lengths = lengths[batch.inputs["which"].values]
    told: list[int] = lengths.tolist()
    return told


def _run(
    model: SequenceModel, batch: Batch, place: Place | None
) -> tuple[dict[str, Tensor], list[tuple[Floats, NDArray[Any]]] | None]:
    """Run a batch; return the outputs and, of the cell, (states [steps, size], what it read) of each row, in the order
    in which it reads."""
    with torch.no_grad():
        if place is None:
            return model(batch)[0], None
        side = "source" if place.path.startswith("encoder") else "target"
        paths = f"{place.path}.h", f"{side}.vectors"
        with Tape(model, only=paths) as tape:
            outputs: dict[str, Tensor] = model(batch)[0]
    if any(path not in tape for path in paths):
        return outputs, None
    return outputs, list(_rows(model, batch, side, tape[paths[0]], tape[paths[1]], place.way == "backwards"))


def _rows(
    model: SequenceModel, batch: Batch, side: str, states: Tensor, vectors: Tensor, turned: bool
) -> Iterator[tuple[Floats, NDArray[Any]]]:
    given = batch.inputs[side]
    mask = given.mask
    if mask is None:
        mask = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
    elif side == "source" and model.source is not None:
        mask = model.source.steps(mask)
    if mask.shape != states.shape[:2]:
        return
    read = vectors
    if not given.values.is_floating_point():
        read = given.values if given.values.dim() == 2 else given.values[..., 0]
    if turned:
        states, read = flip(states, mask), flip(read, mask)
    for row, length in enumerate(mask.sum(1).tolist()):
        kind = np.float64 if read.is_floating_point() else np.int64
        yield states[row, :length].double().cpu().numpy(), read[row, :length].cpu().numpy().astype(kind)
