"""Writer: one trained model, or several as an ensemble, as the step function that a search runs on.

An ensemble's next token has the mean of its models' probabilities (Sutskever et al. 2014, section 3.6, and all since).
For the coverage penalty a Tape listens to what the decoder's readers look at; the attention summed over steps, and
averaged over heads, layers and models, lives in the State beside what the models remember, as `coverage`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.decoding.beam import Beam
from seqloom.decoding.engine import writer
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.samples import Samples
from seqloom.decoding.search import Picker, Source, Step, search
from seqloom.decoding.settings import ROOM, Settings
from seqloom.errors import InputError
from seqloom.heads.copy import CopyHead
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.state import State
from seqloom.tape import Tape

WORDS = "words"
"""The head that writes."""


@dataclass(frozen=True)
class Memories(Source):
    """What each model of an ensemble has read."""

    of: tuple[Memory, ...]

    def reorder(self, index: Tensor) -> "Memories":
        """Pick rows of every one."""
        return Memories(tuple(memory.reorder(index) for memory in self.of))


def decode(
    models: Sequence[SequenceModel],
    batch: Batch,
    settings: Settings,
    *,
    prefixes: Sequence[Sequence[int]] | None = None,
    numbers: Sequence[int] | None = None,
    watch: Callable[[Picker], Picker] | None = None,
) -> list[list[Hypothesis]]:
    """Write what follows each source of a batch: hypotheses row by row, best first; several models are an ensemble.

    `prefixes` are tokens that each row's answer begins with. `numbers` are the numbers of the rows, from which, with
    the seed, samples follow; by default their places in the batch. A model without an encoder goes on from prefixes.
    `watch` puts something around what picks continuations, to see what is picked (see `tree.py`).
    Raises InputError for settings that these models or prefixes cannot meet, NumberError for scores that are none.
    """
    if any(model.training for model in models):
        raise ValueError("a model that decodes must be in evaluation mode")
    device = next(models[0].parameters()).device
    source = batch.inputs.get("source")
    if source is None and prefixes is None:
        raise InputError("a model without a source goes on from prefixes, and there are none.")
    held = [0] * len(prefixes or ()) if source is None or source.mask is None else source.mask.sum(1).tolist()
    prefixes = [()] * len(held) if prefixes is None else prefixes
    if not held:
        return []
    limits = _limits(models, settings, held, prefixes)
    native = "the search is watched" if watch is not None else writer(models, settings, WORDS)
    if not isinstance(native, str):
        return native.write(batch, limits, settings, prefixes)
    picker: Picker = (
        Samples(settings, limits, range(len(held)) if numbers is None else numbers)
        if settings.samples
        else Beam(settings.beam, len(held), device)
    )
    picker = picker if watch is None else watch(picker)
    with torch.no_grad():
        memories = None if source is None else Memories(tuple(model.read(batch) for model in models))
        return search(stepper(models, settings.coverage > 0), memories, limits, picker, settings, prefixes, device)


def stepper(models: Sequence[SequenceModel], watched: bool = False) -> Step:
    """Return the step of one model or of several; `watched` adds up the attention that each place receives.

    Raises InputError for several models of which one copies, and where there is no attention to watch.
    """
    if len(models) > 1 and any(isinstance(model.heads[WORDS], CopyHead) for model in models):
        raise InputError(
            "an ensemble averages probabilities of the same tokens, and a head of kind copy has words of its own in "
            "every row: take runs whose heads are of kind tokens, or decode one run."
        )
    readers = [_readers(model) if watched else () for model in models]
    if watched and not any(readers):
        raise InputError(
            "the coverage penalty adds up attention, and no decoder here looks at its source by attention: set "
            "coverage=0, or train with -s bridge=attention."
        )

    def step(ids: Tensor, state: State, memory: Source | None) -> tuple[Tensor, State]:
        own: tuple[Memory | None, ...] = memory.of if isinstance(memory, Memories) else (None,) * len(models)
        after: State = {}
        logits, looks = [], []
        for number, model in enumerate(models):
            heard: Mapping[str, Tensor] = {}
            with Tape(model, only=readers[number]) if readers[number] else nullcontext(heard) as heard:
                out, after[str(number)] = model.step(ids.unsqueeze(1), state.get(str(number)), own[number], WORDS)
            logits.append(out)
            if heard:  # each [rows, heads, 1, source]
                looks.append(torch.stack([weights.mean(1).squeeze(1) for weights in heard.values()]).mean(0))
        if watched and own[0] is not None:
            before = state["coverage"] if state else (~own[0].mask).to(looks[0].dtype)  # padding needs no look
            after["coverage"] = before + torch.stack(looks).mean(0)
        return logits[0] if len(models) == 1 else mean_probability(logits), after

    return step


def mean_probability(logits: Sequence[Tensor]) -> Tensor:
    """Return ln of the mean of the probabilities of several models, each from its logits [rows, vocabulary]."""
    each = torch.stack(
        [one.log_softmax(-1, one.dtype if one.dtype == torch.float64 else torch.float32) for one in logits]
    )
    return each.logsumexp(0) - math.log(len(logits))


def check_ensemble(digests: Mapping[str, str]) -> None:
    """Raise InputError where runs, given as name: hash of the vocabularies, do not write the same tokens."""
    (first, known), *others = digests.items()
    for name, digest in others:
        if digest != known:
            raise InputError(
                f"{name} has other vocabularies than {first} (sha256 {digest[:8]} and {known[:8]}): probabilities of "
                "different tokens have no mean. An ensemble needs runs that were trained on the same files with the "
                "same tokens."
            )


def _readers(model: SequenceModel) -> tuple[str, ...]:
    """Return where the attention of a decoder's readers is to be heard."""
    if model.decoder is None:
        return ()
    parts = model.decoder.named_modules(prefix="decoder")
    return tuple(f"{path}.weights" for path, part in parts if isinstance(part, Reader) and part.asks)


def _limits(
    models: Sequence[SequenceModel], settings: Settings, source: Sequence[int], prefixes: Sequence[Sequence[int]]
) -> list[int]:
    """Return the most tokens of each row's answer, as asked or by the length of its source [rows]."""
    span = min((model.decoder.span for model in models if model.decoder and model.decoder.span), default=None)
    if settings.max_length is not None:
        if span is not None and settings.max_length > span:
            raise InputError(
                f"max_length={settings.max_length}, but the decoder's positions end at {span}. Ask for at most that, "
                "or train with a larger decoder.max_positions or with positions=rotary."
            )
        return [settings.max_length] * len(source)
    least = settings.min_length + 1
    wanted = [max(2 * length, len(prefix), least) + ROOM for length, prefix in zip(source, prefixes, strict=True)]
    return wanted if span is None else [min(limit, span) for limit in wanted]
