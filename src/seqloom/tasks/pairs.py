"""Pair tasks: a text in, a text out. What translate, transduce, summarise and chat share."""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any, ClassVar, Self

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.data.kept import then
from seqloom.data.numbers import Numbers, parse
from seqloom.data.pairs import Pairs
from seqloom.data.pieces import Kind
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.settings import ROOM
from seqloom.errors import InputError
from seqloom.metrics.written import Written
from seqloom.model import SequenceModel
from seqloom.spec import DecodeSpec, Spec
from seqloom.tasks.answers import Answer, Search, answer, settings_of
from seqloom.tasks.chunks import CHUNK, Row, chunks
from seqloom.tasks.number_sources import NumberCoder, only_numbers
from seqloom.tasks.pair_batches import Coder, PairData, PairIds
from seqloom.tasks.pair_rows import Usual, digest, learn_pairs, read_pairs, read_sources, sides, source_columns
from seqloom.tasks.pairs_meter import PairsMeter
from seqloom.tasks.parts import TEST, Parts
from seqloom.tasks.questions import Questions
from seqloom.tasks.task import Data, Meter, Say, Task
from seqloom.tasks.vectors import pretrained

LONGEST = 512
"""Tokens of a side unless its `max_length` says otherwise."""
CUT_ALIKE: tuple[Kind, ...] = ("char", "jamo", "byte", "word", "symbol")
"""Kinds that cut a text the same way whatever they learnt, so that a source can be copied place by place."""


