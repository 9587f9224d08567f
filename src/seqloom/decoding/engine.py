"""Engines: decoders packed for the native search, and the one place that says whether it writes the answers.

An engine holds a decoder's weights as its native step wants them. There is one for each kind of decoder, a file each;
whatever has none, and what the native search cannot do, is written by `search.py`, to the same answers.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol
from weakref import WeakKeyDictionary, ref

import torch

from seqloom.batch import Batch
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.packed_model import packed_model, version_of
from seqloom.decoding.penalties import length_penalty
from seqloom.decoding.recurrent_engine import recurrent_engine
from seqloom.decoding.rules import Rules
from seqloom.decoding.search import check_room, no_scores
from seqloom.decoding.settings import Settings
from seqloom.decoding.transformer_engine import transformer_engine
from seqloom.heads.head import Head
from seqloom.kernels.decoder_step import DecoderStep, Precision
from seqloom.kernels.library import Library, native
from seqloom.kernels.paths import PATHS
from seqloom.kernels.search import Asked, WrongScoresError, search
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.tape import watched


class Read(Protocol):
    """What was read, as a native step wants it."""

    @property
    def handle(self) -> int | None:
        """Where it lies; None where a step reads nothing."""


class Engine(Protocol):
    """A decoder with its weights packed."""

    @property
    def step(self) -> DecoderStep:
        """The step that the native search runs on."""

    def read(self, memory: Memory | None, steps: int) -> Read:
        """Return what rows read that write up to `steps` tokens, from the Memory that the model made (`model.read`)."""


Make = Callable[[Library, SequenceModel, Head, Precision], Engine | str]
ENGINES: tuple[Make, ...] = (transformer_engine, recurrent_engine)
"""Each packs the decoder of a model whose head writes, or says in words why it cannot."""
STRANGE = "no engine for this decoder"
"""What an engine says of a decoder that is not of its kind."""


class Writer:
    """A model that can write natively: what reads its sources, and its decoder's engine.

    It is made anew where a weight has changed.
    """

    def __init__(self, model: SequenceModel, engine: Engine) -> None:
        # A model that is packed reads for itself. It is not held: what is kept beside it would keep it for ever.
        self._model = ref(model)
        self._quick = packed_model(model, "float32") if model.precision is None else None
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The packed decoder."""
        return self._engine

    def write(
        self, batch: Batch, limits: Sequence[int], settings: Settings, prefixes: Sequence[Sequence[int]]
    ) -> list[list[Hypothesis]]:
        """Search as `search.py` does, with the same arguments, answers and errors."""
        check_room(prefixes, limits)
        Rules(settings, prefixes, torch.device("cpu")).check(self._engine.step.vocabulary)
        lengths = torch.arange(max(limits) + 1)
        single = {word[0] for word in settings.forbidden if len(word) == 1}
        asked = Asked(
            slots=settings.beam,
            best=settings.best,
            bos=settings.bos,
            eos=settings.eos,
            least=settings.min_length,
            no_repeat=settings.no_repeat,
            never=sorted({*settings.never, *single}),
            words=[word for word in settings.forbidden if len(word) > 1],
            limits=limits,
            prefixes=prefixes,
            penalties=length_penalty(settings.length_penalty, settings.alpha, lengths),
        )
        threads = min(torch.get_num_threads(), len(limits))  # a sentence is one thread's
        with torch.inference_mode():
            reader = self._model() if self._quick is None else self._quick
            assert reader is not None, "a model that writes is held by who asked"
            memory = reader.read(batch) if "source" in batch.inputs else None
            read = self._engine.read(memory, max(limits))
            try:
                found = search(self._engine.step, read.handle, asked, threads)
            except WrongScoresError as error:
                raise no_scores(error.row, error.time) from None
        return [
            [
                Hypothesis(
                    tuple(one.tokens[: len(one.tokens) - one.ended]),
                    one.total,
                    one.score,
                    one.ended,
                    tuple(one.logprobs),
                )
                for one in answers
            ]
            for answers in found
        ]


_LOG = logging.getLogger(__name__)
_writers: WeakKeyDictionary[SequenceModel, tuple[object, Writer | str]] = WeakKeyDictionary()


def writer(models: Sequence[SequenceModel], settings: Settings, head: str) -> Writer | str:
    """Choose: what writes natively for one model, or why it is `search.py` that writes. The choice is logged."""
    made = _chosen(models, settings, head)
    if isinstance(made, str):
        _LOG.info("answers are written step by step, not natively: %s", made)
    else:
        _LOG.info("answers are written natively, weights at %s", models[0].precision or "float32")
    return made


def _chosen(models: Sequence[SequenceModel], settings: Settings, head: str) -> Writer | str:
    model = models[0]
    reason = (
        ("an ensemble" if len(models) > 1 else "")
        or ("samples are drawn" if settings.samples else "")
        or ("the coverage penalty looks at attention" if settings.coverage else "")
        or ("a Tape or a Patch is on" if watched() else "")
        or ("autocast is on" if torch.is_autocast_enabled("cpu") else "")
        or PATHS["search"].why_not()
    )
    return reason or packed(model, head)


def packed(model: SequenceModel, head: str) -> Writer | str:
    """Return a model's decoder packed, as it was the last time if its weights are what they were; or why it is not."""
    now = version_of(model), model.precision
    if model not in _writers or _writers[model][0] != now:
        _writers[model] = now, _made(model, model.heads[head])  # type: ignore[arg-type]
    return _writers[model][1]


def _made(model: SequenceModel, head: Head) -> Writer | str:
    weights = list(model.parameters())
    if any(one.device.type != "cpu" or one.dtype != torch.float32 for one in weights):
        return "its weights are not float32 on a CPU"
    library = native()
    assert library is not None
    reasons = []
    for make in ENGINES:
        engine = make(library, model, head, model.precision or "float32")
        if not isinstance(engine, str):
            return Writer(model, engine)
        reasons.append(engine)
    return next((reason for reason in reasons if reason != STRANGE), STRANGE)
