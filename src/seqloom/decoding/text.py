"""Text from a language model: written token by token, or scored line by line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK, Vocabulary
from seqloom.decoding.generate import Step, stretches
from seqloom.decoding.native_text import native_stepper
from seqloom.model import SequenceModel
from seqloom.state import State

HELD = "\ufffd"
"""What an unfinished character of several bytes decodes to."""
PATIENCE, LETTER = 8, 4
"""Tokens that wait for a character to end, and the bytes of the longest character."""


@dataclass(frozen=True, slots=True)
class Written:
    """One token as it is written.

    text          what it adds to the text: empty while a character or a stop text is unfinished
    token, id     the token itself
    probability   which the model gave it, before temperature and truncation
    alternatives  the likeliest tokens there and their probabilities, best first
    """

    text: str
    token: str
    id: int
    probability: float
    alternatives: list[tuple[str, float]]


def write(
    model: SequenceModel,
    vocabulary: Vocabulary,
    prompt: list[int],
    window: int,
    *,
    length: int = 200,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    seed: int = 0,
    stop: str | None = None,
    top: int = 5,
    watch_prompt: bool = False,
) -> Iterator[Written]:
    """Continue a prompt of ids by up to `length` tokens, ending before the `stop` text where that comes up.

    An attention model sees the last half to whole `window` of what is written. `watch_prompt` also yields what was
    expected at each token of the prompt after the first. The same seed writes the same text; no special token and
    nothing unknown is ever written.
    """
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    joiner = _Joiner(vocabulary, prompt, stop)
    written = stretches(
        native_stepper(model, window) or _stepper(model, window),
        torch.tensor([prompt], device=device),
        {},
        length=length,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        forbidden=tuple({PAD, BOS, SEP, EOS, UNK} - {vocabulary.newline}),
        generator=generator,
        top=top,
        watch_start=watch_prompt,
    )
    name = vocabulary.token
    for stretch in written:
        given = stretch.position < len(prompt)
        # lists of Python's own numbers, all at once: a tensor for every token would take longer than its step
        ids, chances = stretch.ids[:, 0].tolist(), stretch.logprobs[:, 0].exp().tolist()
        best = zip(stretch.top_ids[:, 0].tolist(), stretch.top_logprobs[:, 0].exp().tolist(), strict=True)
        for token, chance, (others, odds) in zip(ids, chances, best, strict=True):
            likely = [(name(other), p) for other, p in zip(others, odds, strict=True)] if others else []
            yield Written("" if given else joiner.add(token), name(token), token, chance, likely)
            if joiner.stopped:
                return
    rest = joiner.flush()
    if rest:
        yield Written(rest, "", -1, 1.0, [])


class _Joiner:
    """Turn ids into text piece by piece: whole characters only, and nothing of a stop text."""

    def __init__(self, vocabulary: Vocabulary, prompt: list[int], stop: str | None) -> None:
        self._vocabulary, self._stop, self._whole = vocabulary, stop, vocabulary.whole
        self._before, self._open = prompt[-1:], []  # type: tuple[list[int], list[int]]
        self._held = ""
        self.stopped = False

    def add(self, token: int) -> str:
        alone = self._whole.get(token)
        if alone is not None and not self._open:
            self._before = [token]
            return alone if self._stop is None else self._release(alone)
        self._open.append(token)
        text = self._text(self._before, self._open)
        if not text.endswith(HELD):
            return self._close(len(self._open), text)
        if len(self._open) < PATIENCE:
            return ""
        # Bytes that are no text: all goes but the last few, where a letter may have begun.
        for place in range(len(self._open) - LETTER + 1, len(self._open)):
            first = self._text(self._before, self._open[:place])
            if first + self._text(self._open[place - 1 : place], self._open[place:]) == text:
                return self._close(place, first)
        return ""

    def _text(self, before: list[int], ids: list[int]) -> str:
        """Decode with one token before, so that what stands between two tokens (a space between words) is there."""
        return self._vocabulary.decode(before + ids)[len(self._vocabulary.decode(before)) :]

    def _close(self, place: int, text: str) -> str:
        self._before, self._open = self._open[place - 1 : place], self._open[place:]
        return self._release(text)

    def _release(self, text: str) -> str:
        if self._stop is None:
            return text
        text = self._held + text
        place = text.find(self._stop)
        if place >= 0:
            self.stopped, self._held = True, ""
            return text[:place]
        # the longest end that may yet become the stop text waits
        wait = next(
            (n for n in range(min(len(self._stop) - 1, len(text)), 0, -1) if self._stop.startswith(text[-n:])), 0
        )
        self._held = text[len(text) - wait :]
        return text[: len(text) - wait]

    def flush(self) -> str:
        """Return what still waits when the text ends."""
        return self._held + self._text(self._before, self._open)


def _stepper(model: SequenceModel, window: int) -> Step:
    """Return a step function; for attention it starts again from the last half window when the window is full."""

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        return model.step(ids[:, None], state or None)

    def windowed(ids: Tensor, state: State) -> tuple[Tensor, State]:
        seen = torch.cat([state["seen"], ids[:, None]], 1) if state else ids[:, None]
        if seen.shape[1] > window:
            seen = seen[:, -max(1, window // 2) :]
            logits, cache = model.step(seen, None)
        else:
            logits, cache = model.step(ids[:, None], state["cache"] if state else None)
        return logits, {"seen": seen, "cache": cache}

    return step if model.carries else windowed


def score(model: SequenceModel, rows: Sequence[tuple[list[int], list[int]]], window: int) -> list[float]:
    """Return the log-probability, in nats, of each row's ids: (what is read, what is scored), the end of what is read.

    Rows are read from an empty State, side by side, in pieces of a window; an attention model reads a long row in
    windows that overlap by half, so that each token sees at least half a window.
    """
    device = next(model.parameters()).device
    longest = max(len(read) for read, _ in rows)
    ids = torch.full((len(rows), longest), PAD)
    for number, (read, _) in enumerate(rows):
        ids[number, : len(read)] = torch.tensor(read)
    ids = ids.to(device)
    with torch.no_grad():
        logprobs = _carried(model, ids, window) if model.carries else _overlapping(model, ids, window)
    # Padding stands after the data and no causal step sees it.
    return [
        float(logprobs[number, len(read) - len(scored) - 1 : len(read) - 1].sum())
        for number, (read, scored) in enumerate(rows)
    ]


def _carried(model: SequenceModel, ids: Tensor, window: int) -> Tensor:
    """Return ln p of each id after the first, ids [batch, time] -> [batch, time - 1], the State going on."""
    parts, state = [], None
    for start in range(0, ids.shape[1] - 1, window):
        part, state = _logprobs(model, ids[:, start : start + window + 1], state)
        parts.append(part)
    return torch.cat(parts, 1) if parts else ids.new_zeros(len(ids), 0).double()


def _overlapping(model: SequenceModel, ids: Tensor, window: int) -> Tensor:
    """Return the same for a model of limited context: each window scores what the one before did not."""
    half, parts, done = max(1, window // 2), [], 0
    while done < ids.shape[1] - 1:
        start = max(0, done + half - window) if done else 0
        end = min(start + window, ids.shape[1] - 1)
        part, _ = _logprobs(model, ids[:, start : end + 1], None)
        parts.append(part[:, done - start :])
        done = end
    return torch.cat(parts, 1) if parts else ids.new_zeros(len(ids), 0).double()


def _logprobs(model: SequenceModel, ids: Tensor, state: State | None) -> tuple[Tensor, State | None]:
    outputs, state = model(Batch({"target": Field(ids[:, :-1])}), state)
    logprobs = outputs["words"].double().log_softmax(-1)
    return logprobs.gather(2, ids[:, 1:, None]).squeeze(2), state
