"""Media pair tasks: a recording, a picture or a film in, a text out. What caption and transcribe share."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

from seqloom.build import Wiring
from seqloom.data.media_open import sniff_kind
from seqloom.data.splits import hold_out
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.settings import ROOM
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import MEDIA, Spec
from seqloom.tasks.answers import Answer, Search, answer, settings_of
from seqloom.tasks.clip_pairs import ClipData, ClipPairs, MediaCoder
from seqloom.tasks.clips import ClipReader
from seqloom.tasks.media_source import MediaSource, media_class
from seqloom.tasks.pair_rows import SPLIT, digest, joined, sides
from seqloom.tasks.pairs import LONGEST, PairTask
from seqloom.tasks.parts import TEST, Parts, parted, say_twice
from seqloom.tasks.questions import Questions
from seqloom.tasks.task import Data, Say
from seqloom.tasks.vectors import pretrained


class MediaPairTask(PairTask):
    """An item of media to a text. The heads of its spec say how: `words` by a decoder, `ctc` at every step."""

    named: ClassVar[dict[str, str]] = {"source": "source", "target": "target"}
    texts: ClassVar[tuple[str, ...]]
    """Names that the column of the text usually bears."""
    reads: ClassVar[tuple[str, ...]] = MEDIA
    coder: MediaCoder

    def __init__(self, spec: Spec, media: MediaSource, target: Vocabulary, rows_digest: str) -> None:
        self.spec, self.rows_digest = spec, rows_digest
        self.media, self.target = media, target
        self.coder = MediaCoder(media, target)
        self._pairs: Parts[ClipPairs] | None = None

    @classmethod
    def suited(cls, data: str, tokens: str | None, format: str | None) -> dict[str, Any]:
        """Return the kind of media that the data holds."""
        found = tokens or sniff_kind(data)
        return {"source": {"tokens": found if found in cls.reads else cls.reads[0]}} if tokens is None else {}

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training rows, hold out a share or read those to validate on, and learn scales and vocabulary."""
        _, target = sides(spec)
        cls.check(spec)
        parts = cls.read_clips(spec, say)
        train = parts.train
        media = media_class(spec).learn(spec, train.clips, say)
        vocabulary = Vocabulary.train((pair.target for pair in train), target.cut, target.vocab, target.lowercase)
        task = cls(spec, media, vocabulary, digest(train))
        task._pairs = parts
        return task

    @classmethod
    def check(cls, spec: Spec) -> None:
        """Raise InputError for a source that the task does not read."""
        tokens = sides(spec)[0].tokens
        if tokens not in cls.reads:
            raise InputError(
                f"{cls.name} reads {' or '.join(cls.reads)}, and source.tokens={tokens}: take "
                f"source.tokens={cls.reads[0]}, or another task for other sources (seqloom list tasks)."
            )

    @classmethod
    def read_clips(cls, spec: Spec, say: Say) -> Parts[ClipPairs]:
        """Read the rows of training and those held out; rows of one item stay together."""
        data = spec.data
        if data.train is None:
            raise InputError(f"{spec.task} needs data: a table of paths and texts, a folder or an archive with one.")
        reader = ClipReader(spec, cls.texts)
        train = ClipPairs(reader.training(data.train, say))

        def hold(rows: ClipPairs, share: float) -> tuple[ClipPairs, ClipPairs]:
            kept, held = hold_out(joined(rows), share, SPLIT if data.split is None else data.split)
            return rows.at(kept), rows.at(held)

        def named(name: str, rows: ClipPairs, why: str) -> tuple[ClipPairs, ClipPairs]:
            held = ClipPairs(reader.labelled(name, say))
            what = "rows have items that"
            say_twice(name, joined(held), len(held), str(data.train), joined(rows), what, why, say)
            return rows, held

        return parted(data, train, hold, named)

    def reread(self, say: Say) -> str:
        """Read the files of the spec again, for a loaded task; return the digest of the training rows."""
        self._pairs = self.read_clips(self.spec, say)
        return digest(self._pairs[0])

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take scales and vocabulary of a run."""
        about = json.loads((folder / "pairs.json").read_text(encoding="utf-8"))
        media = media_class(spec).load(spec, folder / "source")
        return cls(spec, media, Vocabulary.load(folder / "target"), about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write scales and vocabulary."""
        self.media.save(folder / "source")
        self.target.save(folder / "target")
        about = {"training_rows_sha256": self.rows_digest}
        (folder / "pairs.json").write_text(json.dumps(about, indent=1), encoding="utf-8")

    @property
    def columns(self) -> list[str]:
        """What a person is asked for: a path."""
        return ["file"]

    def digest(self) -> str:
        """Return a hash of scales and vocabulary."""
        return hashlib.sha256(f"{self.media.digest}\n{self.target.digest}".encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return the shape of the items, the size of the vocabulary, and pretrained vectors if asked for."""
        vectors, side = {}, sides(self.spec)[1]
        if side.vectors is not None and vectors_too:
            vectors["target"] = pretrained(side.vectors, self.target)
            side.size = vectors["target"].shape[1]
        return Wiring(target=len(self.target), vectors=vectors, **self.media.wiring(vectors_too))

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return shuffled training batches and validation batches."""
        if self._pairs is None:
            raise InputError("a loaded task has no training data; learn it from the spec first.")
        train, valid, _ = self._pairs
        longest = sides(self.spec)[1].max_length or LONGEST
        data = self.batches(train)
        fits = [place for place, ids in enumerate(data.targets) if len(ids) <= longest]
        if len(fits) < len(train):
            bad = next(place for place in range(len(train)) if len(data.targets[place]) > longest)
            say(
                f"{train.path}: {len(train) - len(fits)} of {len(train)} rows are left out of training: more than "
                f"{longest} tokens of target (target.max_length); the first: {train.where(bad)}"
            )
            if not fits:
                raise InputError(f"{train.path}: every text is too long; raise target.max_length.")
            data = self.batches(train.at(fits))
        if self.decode.max_length is None and self.spec.decoder is not None:
            most = max(map(len, data.targets)) + ROOM
            self.spec.decode = self.decode.model_copy(update={"max_length": most})
            say(f"{train.path}: answers have at most {most} tokens, {ROOM} more than in training (decode.max_length).")
        return data, None if valid is None else self._evaluated(valid, say, self.decode.rows)

    def evaluation(self, path: str | None, say: Say, carries: bool) -> Data:
        """Return batches of a collection with texts, or of what training held out."""
        if path is not None and path != TEST:
            return self._evaluated(ClipPairs(ClipReader(self.spec, self.texts).labelled(path, say)), say)
        if self._pairs is None:
            self.reread(say)
        assert self._pairs is not None
        return self._evaluated(self._pairs.held(path), say)

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Any],
        *,
        first: int = 0,
        search: Search | None = None,
        beam: int | None = None,
        best: int = 1,
        **options: Any,
    ) -> Iterator[Answer]:
        """Write a text for each item: a path, encoded bytes, or an array; options as in PairTask."""
        if options.pop("threshold", None) is not None:
            raise InputError(f"threshold is for labels, and this run's task is {self.name}.")
        self._only(options)
        search = search or Search()
        search = replace(search, beam=search.beam if beam is None else beam, best=max(best, search.best))
        return self._write_all(models, rows, search, first)

    def _write_all(
        self, models: Sequence[SequenceModel], rows: Iterable[Any], search: Search, first: int
    ) -> Iterator[Answer]:
        settings = settings_of(self.decode, search, self.target)
        for chunk in self.media.chunks(rows):
            items: Any = [(raw,) for raw in chunk]
            yield from answer(models, self.coder, items, settings, search.prefix, first)
            first += len(chunk)

    def rows_of(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Any]]:
        """Read a collection, or a file alone, and yield each row's cells and its item; texts may be absent."""
        return ClipReader(self.spec, self.texts).rows(path, say)

    def batches(self, pairs: ClipPairs, questions: Questions | None = None) -> ClipData:
        """Return batches of pairs, whose items the coder then knows."""
        self.coder.register(pairs.clips)
        fit = self.spec.fit
        return ClipData(pairs, self.coder, list(self.spec.heads), fit.batch_tokens, fit.seed, questions)

    def _evaluated(self, pairs: ClipPairs, say: Say, most: int | None = None) -> Data:
        self.coder.register(pairs.clips)
        times = self.coder.lengths([[digest] for digest in pairs.digests])
        questions = Questions(pairs, times, self.spec.data.variants, most)
        if questions.all < len(pairs):
            say(
                f"{pairs.path}: {len(pairs)} rows have {questions.all} different items; all texts of an item are right "
                "answers to it (data.variants)."
            )
        if len(questions) < questions.all:
            say(
                f"{pairs.path}: each validation answers {len(questions)} of {questions.all} items, of all lengths "
                "(decode.rows); evaluate answers all."
            )
        return self.batches(pairs, questions)
