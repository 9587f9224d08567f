"""Search: decode all sentences of a batch side by side, over any step function.

A step is `step(ids [rows], state, memory) -> (logits [rows, vocabulary], state)`, its State empty at the start: a
recurrent network, a Transformer with its cache, or several models at once. It consumes the State it is given.

The rows of a step are the hypotheses that are still being written, all of one length, those of a sentence side by
side; one that is over leaves the batch. The State moves with the hypotheses at each step. The Memory is the same for
all hypotheses of a sentence, so that it moves only when their number changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from seqloom.decoding.hypotheses import Hypothesis, Pool
from seqloom.decoding.penalties import coverage_penalty, length_penalty
from seqloom.decoding.rules import Rules
from seqloom.decoding.settings import Settings
from seqloom.errors import InputError, NumberError
from seqloom.state import State, reorder


class Source(Protocol):
    """What was read, a row a hypothesis: a Memory, or those of several models."""

    def reorder(self, index: Tensor) -> Self:
        """Pick rows, index [rows], repeats allowed."""


Step = Callable[[Tensor, State, Source | None], tuple[Tensor, State]]


@dataclass(frozen=True)
class Choice:
    """Which rows go on and how: `token [chosen]` after row `parent [chosen]`, the rows of a sentence side by side and
    best first. `stuck` [rows] is True for a row that nothing may follow."""

    parent: Tensor
    token: Tensor
    stuck: Tensor


class Picker(Protocol):
    """How continuations are chosen: `beam.Beam` or `samples.Samples`."""

    def pick(self, allowed: Tensor, norm: Tensor, total: Tensor, owner: Tensor) -> Choice:
        """Choose among logits [rows, vocabulary], whose ln p is that less `norm` [rows], on top of `total` [rows].

        `owner` [rows] is each row's sentence.
        """

    def follow(self, index: Tensor, finished: Tensor) -> None:
        """Learn which rows go on, index [rows], and of which sentences a hypothesis finished."""


def search(
    step: Step,
    memory: Source | None,
    limits: Sequence[int],
    picker: Picker,
    settings: Settings,
    prefixes: Sequence[Sequence[int]] | None = None,
    device: torch.device | None = None,
) -> list[list[Hypothesis]]:
    """Return the hypotheses of each sentence, best first. `limits` are the most tokens of each, its end among them.

    With a coverage penalty the step keeps `coverage [rows, source]` in its State (see `writer.py`).
    Raises NumberError for logits that are NaN, infinite or all -inf, InputError for a prefix with no room to go on.
    """
    prefixes = [()] * len(limits) if prefixes is None else prefixes
    check_room(prefixes, limits)
    device = torch.device("cpu") if device is None else device
    each = settings.samples or 1
    owner = torch.arange(len(limits), device=device).repeat_interleave(each)
    with torch.no_grad():
        if memory is not None and each > 1:
            memory = memory.reorder(owner)
        course = _Course(torch.tensor(limits, device=device), settings)
        return course.run(step, memory, owner, picker, Rules(settings, prefixes, device))


def check_room(prefixes: Sequence[Sequence[int]], limits: Sequence[int]) -> None:
    """Raise InputError for a prefix that is as long as its whole answer may be."""
    for row, (prefix, limit) in enumerate(zip(prefixes, limits, strict=True)):
        if len(prefix) >= limit:
            raise InputError(
                f"the prefix of row {row} has {len(prefix)} tokens, which leaves no room to go on within "
                f"max_length={limit}."
            )


def no_scores(row: int, time: int) -> NumberError:
    """Return the error for scores that are none, in `row` of a step after `time` tokens."""
    return NumberError(f"no token can follow {time}: its scores are NaN, infinite or all -inf (row {row} of a step).")


class _Course:
    """A search under way: the pool of each sentence, and what a hypothesis must still beat."""

    def __init__(self, limits: Tensor, settings: Settings) -> None:
        self._limits, self._settings = limits, settings
        self._pools = [Pool(settings.samples or settings.best, settings.eos) for _ in limits]
        self._to_beat = torch.full(limits.shape, -torch.inf, dtype=torch.float64, device=limits.device)
        self._contested = False  # as long as nothing has finished there is nothing to beat

    def run(
        self, step: Step, memory: Source | None, owner: Tensor, picker: Picker, rules: Rules
    ) -> list[list[Hypothesis]]:
        """Write until every sentence is settled; `owner` [rows] is the sentence of each row at the start."""
        asked, state = self._settings, {}  # type: tuple[Settings, State]
        ids = torch.full_like(owner, asked.bos)
        none = ids.new_empty(len(ids), 0)
        rows = _Rows(owner, none, none.double(), torch.zeros_like(ids).double())
        while len(owner):
            logits, state = step(ids, state, memory)
            norm = _norm(logits, rows.written.shape[1])
            choice = picker.pick(rules.apply(logits, rows.written, owner), norm, rows.total, owner)
            if choice.stuck.any():
                self._file(rows, choice.stuck, state.get("coverage"), finished=False)
            parent, ids = choice.parent, choice.token
            rows = rows.longer(parent, ids, (logits[parent, ids] - norm[parent]).clamp(max=0).double())
            seen = state["coverage"][parent] if asked.coverage else None
            finished = ids == asked.eos
            cut = ~finished & (self._limits[rows.owner] <= rows.written.shape[1])
            if finished.any():
                self._file(rows, finished, seen, finished=True)
            if cut.any():
                self._file(rows, cut, seen, finished=False)
            live = ~(finished | cut)
            if self._contested:
                done = settled(rows.total, rows.owner, live, self._to_beat, self._limits, asked)
                live &= ~done[rows.owner]
            on = live.nonzero().squeeze(1)
            picker.follow(parent[on], rows.owner[finished])
            if len(on) < len(live):
                rows, ids, parent = rows.pick(on), ids[on], parent[on]
            state = _moved(state, parent, len(owner))
            if memory is not None and not torch.equal(rows.owner, owner):
                memory = memory.reorder(parent)
            owner = rows.owner
        return [pool.answer() for pool in self._pools]

    def _file(self, rows: "_Rows", which: Tensor, seen: Tensor | None, *, finished: bool) -> None:
        """Put the rows where `which` [rows] is True into the pools of their sentences; `seen` is their coverage."""
        asked = self._settings
        rows = rows.pick(which.nonzero().squeeze(1))
        length = torch.full_like(rows.owner, rows.written.shape[1])
        score = rows.total / length_penalty(asked.length_penalty, asked.alpha, length)
        if asked.coverage and seen is not None:
            score = score + coverage_penalty(asked.coverage, seen[which])
        ids = rows.written[:, :-1] if finished else rows.written
        columns = (rows.owner.tolist(), ids.tolist(), rows.total.tolist(), score.tolist(), rows.logprobs.tolist())
        for sentence, tokens, logprob, penalised, each in zip(*columns, strict=True):
            self._pools[sentence].add(Hypothesis(tuple(tokens), logprob, penalised, finished, tuple(each)))
        if finished:
            for sentence in set(columns[0]):
                self._to_beat[sentence] = self._pools[sentence].to_beat()
                self._contested = True


@dataclass(frozen=True)
class _Rows:
    """Hypotheses: their sentences `owner` [rows], tokens `written` [rows, time], the ln p of each and their sum.

    The sum is carried along rather than taken anew, so that rounding never lets it rise.
    """

    owner: Tensor
    written: Tensor
    logprobs: Tensor
    total: Tensor

    def pick(self, index: Tensor) -> "_Rows":
        return _Rows(self.owner[index], self.written[index], self.logprobs[index], self.total[index])

    def longer(self, parent: Tensor, ids: Tensor, logprob: Tensor) -> "_Rows":
        """Return rows `parent` [rows] with one token more each."""
        before = self.pick(parent)
        return _Rows(
            before.owner,
            torch.cat([before.written, ids.unsqueeze(1)], 1),
            torch.cat([before.logprobs, logprob.unsqueeze(1)], 1),
            before.total + logprob,
        )


def settled(total: Tensor, owner: Tensor, live: Tensor, to_beat: Tensor, limits: Tensor, settings: Settings) -> Tensor:
    """Say of which sentences [sentences] no live row can still change the answer.

    ln p only falls and coverage costs at best nothing, so a row of ln p `total` [rows] scores at most what it would
    if every further token were certain up to the longest length, where the penalty is mildest.
    """
    most = total / length_penalty(settings.length_penalty, settings.alpha, limits[owner])
    most = most.masked_fill(~live, -torch.inf)
    hope = torch.full_like(to_beat, -torch.inf).scatter_reduce(0, owner, most, "amax")
    return hope < to_beat


def _norm(logits: Tensor, time: int) -> Tensor:
    """Return what turns logits [rows, vocabulary] into ln p, in float32 or better."""
    norm = (logits if logits.dtype == torch.float64 else logits.float()).logsumexp(1)
    if not norm.isfinite().all():
        raise no_scores(int((~norm.isfinite()).nonzero()[0]), time)
    return norm


def _moved(state: State, index: Tensor, rows: int) -> State:
    """Pick rows of a State of `rows` rows, unless every row stays where it is, as most steps of a greedy search."""
    if len(index) == rows and torch.equal(index, torch.arange(rows, device=index.device)):
        return state
    return reorder(state, index)