class PairTask(Task):
    """A source text to a target text, each with its vocabulary, or a source of numbers to a target text."""

    structure = "sequence"
    usual: ClassVar[Usual]
    cuts_source: ClassVar[bool] = False
    """Whether training cuts a source that is too long, as one does with documents, or leaves its pair out."""

    def __init__(self, spec: Spec, source: Vocabulary | Numbers, target: Vocabulary, rows_digest: str) -> None:
        super().__init__(spec)
        self.source, self.target, self.rows_digest = source, target, rows_digest
        if isinstance(source, Numbers):
            self.coder: Coder = NumberCoder(source, target)
        else:
            copies = any(head["kind"] == "copy" for head in spec.heads.values())
            self.coder = Coder(source, target, copies, sides(spec)[0].max_length or LONGEST)
        self._parts: Parts[Pairs] | None = None

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training pairs, hold out a share or read the validation pairs, and fit the vocabularies."""
        check_sides(spec)
        parts = cls._read(spec, say)
        train = parts.train
        one, other = sides(spec)

        def of_source() -> Iterator[str]:
            return (text for pair in train for text in pair.source)

        def of_target() -> Iterator[str]:
            return (pair.target for pair in train)

        source: Vocabulary | Numbers
        if other.joint:
            both = chain(of_source(), of_target())
            origin = then(train.origin, "both")
            source = target = Vocabulary.train(both, other.cut, other.vocab, other.lowercase, origin)
        else:
            if one.tokens == "vector":
                source = Numbers.train(pair.source for pair in train)
            else:
                origin = then(train.origin, "source")
                source = Vocabulary.train(of_source(), one.cut, one.vocab, one.lowercase, origin)
            origin = then(train.origin, "target")
            target = Vocabulary.train(of_target(), other.cut, other.vocab, other.lowercase, origin)
        task = cls(spec, source, target, digest(train))
        task._parts = parts
        return task

    def reread(self, say: Say) -> str:
        """Read the files of the spec again, for a loaded task; return the digest of the training pairs."""
        self._parts = self._read(self.spec, say)
        return digest(self._parts[0])

    @classmethod
    def _read(cls, spec: Spec, say: Say) -> Parts[Pairs]:
        """Read the training pairs and those held out; a source of numbers holds nothing else."""
        parts = learn_pairs(spec, cls.usual, say)
        if sides(spec)[0].tokens != "vector":
            return parts
        train = only_numbers(parts.train, None, spec, say)
        count = len(parse(train[0].source))
        valid, test = (None if held is None else only_numbers(held, count, spec, say) for held in parts[1:])
        return Parts(train, valid, test)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take the vocabularies of a run."""
        about = json.loads((folder / "pairs.json").read_text(encoding="utf-8"))
        reads: type[Vocabulary] | type[Numbers] = Numbers if sides(spec)[0].tokens == "vector" else Vocabulary
        source, target = reads.load(folder / "source"), Vocabulary.load(folder / "target")
        return cls(spec, source, target, about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write both vocabularies, which are the same where one was learnt from both sides."""
        self.source.save(folder / "source")
        self.target.save(folder / "target")
        about = {"training_rows_sha256": self.rows_digest}
        (folder / "pairs.json").write_text(json.dumps(about, indent=1), encoding="utf-8")

    @property
    def columns(self) -> list[str]:
        """The source columns of a row."""
        return source_columns(self.spec) or ["text"]

    def digest(self) -> str:
        """Return a hash of both vocabularies."""
        return hashlib.sha256(f"{self.source.digest}\n{self.target.digest}".encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return the sizes of the vocabularies (of a source, how many numbers), and pretrained vectors if asked for."""
        vectors = {}
        for name, side, vocabulary in zip(
            ("source", "target"), sides(self.spec), (self.source, self.target), strict=True
        ):
            if side.vectors is not None and vectors_too and isinstance(vocabulary, Vocabulary):
                vectors[name] = pretrained(side.vectors, vocabulary)
                side.size = vectors[name].shape[1]
        if isinstance(self.source, Numbers):
            return Wiring(target=len(self.target), vectors=vectors, features=len(self.source))
        return Wiring(source=len(self.source), target=len(self.target), vectors=vectors)

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return shuffled training batches and validation batches."""
        if self._parts is None:
            raise InputError("a loaded task has no training data; learn it from the spec first.")
        train, valid, _ = self._parts
        longest = sides(self.spec)[1].max_length or LONGEST
        ids = PairIds(self.coder, train, longest, self.cuts_source)
        if ids.too_long:
            say(
                f"{train.path}: {ids.too_long} of {len(train)} pairs are left out of training: more than "
                f"{self.coder.longest} tokens of source or {longest} of target (source.max_length, target.max_length); "
                f"the first: {train.where(ids.first_long)}"
            )
        if not len(ids):
            raise InputError(f"{train.path}: every pair is too long; raise source.max_length and target.max_length.")
        self._say_cut(ids, train, say)
        if isinstance(self.source, Numbers) and self.decode.max_length is None:
            longest_seen = int(ids.lengths[:, 1].max())
            self.spec.decode = self.decode.model_copy(update={"max_length": longest_seen + ROOM})
            say(
                f"{train.path}: answers have at most {longest_seen + ROOM} tokens, {ROOM} more than in training "
                "(decode.max_length)."
            )
        data = PairData(ids, self.spec.fit.batch_tokens, self.spec.fit.seed)
        return data, None if valid is None else self._evaluation(valid, say, self.decode.rows)

    def evaluation(self, path: str | None, say: Say, carries: bool) -> Data:
        """Return batches of a file of pairs, or of what training held out."""
        if path is not None and path != TEST:
            pairs = read_pairs(self.spec, path, self.usual, say)
            if isinstance(self.source, Numbers):
                pairs = only_numbers(pairs, len(self.source), self.spec, say)
            return self._evaluation(pairs, say)
        if self._parts is None:
            self.reread(say)
        assert self._parts is not None
        return self._evaluation(self._parts.held(path), say)

    def meter(self, model: SequenceModel, data: Data, search: Search | None = None) -> Meter:
        """Return a meter of nats a token and of the answers that the model writes to the questions of `data`."""
        if not isinstance(data, PairData) or data.questions is None:
            raise TypeError("a meter is for data to evaluate on")
        settings = settings_of(self.decode, search or Search(), self.target)

        def write(rows: Sequence[Sequence[str]]) -> Iterator[Answer]:
            return answer([model], self.coder, rows, settings)

        return PairsMeter(data.questions, self.coder, write, self.scores(), self.scores()[0])

    @abstractmethod
    def scores(self) -> list[Written]:
        """Return fresh metrics of written answers; the first is the one that the task is judged by."""

    @property
    def decode(self) -> DecodeSpec:
        """How answers are searched for."""
        return self.spec.decode or DecodeSpec()

    def batch(self, rows: Sequence[Sequence[str]]) -> Batch:
        """Make a batch to answer from rows of source texts."""
        return self.coder.reading(rows)

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Row],
        *,
        first: int = 0,
        search: Search | None = None,
        beam: int | None = None,
        best: int = 1,
        **options: Any,
    ) -> Iterator[Answer]:
        """Write an answer to each row, with one model or an ensemble: `beam` hypotheses kept, the `best` of them given,
        `search` for whatever else (None: as the spec says)."""
        if options.pop("threshold", None) is not None:
            raise InputError(f"threshold is for labels, and this run's task is {self.name}.")
        self._only(options)
        search = search or Search()
        search = replace(search, beam=search.beam if beam is None else beam, best=max(best, search.best))
        return self._write(models, rows, search, first)

    def _write(
        self, models: Sequence[SequenceModel], rows: Iterable[Row], search: Search, first: int
    ) -> Iterator[Answer]:
        settings = settings_of(self.decode, search, self.target)
        numbers = count(first, CHUNK)
        for chunk in chunks(rows, len(self.columns)):
            yield from answer(models, self.coder, chunk, settings, search.prefix, next(numbers))

    def rows_of(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], list[str]]]:
        """Read a file as training did and yield each row's values and its source texts; targets may be absent."""
        check = self.coder.check if isinstance(self.coder, NumberCoder) else None
        return read_sources(self.spec, path, self.usual, say, check)

    def _evaluation(self, pairs: Pairs, say: Say, most: int | None = None) -> Data:
        ids = PairIds(self.coder, pairs, None, True)
        self._say_cut(ids, pairs, say)
        questions = Questions(pairs, ids.longer.tolist(), self.spec.data.variants, most)
        if questions.all < len(pairs):
            say(
                f"{pairs.path}: {len(pairs)} rows have {questions.all} different sources; all targets of a source are "
                "right answers to it (data.variants)."
            )
        if len(questions) < questions.all:
            say(
                f"{pairs.path}: each validation answers {len(questions)} of {questions.all} sources, of all lengths "
                "(decode.rows); evaluate answers all."
            )
        return PairData(ids, self.spec.fit.batch_tokens, self.spec.fit.seed, questions)

    def _say_cut(self, ids: PairIds, pairs: Pairs, say: Say) -> None:
        if ids.cut:
            say(
                f"{pairs.path}: {ids.cut} of {len(pairs)} sources are longer than {self.coder.longest} tokens and are "
                "cut there (source.max_length)."
            )


def check_sides(spec: Spec) -> None:
    """Raise InputError for sides that contradict each other."""
    source, target = sides(spec)
    if target.joint:
        for key in ("tokens", "vocab", "lowercase"):
            one, other = getattr(source, key), getattr(target, key)
            if one != other:
                raise InputError(
                    f"target.joint learns one vocabulary from both sides, but source.{key} is {one} and target.{key} "
                    f"{other}; set both the same."
                )
    copies = [name for name, head in spec.heads.items() if head.get("kind") == "copy"]
    alike = source.tokens == target.tokens and source.lowercase == target.lowercase
    if copies and not (target.joint or (alike and target.tokens in CUT_ALIKE)):
        raise InputError(
            f"head {copies[0]}: copying needs both sides cut alike, here {source.tokens} and {target.tokens}. Take "
            f"target.joint: true, or one of {', '.join(CUT_ALIKE)} on both sides."
        )
