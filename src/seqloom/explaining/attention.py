"""Attention: where a run looked in its source for each token that it wrote."""

import torch

from seqloom.batch import Batch
from seqloom.data import copying
from seqloom.data.batches import pad
from seqloom.data.numbers import Numbers
from seqloom.data.vocabulary import BOS, EOS, Vocabulary
from seqloom.errors import InputError
from seqloom.heads.copy import CopyHead
from seqloom.layers.reader import Reader
from seqloom.model import SequenceModel
from seqloom.report.attention_map import AttentionMap
from seqloom.tape import Tape
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pairs import PairTask
from seqloom.training.run import Run

END = "∎"
"""Stands for the end of a side, which is a token too."""


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
    if target is None:
        (answer,) = run.predict([source])
        target = answer.text
    batch, read, written = _teaching(task, source, target)
    with torch.no_grad(), Tape(run.model, only=paths) as tape:
        run.model(batch.to(run.device))
    return [AttentionMap(tape[path][0].float().cpu().numpy(), read, written, path) for path in tape]


def looking_parts(model: SequenceModel) -> tuple[str, ...]:
    """Return where attention over the source is to be heard."""
    parts = model.named_modules()
    looks = (path for path, part in parts if isinstance(part, CopyHead) or (isinstance(part, Reader) and part.asks))
    return tuple(f"{path}.weights" for path in looks)


def _teaching(task: PairTask, source: str, target: str) -> tuple[Batch, list[str], list[str]]:
    """Return the batch that teaches one pair, and the tokens of its source and target as a person reads them."""
    coder = task.coder
    batch = coder.reading([[source]])
    (ids,) = coder.targets([target])
    heard = ids
    if coder.copies:
        own = coder.copied([source])[1]
        heard = copying.fed(coder.rewritten(target, own), coder.target)
    read = batch.inputs["source"].values[0].tolist()
    inputs = {**batch.inputs, "target": pad([[BOS, *heard]])}
    return Batch(inputs), _shown(read, task.coder.source), _shown([*ids, EOS], task.target)


def _shown(ids: list[int], vocabulary: Vocabulary) -> list[str]:
    return [END if one == EOS else vocabulary.token(one) for one in ids]
