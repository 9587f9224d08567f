"""The model card of a run: what it is for, what it learnt from, what was measured of its limits; plain facts only.

After Mitchell et al. 2019 (arXiv:1810.03993), without what only a person knows: intended users, ethics.
"""

from collections import Counter
from typing import Any

import numpy as np

from seqloom.explaining.by_length import change, interval
from seqloom.pages.run_look import Look
from seqloom.pages.run_measures import share_interval
from seqloom.report.figures import Section, Table
from seqloom.tasks.classify import Classify
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.regress import Regress
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_series import TagSeries
from seqloom.training.run import Run

NAMED = 12
"""Labels that are named."""
RARE = 10
"""Rows of a label below which training is said to have few of it."""


def card(run: Run, look: Look | None, on: str) -> Section:
    """Return the part of a page that says what a run is for; `on` is what it was measured on."""
    spec, model = run.spec, run.model
    rows: list[tuple[str, str]] = [
        ("task", f"{spec.task}: {run.task.about}"),
        ("architecture", f"{spec.arch or 'custom'}, {model.parameter_count():,} weights that learn"),
        ("reads", reads(run)),
        ("tells", tells(run)),
        ("learnt from", learnt_from(run)),
        ("weights chosen on", _chosen(run)),
        ("measured on", on),
        ("streams", "yes: it can answer while it reads" if model.causal else "no: it reads a row to its end first"),
    ]
    return Section(
        "Model card",
        "What this model is for and what was measured of its limits.",
        [Table("", ("what", "is"), rows)],
        [] if look is None else limits(run, look),
    )


def reads(run: Run) -> str:
    """Say what the model reads."""
    spec = run.spec
    source = spec.source
    if source is None:
        return f"text, as {spec.target.tokens if spec.target else 'tokens'}"
    named = source.column
    column = ", ".join(named) if isinstance(named, list) else str(named or "")
    kind = {
        "series": "numbers over time",
        "vector": "numbers",
        "kmer": "DNA",
        "image": "pictures",
        "audio": "recordings",
        "video": "films",
    }
    what = kind.get(source.tokens, f"text, as {source.tokens}")
    longest = f", cut at {source.max_length} tokens" if source.max_length else ""
    return f"{what}{f' (column {column})' if column else ''}{longest}"


def tells(run: Run) -> str:
    """Say what the model tells."""
    task = run.task
    labels = (
        task.labels if isinstance(task, Classify | TagSeries) else list(task.tags) if isinstance(task, Tag) else None
    )
    if labels is not None:
        more = f", ... ({len(labels)} in all)" if len(labels) > NAMED else f" ({len(labels)})"
        return ", ".join(str(one) for one in labels[:NAMED]) + more
    if isinstance(task, Regress):
        return f"a number; those of training have mean {task.scale.mean:.4g} and deviation {task.scale.deviation:.4g}"
    if isinstance(task, PairTask):
        return f"a text, as {run.spec.target.tokens if run.spec.target else 'tokens'}"
    if run.spec.series is not None and run.spec.series.values:
        said = run.spec.series
        return f"the next {said.horizon} steps of {', '.join((said.values or [])[:NAMED])}"
    return "what comes next"


def limits(run: Run, look: Look) -> list[str]:
    """Return what was measured of a run's limits, a sentence each."""
    found = []
    lengths = look.lengths()
    if len(lengths):
        found.append(
            f"The rows it was measured on have {lengths.min():,} to {lengths.max():,} steps (median "
            f"{int(np.median(lengths)):,}). Nothing is known of others."
        )
    found += _weak_labels(look)
    found += _sure(look)
    sums, counts = look.rights()
    if len(sums) and (counts > 0).sum() >= 10:
        moved = change(lengths[counts > 0], sums[counts > 0], counts[counts > 0], 8)
        if moved is not None and (moved[1] > 0 or moved[2] < 0):
            found.append(
                f"Length matters: from the shortest to the longest rows the {look.quality} changes by {moved[0]:+.3g}."
            )
    counted = getattr(run.task, "counts", None)
    if isinstance(run.task, Classify) and counted is not None:
        rare = [name for name, count in zip(run.task.labels, counted, strict=True) if count < RARE]
        if rare:
            some = ", ".join(rare[:NAMED]) + (", ..." if len(rare) > NAMED else "")
            found.append(f"{len(rare)} labels have fewer than {RARE} rows of training: {some}.")
    if len(look.rows) < 30:
        found.append(f"It was measured on {len(look.rows)} rows, which is too few to say much.")
    found.append("All of this is of data like its training data. How it does on other data, nobody has measured here.")
    return found


def _weak_labels(look: Look) -> list[str]:
    """Say which label is told worst, where rows are enough to say so."""
    told, true = look.arrays.get("probabilities"), look.arrays.get("true")
    labels = look.details.get("labels", ())
    if told is None or true is None or true.ndim != 1 or len(labels) < 2:
        return []
    right = (told.argmax(1) == true).astype(np.float64)
    counts = Counter(true.astype(int).tolist())
    enough = [label for label, count in counts.items() if count >= RARE]
    if len(enough) < 2:
        return []
    worst = min(enough, key=lambda label: right[true == label].mean())
    low, high = share_interval(right[true == worst])
    return [
        f"The label told worst is {labels[worst]}: {right[true == worst].mean():.1%} of its {counts[worst]:,} rows are "
        f"right ({low:.1%} to {high:.1%})."
    ]


def _sure(look: Look) -> list[str]:
    """Say whether the model is too sure of itself."""
    told, true = look.arrays.get("probabilities"), look.arrays.get("true")
    if told is None or true is None or true.ndim != 1 or len(true) < 30:
        return []
    gap = told.max(1) - (told.argmax(1) == true)
    low, high = interval(gap, np.ones(len(gap)))
    if low <= 0 <= high:
        return ["On the whole it is as sure of itself as it is right, as far as these rows tell."]
    way = "too sure of itself" if low > 0 else "less sure of itself than it could be"
    sure, right = told.max(1).mean(), (told.argmax(1) == true).mean()
    return [f"It is {way}: it gives {sure:.1%} on average, and {right:.1%} of its answers are right."]


def learnt_from(run: Run) -> str:
    """Say what a run learnt from, and how many rows of each label that was."""
    task, train = run.task, run.spec.data.train
    if isinstance(task, Classify):
        some = sorted(zip(task.labels, task.counts, strict=True), key=lambda one: -one[1])
        told = ", ".join(f"{label} {count:,}" for label, count in some[:NAMED]) + (", ..." if len(some) > NAMED else "")
        return f"{train}: {sum(task.counts):,} labels ({told})"
    return str(train)


def _chosen(run: Run) -> str:
    data = run.spec.data
    if not data.valid:
        return "nothing: there was no validation, and the last weights were kept"
    share: Any = data.valid
    held = data.valid if isinstance(data.valid, str) else f"{share:.0%} of the training file"
    return f"{held}, by {run.spec.fit.metric}"
