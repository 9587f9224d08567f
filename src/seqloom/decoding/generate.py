"""Generate: continue sequences step by step over any step function, one piece at a time as it comes.

A step function is `step(ids [batch], state) -> (logits [batch, vocabulary], state)`. It may be a recurrent network
that carries State or a Transformer with a KV cache; it consumes the State it is given.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.decoding.sampling import choose
from seqloom.errors import InputError
from seqloom.state import State

Step = Callable[[Tensor, State], tuple[Tensor, State]]


@dataclass(frozen=True)
class Piece:
    """One step of every row: what came next, and what the model expected there.

    position     index on the time axis of the whole sequence, start included
    ids          [batch], the token that comes next
    logprobs     [batch], its ln p under the model itself: before any forbidding and shaping
    live         [batch], False for a row that had stopped before; such a row repeats its stop token
    top_ids      [batch, top], the model's best tokens, best first
    top_logprobs [batch, top], their ln p
    """

    position: int
    ids: Tensor
    logprobs: Tensor
    live: Tensor
    top_ids: Tensor
    top_logprobs: Tensor


def generate(
    step: Step,
    start: Tensor,
    state: State,
    *,
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    forbidden: Sequence[int] = (),
    generator: torch.Generator | None = None,
    stop: Collection[int] = (),
    top: int = 0,
    watch_start: bool = False,
) -> Iterator[Piece]:
    """Read `start` [batch, time], then yield up to `length` new tokens a row, each fed back as the next input.

    It ends early when every row has given a token of `stop` (which is yielded). `top` asks for that many
    alternatives in each Piece. `watch_start` also yields a Piece for each token of `start` after the first: what the
    model expected where the text is given (`h e l l`: e after h, l after he, ...). The tokens chosen follow from
    the generator's seed; see `sampling.choose`.
    Raises InputError for an empty start or a setting out of range.
    """
    if start.shape[1] < 1:
        raise InputError("generation starts from at least one token, such as the start of a text.")
    stops = torch.tensor(sorted(stop), dtype=torch.long, device=start.device)
    live = torch.ones(len(start), dtype=torch.bool, device=start.device)
    ids = start[:, 0]
    for position in range(1, start.shape[1] + length):
        with torch.no_grad():
            logits, state = step(ids, state)
        if position < start.shape[1]:
            ids = start[:, position]
            if watch_start:
                yield _piece(position, logits, ids, live, top)
            continue
        chosen = choose(logits, temperature, top_k, top_p, generator, forbidden, min_p=min_p)
        ids = chosen if position == start.shape[1] else torch.where(live, chosen, ids)
        yield _piece(position, logits, ids, live, top)
        live = live & ~torch.isin(ids, stops)
        if not live.any():
            return


def _piece(position: int, logits: Tensor, ids: Tensor, live: Tensor, top: int) -> Piece:
    logprobs = logits.double().log_softmax(-1)
    chosen = logprobs.gather(1, ids[:, None]).squeeze(1)
    if not top:
        return Piece(position, ids, chosen, live, ids.new_empty(len(ids), 0), logprobs.new_empty(len(ids), 0))
    best = logprobs.sort(dim=-1, descending=True, stable=True)
    return Piece(position, ids, chosen, live, best.indices[:, :top], best.values[:, :top])
