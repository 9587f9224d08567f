"""What a language model writes, and which parts of a text surprise it."""

from collections import defaultdict
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from seqloom.pages.run_look import thinned
from seqloom.report.figures import Figure, Marked, Section, Table
from seqloom.state import State
from seqloom.tasks.language import Language
from seqloom.tasks.task import Data
from seqloom.training.run import Run

PASSAGE, WINDOWS, HARDEST = 120, 16, 15
"""Tokens of a passage that is shown, windows looked at, tokens named."""
WRITTEN = 200
"""Tokens of a sample."""


def texts_part(run: Run, task: Language, data: Data) -> Section:
    """Return the part of a page on what a run writes and reads."""
    figures: list[Figure] = []
    rows = []
    for temperature in (0.7, 1.0):
        text = "".join(one.text for one in run.generate("", length=WRITTEN, temperature=temperature))
        rows.append((temperature, text))
    figures.append(Table("Written from nothing", ("temperature", "text"), rows))
    passages, hard = _surprises(run, data)
    token = task.vocabulary.token
    glued = task.vocabulary.kind != "word"
    for title, (ids, nats) in passages.items():
        shown = ["\n" if one == task.vocabulary.newline else token(one) for one in ids]
        figures.append(
            Marked(
                title, shown, np.array(nats), [glued] * len(shown), caption="Nats of each token, given those before it."
            )
        )
    total = sum(sum(nats) for nats in hard.values()) or 1.0
    most = sorted(hard, key=lambda one: -sum(hard[one]))[:HARDEST]
    shares = [
        (token(one), len(hard[one]), round(float(np.mean(hard[one])), 4), f"{sum(hard[one]) / total:.1%}")
        for one in most
    ]
    columns = ("token", "times", "mean nats", "of all nats")
    figures.append(Table("Where the loss comes from", columns, shares, right=("of all nats",)))
    about = (
        "Texts that the run writes with nothing before them, passages of the held-out text in which tokens that it did "
        "not expect are marked, and the tokens that cost it most."
    )
    return Section("Texts", about, figures)


def passage(run: Run, task: Language, data: Data) -> str:
    """Return a short passage of the text, of median loss."""
    passages, _ = _surprises(run, data)
    ids, _ = list(passages.values())[-1]
    return task.vocabulary.decode(ids[: PASSAGE // 2])


def _surprises(run: Run, data: Data) -> tuple[dict[str, tuple[list[int], list[float]]], dict[int, list[float]]]:
    """Return the passage of the highest loss and that of the median, and the nats of each token by its id."""
    keys, _ = thinned(data, WINDOWS)
    state: State | None = None
    texts: dict[int, tuple[list[int], list[float]]] = {}
    hard: dict[int, list[float]] = defaultdict(list)
    with torch.no_grad():
        for number, key in enumerate(keys):
            batch = data.load(key).to(run.device)
            outputs, state = run.model(batch, state if data.carries else None)
            target: Any = batch.target["words"]
            each = cross_entropy(outputs["words"].float().transpose(1, 2), target.values, reduction="none").cpu()
            rows = zip(each, target.values.cpu(), target.mask.cpu(), strict=True)
            for track, (row, values, mask) in enumerate(rows):
                # windows of one track follow each other; those that start empty are texts of their own
                ids, nats = texts.setdefault(track if data.carries else number * len(each) + track, ([], []))
                ids += values[mask].tolist()
                nats += row[mask].tolist()
    passages: list[tuple[float, list[int], list[float]]] = []
    for ids, nats in texts.values():
        for one, value in zip(ids, nats, strict=True):
            hard[one].append(value)
        for at in range(0, len(ids), PASSAGE):
            part = nats[at : at + PASSAGE]
            if len(part) > PASSAGE // 2 or not at:
                passages.append((float(np.mean(part)), ids[at : at + PASSAGE], part))
    ranked = sorted(passages, key=lambda one: -one[0])
    found = {"The passage of the highest loss": ranked[0][1:]}
    if len(ranked) > 2:
        found["A passage of median loss"] = ranked[len(ranked) // 2][1:]
    return found, hard
