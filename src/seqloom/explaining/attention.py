"""Attention: where a run looked in its source for each token that it wrote."""

from seqloom.data.numbers import Numbers
from seqloom.errors import InputError
from seqloom.explaining.attended import attended
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.thinning import even, named
from seqloom.heads.copy import CopyHead
from seqloom.layers.reader import Reader
from seqloom.model import SequenceModel
from seqloom.report.attention_map import AttentionMap
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pairs import PairTask
from seqloom.training.run import Run


def attention(run: Run, source: str, target: str | None = None) -> list[AttentionMap]:
    """Return what each part of the decoder that reads the source looked at, a map a part with all its heads.

    The model hears the tokens of `target` (None: its own best answer) and a row is the step that should write the next.
    A map's title is the part's path in the model. Raises InputError for a run that does not look at a source.
    """
    task = run.task
    if not isinstance(task, PairTask):
        raise InputError(f"this run's task is {task.name}, which writes no answer to a source.")
    if isinstance(task, MediaPairTask):
        raise InputError(f"this run reads {task.media.kind}; of pictures `looking` shows where it looked.")
    if len(task.columns) > 1:
        raise InputError(f"a row of this run has {len(task.columns)} texts; attention is drawn over one.")
    if isinstance(task.source, Numbers):
        raise InputError("this run's source is one step of numbers, so that all attention lies there.")
    paths = looking_parts(run.model)
    if not paths:
        raise InputError(
            "this run looks at its source by no attention: all it knows of it is the context vector. Train with "
            "-s bridge=attention."
        )
    found = attended(subject_of(run, source, target))
    return [
        AttentionMap(
            one.weights,
            named(one.columns.tokens, one.column_spans or even(len(one.columns), len(one.columns))),
            named(one.rows.tokens, one.row_spans or even(len(one.rows), len(one.rows))),
            one.path,
        )
        for one in found
        if one.path in paths
    ]


def looking_parts(model: SequenceModel) -> tuple[str, ...]:
    """Return where attention over the source is to be heard."""
    parts = model.named_modules()
    looks = (path for path, part in parts if isinstance(part, CopyHead) or (isinstance(part, Reader) and part.asks))
    return tuple(f"{path}.weights" for path in looks)
