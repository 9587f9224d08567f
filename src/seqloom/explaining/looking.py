"""Looking: where in a picture a run looked, for each word of a caption, or to answer a question."""

from typing import Any

import numpy as np
import torch

from seqloom.batch import Batch
from seqloom.data.batches import pad
from seqloom.data.vocabulary import BOS, EOS
from seqloom.encoders.fuse_attend import FuseAttend
from seqloom.errors import InputError
from seqloom.explaining.attention import looking_parts
from seqloom.explaining.axes import END
from seqloom.model import SequenceModel
from seqloom.report.look import Look
from seqloom.tape import Tape
from seqloom.tasks.caption import Caption
from seqloom.tasks.vqa import Vqa
from seqloom.training.run import Run


def looking(run: Run, picture: Any, text: str | None = None) -> list[Look]:
    """Return where each part of a model that looks at the picture looked, the mean over its heads.

    picture  a path, encoded bytes or an array
    text     of a run that writes captions, what it hears itself write (None: its own best caption), a map for each word
             and one for its end. Of a run that answers questions the question, a map for each look.

    Raises InputError for a run that looks at no picture, or whose steps are no places of it.
    """
    if isinstance(run.task, Caption):
        return _caption(run, run.task, picture, text)
    if isinstance(run.task, Vqa):
        if text is None:
            raise InputError("a run that answers questions looks at a picture for a question: give one.")
        return _answer(run, run.task, picture, text)
    raise InputError(f"this run's task is {run.task.name}, which writes and answers nothing of a picture.")


def _caption(run: Run, task: Caption, picture: Any, text: str | None) -> list[Look]:
    raw = task.media.opened(picture)
    grid = _grid(run.model)
    paths = looking_parts(run.model)
    if not paths:
        raise InputError(
            "this run looks at its picture by no attention: all it knows of it is the context vector. Train with "
            "-s bridge=attention, or --arch show-attend-tell."
        )
    if text is None:
        (answer,) = run.predict([raw])
        text = answer.text
    (ids,) = task.coder.targets([text])
    batch = Batch({**task.coder.reading([(raw,)]).inputs, "target": pad([[BOS, *ids]])})
    words = [END if one == EOS else task.target.token(one) for one in [*ids, EOS]]
    return _looks(run, batch, paths, raw, grid, words, text)


def _answer(run: Run, task: Vqa, picture: Any, question: str) -> list[Look]:
    fuse, grid = run.model.fuse, _grid(run.model)
    if not isinstance(fuse, FuseAttend):
        raise InputError(
            "this run looks at its picture by no attention: it is one vector beside the question's. Train with "
            "-s fuse=attend, or --arch stacked-attention."
        )
    raw = task.source.opened(picture)
    (answer,) = run.predict([(raw, question)])
    batch = task.batch([(raw, question)])
    with torch.no_grad(), Tape(run.model, only="fuse.weights_*") as tape:
        run.model(batch.to(run.device))
    maps = [tape[path][0, 0, 0].float().cpu().numpy() for path in tape]  # of the question as a whole
    weights = np.stack(maps).astype(np.float64).reshape(-1, *grid)
    said = f"{question} {answer.label}"
    return [Look(raw, weights, [f"look-{number + 1}" for number in range(len(maps))], said)]


def _looks(
    run: Run, batch: Batch, paths: tuple[str, ...], raw: Any, grid: tuple[int, int], words: list[str], text: str
) -> list[Look]:
    with torch.no_grad(), Tape(run.model, only=paths) as tape:
        run.model(batch.to(run.device))
    found = {path: tape[path][0].float().mean(0).cpu().numpy().astype(np.float64) for path in tape}  # [words, places]
    titles = [text] if len(found) == 1 else [f"{text} ({path})" for path in found]
    return [
        Look(raw, weights.reshape(-1, *grid), words, title)
        for weights, title in zip(found.values(), titles, strict=True)
    ]


def _grid(model: SequenceModel) -> tuple[int, int]:
    """Return rows and columns of the places that a picture is read as."""
    grid = getattr(model.source, "grid", None)
    if grid is None or model.encoder is None or model.encoder.count(grid[0] * grid[1]) != grid[0] * grid[1]:
        raise InputError(
            "this run reads a picture as steps that are no places of a grid: train with -s source.front=cnn or "
            "source.front=patches."
        )
    return grid[0], grid[1]
