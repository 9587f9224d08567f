"""Scheduled sampling (Bengio et al. 2015, arXiv:1506.03099): in training a decoder hears more and more of its words.

At each place, with a chance, the word given is replaced by one that the model draws there, having heard what was
replaced before. The choice has no gradient, as in the paper, so the ordinary training pass over the replaced inputs
gives the paper's gradient, for every decoder whose steps equal its whole. Departures: a special token is never drawn,
for no decoder hears one while it writes; with dropout the words are drawn under other noise than is then learnt under.
"""

from dataclasses import replace

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK
from seqloom.decoding.sampling import draw, forbid
from seqloom.errors import InputError
from seqloom.layers.embedding import Dummy
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec
from seqloom.state import State

SPEED = 100.0
"""How far the curved rises go: the paper's k of the inverse sigmoid, and the fall of epsilon over a training."""


def mix(model: SequenceModel, batch: Batch, share: float, state: State | None = None) -> Batch:
    """Return a batch whose target inputs are the model's own words at a share of the places, targets as they were.

    The first place of a row and padding stay. `state` is what the model goes on from. Every number comes from torch's
    global generator of the CPU, the same number of them whatever the share.
    """
    given = batch.inputs["target"]
    values, device = given.values, given.values.device
    vocabulary: int = model.target.vocabulary  # type: ignore[union-attr, assignment]
    chance, number = torch.rand(2, *values.shape).to(device)
    own = chance < share
    if given.mask is not None:
        own &= given.mask
    with torch.no_grad():
        memory = None if model.encoder is None else model.read(batch)
        heard = values[:, :1]
        mixed = [heard]
        for time in range(1, values.shape[1]):
            logits, state = model.step(heard, state, memory)
            rows = own[:, time].nonzero().squeeze(1)
            heard = values[:, time : time + 1]
            if len(rows):
                drawn = _word(logits[rows], number[rows, time], vocabulary)
                heard = heard.index_copy(0, rows, drawn.unsqueeze(1))
            mixed.append(heard)
    return replace(batch, inputs={**batch.inputs, "target": replace(given, values=torch.cat(mixed, 1))})


def _word(logits: Tensor, number: Tensor, vocabulary: int) -> Tensor:
    """Draw a word from logits [rows, vocabulary]; one that was copied is heard as unknown."""
    scores = forbid(logits if logits.dtype == torch.float64 else logits.float(), (PAD, BOS, EOS, SEP))
    word = draw(scores, number)
    return word.masked_fill(word >= vocabulary, UNK)  # numbers that are NaN draw none, and show in the loss


def share_at(step: int, steps: int | None, fit: FitSpec) -> float:
    """Return the share of own words in update number `step` (0 is the first) of `steps` (None: not known yet, 0).

    In terms of the paper's epsilon = 1 - share, which it lets fall in one of three ways (section 2.4): linear;
    exponential, k^i; inverse sigmoid, k / (k + exp(i / k)). Here each falls from 1 at the first update to
    1 - fit.sampling at the last: the sigmoid is stretched so that its middle is that of the training.
    """
    if steps is None:
        return 0.0
    done = 1.0 if steps < 2 else min(1.0, step / (steps - 1))
    if fit.sampling_rise == "linear":
        return fit.sampling * done
    if fit.sampling_rise == "exponential":
        return fit.sampling * (1 - SPEED**-done) / (1 - 1 / SPEED)
    least, most = (1 / (1 + SPEED**far) for far in (1, -1))
    return fit.sampling * (1 / (1 + SPEED ** (1 - 2 * done)) - least) / (most - least)


def check_sampling(model: SequenceModel, fit: FitSpec) -> None:
    """Raise InputError where scheduled sampling would change nothing."""
    if not fit.sampling:
        if fit.sampling_rise != "linear":
            raise InputError(
                f"fit.sampling_rise={fit.sampling_rise} says how fit.sampling is reached, which is 0: set it too."
            )
        return
    said = f"fit.sampling={fit.sampling} lets a decoder hear its own words, "
    if model.decoder is None:
        raise InputError(f"{said}and this model has no decoder: leave it out.")
    if isinstance(model.target, Dummy):
        raise InputError(f"{said}and with target.embed=dummy it hears no words at all: leave one of them out.")
