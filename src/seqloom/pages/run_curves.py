"""Curves of a training: loss, the metric that chose the weights, learning rate and gradient, from its events."""

from collections.abc import Sequence

import numpy as np

from seqloom.pages.run_events import Events, Record, duration
from seqloom.report.figures import Figure, Line, Lines, Section

SKIPPED = 5
"""Batches without a step that are named."""


def curves(events: Events, metric: str) -> Section | None:
    """Return the part of a page that shows how a run learnt; None where no event is kept."""
    steps, valids = events.of("step"), events.of("valid")
    if not steps and not valids:
        return None
    trained = [line for line in [_line("training batch", steps, "loss")] if line is not None]
    told = [_line(name, valids, name, metrics=True) for name in dict.fromkeys(("loss", metric))]
    losses = [*trained, *([told[0]] if told[0] is not None else [])]
    best = [one for one in valids if one.get("best")]
    mark = [(float(best[-1]["step"]), "best")] if best else []
    figures: list[Figure] = []
    if losses:
        named = [Line("validation", line.x, line.y) if line.name == "loss" else line for line in losses]
        figures.append(Lines("Loss", named, "step", "loss", marks=mark))
    if metric != "loss" and len(told) > 1 and told[1] is not None:
        figures.append(Lines(f"Validation: {metric}", [told[1]], "step", metric, marks=mark))
    for key, title, scale in (("lr", "Learning rate", "linear"), ("grad_norm", "Gradient norm before clipping", "log")):
        line = _line(title.lower(), steps, key)
        if line is not None:
            shown = scale if (line.y > 0).all() else "linear"
            figures.append(Lines(title, [line], "step", key, y_scale=shown))  # type: ignore[arg-type]
    return Section("Training", _about(events), figures, _notes(events))


def _line(name: str, records: Sequence[Record], key: str, metrics: bool = False) -> Line | None:
    points = []
    for one in records:
        value = one.get("metrics", {}).get(key) if metrics else one.get(key)
        if isinstance(value, int | float) and isinstance(one.get("step"), int):
            points.append((float(one["step"]), float(value)))
    if not points:
        return None
    x, y = np.array(points).T
    return Line(name, x, y)


def _about(events: Events) -> str:
    end, last = events.last("finished"), events.last("step")
    said = []
    if end:
        said.append(
            f"{end.get('step', 0):,} steps, ended because: {end.get('reason')}; the weights kept are: "
            f"{end.get('shipped')}."
        )
    elif last:
        said.append(f"The training has not ended: the last step that was written down is {last.get('step', 0):,}.")
    seconds = events.seconds
    if seconds is not None:
        said.append(f"It took {duration(seconds)}.")
    rates = [float(one["tokens_per_second"]) for one in events.of("step") if one.get("tokens_per_second")]
    if rates:
        said.append(f"{np.median(rates):,.0f} tokens a second (median).")
    said.append("Lines of single batches are as they were logged, one in half a second at most.")
    return " ".join(said)


def _notes(events: Events) -> list[str]:
    notes = []
    resumed = [one.get("resumed_at") for one in events.of("started") if one.get("resumed_at") is not None]
    if resumed:
        notes.append(f"It was resumed {len(resumed)} times, at step {', '.join(f'{one:,}' for one in resumed)}.")
    skipped = events.of("skipped")
    if skipped:
        some = ", ".join(str(one.get("step")) for one in skipped[:SKIPPED])
        notes.append(f"{len(skipped)} batches gave numbers that are not finite and made no step: at step {some}.")
    if events.damaged:
        notes.append(f"{events.damaged} lines of events.jsonl cannot be read and are left out.")
    return notes
