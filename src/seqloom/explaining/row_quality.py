"""Row quality: how right a model is about each row of a batch, as a sum and a count a row."""

from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.explaining.subject import Outputs
from seqloom.heads.copy import CopyHead
from seqloom.heads.ctc import SHIFT, CTCHead, collapse
from seqloom.heads.head import Head
from seqloom.heads.label import LabelHead
from seqloom.heads.numbers import NumberHead
from seqloom.heads.tags import TagsHead
from seqloom.heads.tokens import TokensHead
from seqloom.metrics.edits import distance
from seqloom.model import SequenceModel

RIGHT, CLOSE, OFF = "share right", "1 - errors a symbol", "absolute error"
"""What is measured: of labels, tags and tokens; of what CTC reads; of numbers, where less is better."""
Sums = tuple[Tensor, Tensor]


def row_quality(model: SequenceModel, outputs: Outputs, batch: Batch) -> dict[str, tuple[str, Tensor, Tensor]]:
    """Return by head what is measured, and its sum and count for each row, each [batch], on the CPU.

    label    whether the likeliest is right; of several labels at once the share of them that is told right
    tags     the share of steps whose label is right
    tokens   the share that is right, where the true ones before it are heard (teacher forcing)
    ctc      1 less the edits from what is read greedily to the text, for each of its symbols
    numbers  the distance from the point told to the truth, in the units in which the model tells it
    """
    found = {}
    for name, head in model.heads.items():
        if name in batch.target and isinstance(head, Head):
            what, (sums, counts) = _judged(head, outputs[name], batch.target[name])
            found[name] = (what, sums.double().cpu(), counts.double().cpu())
    return found


def _judged(head: Head, outputs: Tensor, target: Field) -> tuple[str, Sums]:
    if isinstance(head, LabelHead):
        return RIGHT, _label(head, outputs, target)
    if isinstance(head, CTCHead):
        return CLOSE, _ctc(outputs, target)
    if isinstance(head, NumberHead):
        known = ~target.values.isnan()
        if target.mask is not None:
            known = known & target.mask.view(*target.mask.shape, *[1] * (known.dim() - 2))
        off = (head.point(outputs) - target.values.to(outputs.dtype)).abs().masked_fill(~known, 0)
        return OFF, (off.flatten(1).sum(1), known.flatten(1).sum(1))
    if isinstance(head, TagsHead):
        assert target.mask is not None
        told = head.tag(outputs, target.mask)
        rows = target.values.tolist()
        same = [sum(a == b for a, b in zip(ours, row, strict=False)) for ours, row in zip(told, rows, strict=True)]
        return RIGHT, (outputs.new_tensor(same), target.mask.sum(1))
    if isinstance(head, TokensHead | CopyHead):
        right = outputs.argmax(-1) == target.values
        if target.mask is None:
            return RIGHT, (right.sum(1), (~right | right).sum(1))
        return RIGHT, ((right & target.mask).sum(1), target.mask.sum(1))
    raise TypeError(f"{type(head).__name__}: nothing is known of how right it is")


def _label(head: LabelHead, outputs: Tensor, target: Field) -> Sums:
    told = head.probabilities(outputs)
    if head.multilabel:
        right = (told > 0.5) == (target.values > 0.5)
        return right.double().mean(1), target.values.new_ones(len(right))
    right = told.argmax(1) == target.values
    return right.long(), right.new_ones(len(right)).long()


def _ctc(outputs: Tensor, target: Field) -> Sums:
    assert target.mask is not None
    sums, counts = [], []
    for path, ids, length in zip(
        outputs.argmax(-1).tolist(), target.values.tolist(), target.mask.sum(1).tolist(), strict=True
    ):
        wanted = [str(one - SHIFT) for one in ids[:length]]
        sums.append(max(0, length - distance([str(one) for one in collapse(path)], wanted)))
        counts.append(length)
    return outputs.new_tensor(sums), outputs.new_tensor(counts)
