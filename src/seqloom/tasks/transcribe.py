"""Transcribe: a recording to the text that is said in it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cached_property
from itertools import chain
from typing import Any, cast

import torch

from seqloom.architecture import Structure
from seqloom.decoding.ctc_search import CTC
from seqloom.decoding.settings import Settings
from seqloom.decoding.streaming import Stream, streamed
from seqloom.encoders import build_encoder
from seqloom.errors import InputError
from seqloom.fronts import USUAL, build_front
from seqloom.heads.ctc import least_steps
from seqloom.metrics.spoken import Spoken
from seqloom.metrics.written import Written
from seqloom.model import SequenceModel
from seqloom.presets import PRESETS
from seqloom.spec import Spec
from seqloom.tasks.answers import Answer, Search, answer, settings_of
from seqloom.tasks.audio_source import AudioSource
from seqloom.tasks.clip_pairs import ClipPairs
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pair_batches import PairData
from seqloom.tasks.pair_rows import sides
from seqloom.tasks.pairs_meter import PairsMeter
from seqloom.tasks.task import Data, Meter, Say
from seqloom.tasks.transcribe_meter import CTCMeter, HybridMeter
from seqloom.tasks.transcripts import Transcriber

SHARE = 0.5
"""What CTC counts for in the score of a text beside a decoder, unless decode.ctc says otherwise. On texts longer than
those of training a decoder stops too early, which a share of 0.3 does not outweigh (docs/transcribe.md)."""
HEADS: dict[str, dict[str, Any]] = {
    "ctc": {CTC: {"kind": "ctc", "dropout": 0.1}},
    "attention": {"words": {"kind": "tokens", "smoothing": 0.1, "dropout": 0.1}},
    "hybrid": {
        "words": {"kind": "tokens", "smoothing": 0.1, "dropout": 0.1, "weight": 0.7},
        CTC: {"kind": "ctc", "dropout": 0.1, "weight": 0.3},
    },
}
ARCHS = {"ctc": "ctc", "attention": "listen-attend-spell", "hybrid": "bahdanau"}
OF_BOTH = ("beam", "best")
OF_A_DECODER = ("length_penalty", "alpha")
"""What ranks the texts of a decoder alone."""


class Transcribe(MediaPairTask):
    """Speech recognition: by CTC at every step, by a decoder that attends, or by both (`audio.form`)."""

    name = "transcribe"
    about = "a recording to the text that is said in it"
    form_key = "audio.form"
    reads = ("audio",)
    texts = ("text", "transcript", "transcription", "sentence", "words", "target", "label")
    media: AudioSource

    @classmethod
    def form_of(cls, arch: str | None, form: str | None) -> str | None:
        """Return attention for an architecture that has a decoder whatever the task."""
        decoding = arch in PRESETS and isinstance(PRESETS[arch].parts("steps"), str)
        return form or ("attention" if decoding and not isinstance(PRESETS[str(arch)].parts("sequence"), str) else None)

    @classmethod
    def shape(cls, form: str | None) -> Structure:
        """Return steps where CTC tells all, else a sequence to a sequence."""
        return "steps" if form in (None, "ctc") else "sequence"

    @classmethod
    def default_arch(cls, form: str | None) -> str | None:
        """Return an architecture that suits the form."""
        return ARCHS.get(form or "ctc")

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: characters, told at every second frame of 10 ms.

        The word error rate may stay at 1 for epochs before it falls, so that patience is long.
        """
        return {
            "source": {"tokens": "audio", "size": 128, "dropout": 0.1, "front": {"kind": "cnn1d", "layers": 1}},
            "target": {"tokens": "char", "vocab": 8000, "size": 128, "dropout": 0.1},
            "audio": {},
            "data": {"valid": 0.05},
            "decode": {},
            "fit": {
                "epochs": 60,
                "at_least": 400,
                "batch_tokens": 9600,
                "lr": 1e-3,
                "schedule": "noam",
                "warmup": 200,
                "patience": 12,
                "metric": "wer",
            },
        }

    @classmethod
    def formed(cls, form: str | None) -> dict[str, Any]:
        """Return the template with the heads of a form."""
        form = form or "ctc"
        if form not in HEADS:
            raise InputError(f"audio.form={form} is not known: {', '.join(HEADS)}.")
        return {
            **cls.template(),
            "audio": {"form": form},
            "heads": {name: {**head} for name, head in HEADS[form].items()},
        }

    @classmethod
    def check(cls, spec: Spec) -> None:
        """Raise InputError for a source that is no recording, and for heads that this task does not have."""
        super().check(spec)
        strange = [name for name in spec.heads if name not in ("words", CTC)]
        if strange or not spec.heads:
            raise InputError(
                "transcribe has the heads words (of a decoder) and ctc, and the spec has "
                f"{', '.join(strange) or 'none'}: choose -s audio.form=ctc, attention or hybrid."
            )
        for name, kind in (("words", "tokens"), (CTC, "ctc")):
            if name in spec.heads and spec.heads[name]["kind"] != kind:
                raise InputError(f"heads.{name}={spec.heads[name]['kind']}: in transcribe this head is of kind {kind}.")

    @property
    def form(self) -> str:
        """Which heads there are: ctc, attention or hybrid."""
        return "hybrid" if len(self.spec.heads) == 2 else "ctc" if CTC in self.spec.heads else "attention"

    @cached_property
    def steps(self) -> Callable[[int], int]:
        """How many steps the model makes of so many frames."""
        source = sides(self.spec)[0]
        assert self.spec.encoder is not None
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            front = build_front(source.front, self.media.shape, source.size, 0.0)
            encoder = build_encoder(self.spec.encoder, front.size)
        return lambda frames: encoder.count(front.count(frames))

    @property
    def step(self) -> float:
        """Seconds from one step to the next."""
        many = 1 << 16
        return self.media.features.step / self.media.features.rate * many / self.steps(many)

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return training and validation batches, without texts that CTC could not tell in their time."""
        if self._pairs is not None:
            self._pairs = self._pairs._replace(train=self._tellable(self._pairs.train, say, training=True))
        return super().training(say, carries)

    def _evaluated(self, pairs: ClipPairs, say: Say, most: int | None = None) -> Data:
        return super()._evaluated(self._tellable(pairs, say), say, most)

    def _tellable(self, pairs: ClipPairs, say: Say, training: bool = False) -> ClipPairs:
        """Return the pairs whose text has steps enough for CTC, at the greatest speed that training draws.

        Raises InputError for the first that has not, unless bad rows are skipped.
        """
        if CTC not in self.spec.heads:
            return pairs
        self.coder.register(pairs.clips)
        fastest = 1 + (self.spec.audio.speed if training and self.spec.audio else 0.0)
        frames = self.coder.lengths([[digest] for digest in pairs.digests])
        short: list[int] = []
        what = ""
        for place, ids in enumerate(self.coder.targets(pair.target for pair in pairs)):
            has = self.steps(int(frames[place] / fastest))
            need = least_steps(ids)
            if need > has:
                short.append(place)
                what = what or (
                    f"{pairs.where(place)}: its text of {len(ids)} tokens needs {need} steps, and it has {has} of "
                    f"{1000 * self.step:g} ms"
                    + (f" at {fastest:g} times its speed (audio.speed)" if fastest > 1 else "")
                )
        if not short:
            return pairs
        if self.spec.data.on_bad_row == "error":
            raise InputError(
                f"{what}. Is it the right text? Else make more steps (-s source.front.stride=1, -s audio.hop=0.005) or "
                "fewer tokens (-s target.tokens=bpe), or leave such rows out with --on-bad-row skip."
            )
        if len(short) == len(pairs):
            raise InputError(
                f"{pairs.path}: every text has more tokens than its recording has steps, the first: {what}."
            )
        say(f"{pairs.path}: {len(short)} of {len(pairs)} rows are left out, more text than steps; the first: {what}.")
        left_out = set(short)
        return pairs.at([place for place in range(len(pairs)) if place not in left_out])

    def meter(self, model: SequenceModel, data: Data, search: Search | None = None) -> Meter:
        """Return a meter of nats and of the errors of what is heard."""
        if not isinstance(data, PairData) or data.questions is None:
            raise TypeError("a meter is for data to evaluate on")
        search = search or Search()
        settings = self._settings(search)
        if self.form == "ctc":
            return CTCMeter(data.questions, self.target, settings.beam)
        scores = self.scores()
        if self.form == "attention":

            def write(rows: Sequence[Sequence[Any]]) -> Iterator[Answer]:
                return answer([model], self.coder, rows, settings)

            return PairsMeter(data.questions, self.coder, write, scores, self.scores()[0])
        transcriber = Transcriber([model], self.coder, settings, self.share)
        written = PairsMeter(data.questions, self.coder, transcriber, scores, self.scores()[0])
        told = CTCMeter(data.questions, self.target, 1)
        return HybridMeter(written, cast(Spoken, scores[0]), told, model.weights)

    def scores(self) -> list[Written]:
        """Return word and character error rates."""
        return [Spoken()]

    @property
    def share(self) -> float:
        """What CTC counts for in the score of a text, beside a decoder."""
        return SHARE if self.decode.ctc is None else self.decode.ctc

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Any],
        *,
        first: int = 0,
        search: Search | None = None,
        beam: int | None = None,
        best: int = 1,
        times: bool = False,
        **options: Any,
    ) -> Iterator[Answer]:
        """Transcribe each recording: a path, encoded bytes, an array at `audio.rate`, or an array and its rate; with
        `times`, also say when each word was said."""
        if self.form == "attention" or (search is not None and search.samples):
            if times:
                raise InputError(
                    "times are those of the steps that CTC tells, and this text is written by a decoder alone: train "
                    "with -s audio.form=ctc or hybrid, and draw no samples."
                )
            return super().answers(models, rows, first=first, search=search, beam=beam, best=best, **options)
        if options.pop("threshold", None) is not None:
            raise InputError(f"threshold is for labels, and this run's task is {self.name}.")
        self._only(options)
        search = search or Search()
        search = replace(search, beam=search.beam if beam is None else beam, best=max(best, search.best))
        share = None if self.form == "ctc" else self.share
        transcriber = Transcriber(
            models,
            self.coder,
            self._settings(search),
            share,
            self.step if times else None,
            () if share is None else self.target.encode(search.prefix),
        )
        chunks = ([(raw,) for raw in chunk] for chunk in self.media.chunks(rows))
        return chain.from_iterable(transcriber(cast(Any, chunk)) for chunk in chunks)

    def stream(self, model: SequenceModel, beam: int | None = None) -> Stream:
        """Return what transcribes one recording while it is heard, by CTC. Raises InputError, naming the part, for a
        model that must hear it to its end."""
        if self.form != "ctc":
            raise InputError(
                "a decoder attends to the whole recording, so it cannot be streamed: train with -s audio.form=ctc."
            )
        front = sides(self.spec)[0].front or {}
        streamed(model, str(front.get("kind", USUAL["audio"])), self.spec.encoder or {})
        return Stream(model, self.media.stream(), self.target, self._settings(Search(beam=beam)).beam)

    def _settings(self, search: Search) -> Settings:
        """Return how texts are searched for. Raises InputError for what only a decoder has."""
        if self.form == "ctc":
            asked = [one.name for one in fields(search) if getattr(search, one.name) != getattr(Search(), one.name)]
            idle, why = [name for name in asked if name not in OF_BOTH], "and this run has none (audio.form=ctc)"
        elif self.form == "hybrid":
            idle, why = [name for name in OF_A_DECODER if getattr(search, name) is not None], "where CTC has no share"
        else:
            idle, why = [], ""
        if idle:
            said = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
            raise InputError(f"{said} shapes what a decoder writes, {why}: leave it out.")
        settings = settings_of(self.decode, search, self.target)
        return settings if self.form == "attention" else replace(settings, length_penalty="none", alpha=1.0)
