"""Written: the text that the steps of a side stand for, as it was before it was cut into tokens."""

from seqloom.data.vocabulary import EOS, Vocabulary
from seqloom.explaining.subject import Subject
from seqloom.tasks.language import Language
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.row_task import RowTask
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_source import PieceSource
from seqloom.tasks.text_source import TextSource
from seqloom.tasks.vqa import Vqa
from seqloom.training.run import Run


def vocabulary_of(run: Run, side: str) -> Vocabulary | None:
    """Return what the ids of an input mean; None where they are no ids of a vocabulary."""
    task = run.task
    found: object = None
    if isinstance(task, Language):
        found = task.vocabulary
    elif isinstance(task, PairTask):
        found = task.target if side == "target" else getattr(task, "source", None)  # of sound or pictures it has none
    elif isinstance(task, Vqa):
        found = task.questions if side != "source" else None
    elif isinstance(task, RowTask | Tag) and isinstance(task.source, TextSource | PieceSource):
        found = task.source.vocabulary
    return found if isinstance(found, Vocabulary) else None


def pieces_of(subject: Subject, side: str, length: int) -> list[str] | None:
    """Return what each of `length` steps adds to the text, line ends as they are; None where steps are no text."""
    axis = subject.axes.get(side)
    if axis is None or axis.kind != "token" or len(axis) != length:
        return None
    values = subject.batch.inputs[side].values
    vocabulary = vocabulary_of(subject.run, side)
    if vocabulary is None or values.dim() != 2 or values.shape[1] < length:
        return [f"{token} " for token in axis.tokens]
    pieces = [vocabulary.decode([one]) for one in values[0, :length].tolist()]
    if vocabulary.newline == EOS:  # words and symbols, which were cut at spaces
        return [piece if piece in ("", "\n") else f"{piece} " for piece in pieces]
    return pieces
