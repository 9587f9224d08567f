"""Texts of what was heard by a CTC head: of one model or of several, greedy or by prefix beam search.

A beam of 1 is the best path (Graves et al. 2006, section 3.2). Whatever search found a text, its probability is that of
all its paths, by the forward recursion, so that answers of different searches can be compared. The unknown piece is
never written.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from seqloom.batch import Batch
from seqloom.data.vocabulary import UNK
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.prefix_beam import prefix_beam
from seqloom.decoding.writer import mean_probability
from seqloom.errors import InputError
from seqloom.heads.ctc import BLANK, SHIFT, classes, collapse, filled, ids, least_steps
from seqloom.model import SequenceModel

CTC = "ctc"
"""The head that tells steps."""


def listen(models: Sequence[SequenceModel], batch: Batch) -> list[Tensor]:
    """Return what was heard of each row: ln p [steps, 1 + symbols] of the head `ctc`, in double precision.

    Several models answer with the mean of their probabilities at each step. Raises InputError where they make
    different numbers of steps of a row.
    """
    if any(model.training for model in models):
        raise ValueError("a model that listens must be in evaluation mode")
    each: list[list[Tensor]] = []
    with torch.no_grad():
        for model in models:
            memory, _ = model.encode(batch)
            memory = memory if model.bridge is None else model.bridge.view(memory)
            each.append(rows_of(model.heads[CTC](memory.outputs, memory, None, memory.mask)))
    if len(models) == 1:
        return each[0]
    found = []
    for heard in zip(*each, strict=True):
        if len({len(one) for one in heard}) > 1:
            counts = ", ".join(str(len(one)) for one in heard)
            raise InputError(
                f"these runs make {counts} steps of the same recording, and probabilities of different steps have no "
                "mean: take runs with the same source.front and encoders that shorten alike."
            )
        found.append(mean_probability(heard))
    return found


def rows_of(outputs: Tensor) -> list[Tensor]:
    """Cut a head's outputs [batch, steps, 1 + symbols] into rows without padding."""
    lengths = filled(outputs).sum(1).tolist()
    return [row[:length].double().cpu() for row, length in zip(outputs.detach(), lengths, strict=True)]


def known(steps: Tensor) -> Tensor:
    """Return ln p in which the unknown piece is never told."""
    steps = steps.clone()
    steps[..., UNK - SHIFT] = -torch.inf
    return steps


def transcripts(steps: Tensor, beam: int, best: int = 1) -> list[Hypothesis]:
    """Return the likeliest texts of ln p [steps, 1 + symbols], best first, as ids of the vocabulary.

    The score of each, by which they are ranked, is that of the paths that the search held; its logprob that of all.
    """
    told = known(steps)
    if beam == 1:
        text = ids(collapse(told.argmax(-1).tolist()))
        (logprob,) = text_logprobs(steps, [text])
        return [Hypothesis(tuple(text), logprob, logprob, True, ())]
    found = prefix_beam(told.numpy(), beam, best)
    texts = [ids(one.classes) for one in found]
    whole = text_logprobs(steps, texts)
    return [
        Hypothesis(tuple(text), logprob, one.logprob, True, ())
        for text, logprob, one in zip(texts, whole, found, strict=True)
    ]


def text_logprobs(steps: Tensor, texts: Sequence[Sequence[int]]) -> list[float]:
    """Return ln p of texts of ids, given ln p [steps, 1 + symbols]; -inf for a text that needs more steps."""
    if not len(steps):
        return [0.0 if not text else float("-inf") for text in texts]
    longest = max([1, *map(len, texts)])
    laid = torch.full((len(texts), longest), BLANK)
    for row, text in enumerate(texts):
        laid[row, : len(text)] = torch.tensor(classes(text), dtype=torch.long)
    lengths = torch.tensor([len(text) for text in texts])
    heard = steps.unsqueeze(1).expand(-1, len(texts), -1).contiguous()
    nats = ctc_loss(heard, laid, torch.full_like(lengths, len(steps)), lengths, BLANK, reduction="none")
    return [
        -float(one) if least_steps(text) <= len(steps) else float("-inf")
        for one, text in zip(nats.tolist(), texts, strict=True)
    ]
