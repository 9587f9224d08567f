"""Generate: continue sequences step by step over any step function, piece by piece as they come.

A step function is `step(ids [batch], state) -> (logits [batch, vocabulary], state)`. It may be a recurrent network
that carries State or a Transformer with a KV cache; it consumes the State it is given. One that can go on by itself
takes as many steps at once as fit into a moment, so that who reads along sees no difference.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from seqloom.decoding.sampling import choose, no_token, shaped
from seqloom.errors import InputError
from seqloom.kernels.draw import Draw, NoTokenError
from seqloom.state import State

Step = Callable[[Tensor, State], tuple[Tensor, State]]
FIRST, AHEAD = 4, 64
"""Tokens written in one call where a step can: in the first one, and at most."""
MOMENT = 0.02
"""Seconds that such a call may take: so long the first of its tokens waits to be seen, and Ctrl-C to be heard."""


@runtime_checkable
class Writes(Protocol):
    """A step that can go on by itself from what it draws."""

    vocabulary: int

    def room(self, state: State) -> int:
        """Return how many steps it can take at once from this State."""

    def write(
        self, ids: Tensor, state: State, drawing: Draw, even: Tensor
    ) -> tuple[tuple[Tensor, Tensor, Tensor, Tensor], State]:
        """Read ids [rows] and what is drawn after it by even [steps, rows]; return what `Draw.write` does."""


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


@dataclass(frozen=True)
class Stretch:
    """Steps that came at once: a Piece each, the first at `position`; every tensor but `live` begins with the steps."""

    position: int
    ids: Tensor
    logprobs: Tensor
    live: Tensor
    top_ids: Tensor
    top_logprobs: Tensor

    def pieces(self) -> Iterator[Piece]:
        """Yield each step."""
        found = (self.ids, self.logprobs, self.top_ids, self.top_logprobs)
        steps = zip(*(one.unbind(0) for one in found), strict=True)
        for position, (ids, logprobs, top_ids, top_logprobs) in enumerate(steps, self.position):
            yield Piece(position, ids, logprobs, self.live, top_ids, top_logprobs)


def generate(step: Step, start: Tensor, state: State, **asked: Any) -> Iterator[Piece]:
    """Yield the pieces of `stretches`, whose arguments, answers and errors are the same, one by one."""
    for stretch in stretches(step, start, state, **asked):
        yield from stretch.pieces()


def stretches(
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
) -> Iterator[Stretch]:
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
    drawing = Draw(forbidden, temperature, top_k, top_p, min_p, top)
    ids, position, end = start[:, 0], 0, start.shape[1] + length
    own: Any = step
    able = own if isinstance(own, Writes) and not stop and drawing.fits(own.vocabulary) else None
    ahead = FIRST
    while (position := position + 1) < end:
        if able is not None and position > start.shape[1]:
            room = min(ahead, end - position, able.room(state))
            if room > 0:
                began = perf_counter()
                even = _even((room, len(ids)), temperature, generator)
                (written, logprobs, *best), state = able.write(ids, state, drawing, even)
                ahead = max(1, min(AHEAD, int(MOMENT * room / max(perf_counter() - began, 1e-6))))
                if len(written):
                    ids = written[-1]
                    yield Stretch(position, written, logprobs, live, *best)
                if len(written) < room:
                    raise no_token()
                position += room - 1
                continue
        with torch.no_grad():
            logits, state = step(ids, state)
        quick = drawing.usable(logits)
        if position < start.shape[1]:
            ids = start[:, position]
            if watch_start:
                yield _alone(
                    _looked(position, logits, ids, live, drawing) if quick else _piece(position, logits, ids, live, top)
                )
            continue
        if position == start.shape[1]:
            shaped(logits[:1, :1], temperature, top_k, top_p, min_p)  # says so where a setting is out of range
        if quick:
            piece = _drawn(position, logits, drawing, temperature, generator, live)
            if stop and not live.all():
                piece = _looked(position, logits, torch.where(live, piece.ids, ids), live, drawing)
        else:
            chosen = choose(logits, temperature, top_k, top_p, generator, forbidden, min_p=min_p)
            ids = chosen if position == start.shape[1] else torch.where(live, chosen, ids)
            piece = _piece(position, logits, ids, live, top)
        ids = piece.ids
        yield _alone(piece)
        if stop:
            live = live & ~torch.isin(ids, stops)
            if not live.any():
                return


def _alone(piece: Piece) -> Stretch:
    """Return a step by itself."""
    found = (piece.ids[None], piece.logprobs[None], piece.live, piece.top_ids[None], piece.top_logprobs[None])
    return Stretch(piece.position, *found)


def _drawn(
    position: int, logits: Tensor, drawing: Draw, temperature: float, generator: torch.Generator | None, live: Tensor
) -> Piece:
    """Choose and look around natively, by the numbers that `choose` would draw."""
    try:
        ids, logprobs, *best = drawing.choose(logits, _even((len(logits),), temperature, generator))
    except NoTokenError:
        raise no_token() from None
    return Piece(position, ids, logprobs, live, *best)


def _even(shape: tuple[int, ...], temperature: float, generator: torch.Generator | None) -> Tensor:
    if not temperature:
        return torch.zeros(shape, dtype=torch.float64)  # nothing is drawn
    return torch.rand(shape, dtype=torch.float64, generator=generator)


def _looked(position: int, logits: Tensor, ids: Tensor, live: Tensor, drawing: Draw) -> Piece:
    """Look natively at what was given."""
    logprobs, *best = drawing.look(logits, ids)
    return Piece(position, ids, logprobs, live, *best)


def _piece(position: int, logits: Tensor, ids: Tensor, live: Tensor, top: int) -> Piece:
    logprobs = logits.double().log_softmax(-1)
    chosen = logprobs.gather(1, ids[:, None]).squeeze(1)
    if not top:
        return Piece(position, ids, chosen, live, ids.new_empty(len(ids), 0), logprobs.new_empty(len(ids), 0))
    best = logprobs.sort(dim=-1, descending=True, stable=True)
    return Piece(position, ids, chosen, live, best.indices[:, :top], best.values[:, :top])
