"""Subjects: one row of any task, made ready to be explained."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from seqloom.batch import Batch
from seqloom.errors import InputError, nearest
from seqloom.explaining.axes import axis_of, axis_of_media, steps_read
from seqloom.explaining.scores import no_step, tag_ids, tag_score
from seqloom.explaining.subject import Axis, Outputs, Subject, numbered, told_short
from seqloom.explaining.subjects_forecast import forecast_subject
from seqloom.explaining.subjects_text import language_subject, pair_subject, tag_subject
from seqloom.explaining.unknown import unknown
from seqloom.heads.label import LabelHead
from seqloom.heads.numbers import NumberHead
from seqloom.heads.tags import TagsHead
from seqloom.tasks.asked import QUESTION
from seqloom.tasks.classify import Classify
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.language import Language
from seqloom.tasks.media_source import Decoded, MediaSource
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.regress import Regress
from seqloom.tasks.row_task import RowTask
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_series import StepRow, TagSeries
from seqloom.tasks.task import Task
from seqloom.tasks.text_source import TextSource
from seqloom.tasks.vqa import Vqa
from seqloom.training.run import Run


def subject_of(
    run: Run, row: Any, target: str | None = None, at: int | None = None, data: str | None = None
) -> Subject:
    """Make one row ready to be explained.

    row     what `run.predict` takes of this task; of a language model a text; of a forecast a file
    target  the answer to explain: a label, a text to be written, what comes next; None: the run's own answer
    at      of answers with steps (tags, text) the one to explain, from 1; None: all
    data    a file whose rows views may go through

    Raises InputError for a row that cannot be read, an answer that the run cannot give, and a step that is not there.
    """
    found = _made(run, row, target, at, data)
    return replace(found, notes=(*found.notes, *unknown(found)))


def _made(run: Run, row: Any, target: str | None, at: int | None, data: str | None) -> Subject:
    for kind, make in MAKERS:
        if isinstance(run.task, kind):
            return make(run, run.task, row, target, at, data)
    raise InputError(f"this run's task is {run.task.name}, of which no row can be explained yet.")


def _labelled(run: Run, task: Classify, row: Any, target: str | None, at: int | None, data: str | None) -> Subject:
    no_step(at, "a label")
    batch, axes, question, raw = _read(run, task, row)
    head = cast(LabelHead, run.model.heads["label"])
    (told,) = list(run.predict([row]))
    answer = target
    if answer is None:
        answer = (
            told.label if isinstance(told.label, str) else max(told.probabilities, key=told.probabilities.__getitem__)
        )
    if answer not in task.labels:
        raise InputError(f"this run has no label '{answer}'" + nearest(answer, task.labels))
    index = task.labels.index(answer)

    def score(outputs: Outputs) -> Tensor:
        logits = outputs["label"][0].float()
        if head.multilabel:
            return logsigmoid(logits[index])
        if head.binary:
            return logsigmoid(logits[0] if index else -logits[0])
        return logits.log_softmax(-1)[index]

    return Subject(run, batch, axes, question, answer, score, f"ln p({answer})", raw, data)


def _regressed(run: Run, task: Regress, row: Any, target: str | None, at: int | None, data: str | None) -> Subject:
    no_step(at, "one number")
    if target is not None:
        raise InputError(
            "this run tells a number, and what is explained is the number that it tells: leave out target."
        )
    batch, axes, question, raw = _read(run, task, row)
    head = cast(NumberHead, run.model.heads["number"])
    (told,) = list(run.predict([row]))

    def score(outputs: Outputs) -> Tensor:
        return (head.point(outputs["number"]).double() * task.scale.deviation + task.scale.mean).sum()

    return Subject(run, batch, axes, question, f"{told.number:.6g}", score, "the number told", raw, data)


def _stepped(run: Run, task: TagSeries, row: Any, target: str | None, at: int | None, data: str | None) -> Subject:
    batch, axes, question, raw = _read(run, task, row.values if isinstance(row, StepRow) else row)
    head = cast(TagsHead, run.model.heads["tags"])
    mask = batch.inputs["source"].mask
    assert mask is not None
    if target is None:
        with torch.no_grad():
            ids = head.tag(run.model(batch)[0]["tags"], mask)[0]
    else:
        ids = tag_ids(target.split(), task.labels, int(mask.sum()))
    labels = [task.labels[one] for one in ids]
    axes["answer"] = Axis(tuple(labels), kind="step")
    score, name = tag_score(head, "tags", ids, mask, at, labels)
    return Subject(run, batch, axes, question, " ".join(labels), score, name, raw, data)


def _read(run: Run, task: RowTask, row: Any) -> tuple[Batch, dict[str, Axis], str, Any]:
    """Return a row as the model reads it, what its steps are called, as a person reads it, and its raw numbers."""
    source, model = task.source, run.model
    if isinstance(task, Vqa):
        picture, question = _asked(row)
        raw = cast(MediaSource, source).opened(picture)
        batch = task.batch([(Decoded(_shown(picture, raw), raw), question)]).to(run.device)
        ids = task.encode([question])[0]
        axes = {
            "source": axis_of_media(model, batch.inputs["source"], "image"),
            QUESTION: axis_of(ids, task.questions, [question]),
        }
        return batch, axes, question, raw
    chunk = next(iter(source.chunks([row])))
    batch = task.batch(chunk).to(run.device)
    field = batch.inputs["source"]
    if isinstance(source, TextSource):
        assert field.mask is not None
        count = int(field.mask[0].sum())
        axes = {"source": axis_of(field.values[0, :count].tolist(), source.vocabulary, chunk[0])}
        return batch, axes, told_short(" | ".join(chunk[0])), None
    raw = chunk[0]
    shown = _shown(row, raw)
    if isinstance(source, MediaSource):
        return batch, {"source": axis_of_media(model, field, source.kind)}, shown, raw
    return batch, {"source": numbered(steps_read(model, field))}, shown, raw


def _asked(row: Any) -> tuple[Any, str]:
    if isinstance(row, str) or len(row) != 2 or not isinstance(row[1], str):
        raise InputError("a row of this run is a picture and a question about it: give both, the picture first.")
    return row[0], row[1]


def _shown(row: Any, raw: Any) -> str:
    return told_short(row) if isinstance(row, str) else f"an array {list(getattr(raw, 'shape', ()))}"


MAKERS: tuple[tuple[type[Task], Callable[..., Subject]], ...] = (
    (Language, language_subject),
    (PairTask, pair_subject),
    (Tag, tag_subject),
    (Forecasting, forecast_subject),
    (Classify, _labelled),
    (Regress, _regressed),
    (TagSeries, _stepped),
)
"""What makes the subjects of each kind of task."""
