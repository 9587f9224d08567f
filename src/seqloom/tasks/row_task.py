"""Row tasks: something is told of each row, read whole: of a text, of a sequence of DNA, of a series of numbers."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from numpy.typing import NDArray

from seqloom.architecture import Structure
from seqloom.batch import Batch
from seqloom.data.media_open import sniff_kind
from seqloom.data.tracks import is_tracks
from seqloom.errors import InputError
from seqloom.spec import MEDIA, Spec
from seqloom.tasks.clips import ClipReader
from seqloom.tasks.curves import CurveReader, is_ts
from seqloom.tasks.examples import LABEL_COLUMNS, Examples, Reader
from seqloom.tasks.labelled import TextReader, is_fasta, sides
from seqloom.tasks.media_defaults import suited_media
from seqloom.tasks.media_source import media_class
from seqloom.tasks.parts import TEST, Parts, parted, say_twice
from seqloom.tasks.row_data import RowData
from seqloom.tasks.series_source import SeriesSource
from seqloom.tasks.source import Source
from seqloom.tasks.task import Data, Say, Task
from seqloom.tasks.text_source import TextSource

One = TypeVar("One")
"""The answer to a row."""

SERIES: dict[str, Any] = {
    "source": {"tokens": "series", "size": 64, "dropout": 0.1},
    "fit": {"epochs": 60, "batch_tokens": 512, "patience": 20},
}
"""What suits series, over the template of a task: sets are of tens or hundreds, so epochs are many."""
KMERS: dict[str, Any] = {"source": {"tokens": "kmer", "size": 64}}
"""What suits DNA."""


def defaults(heads: dict[str, Any]) -> dict[str, Any]:
    """Return the template of a task that reads rows: subwords in, up to ten epochs (200 updates of a small file at
    least), early stopping on the loss."""
    return {
        "source": {"tokens": "bpe", "vocab": 8000, "size": 128, "dropout": 0.2},
        "target": {},
        "heads": heads,
        "data": {"valid": 0.1},
        "fit": {"epochs": 10, "at_least": 200, "batch_tokens": 2048, "lr": 1e-3, "patience": 3, "metric": "loss"},
    }


class RowTask(Task):
    """Reads rows of any source (`source.tokens`) and leaves to its subclasses what is told of them."""

    structure: ClassVar[Structure] = "summary"
    reads: ClassVar[tuple[str, ...]] = MEDIA
    usual: ClassVar[tuple[str, ...]] = LABEL_COLUMNS
    """Names that the column of what is told usually bears."""

    def __init__(self, spec: Spec, source: Source[Any], rows_digest: str) -> None:
        super().__init__(spec)
        self.source, self.rows_digest = source, rows_digest
        self._parts: Parts[Examples] | None = None

    @classmethod
    def suited(cls, data: str, tokens: str | None, format: str | None) -> dict[str, Any]:
        """Return what suits series and DNA, which a file's name may tell (.ts, FASTA), or what it begins with
        (tracks): there are few rows, and short words."""
        if tokens is None and is_tracks(data, format):
            tokens = "series"
        if tokens is None and (kind := sniff_kind(data)) is not None:
            tokens = kind
        if tokens in MEDIA:
            return suited_media(str(tokens))
        if tokens is None and is_ts(data, format):
            tokens = "series"
        if tokens is None and is_fasta(data, format):
            tokens = "kmer"
        return {"series": SERIES, "kmer": KMERS}.get(str(tokens), {})

    @property
    def whole(self) -> bool:
        """Whether standard input is FASTA, `.ts` or a long table."""
        return self.reader(self.spec).whole

    @abstractmethod
    def targets(self, examples: Examples) -> dict[str, NDArray[Any]]:
        """Return what is to be told, by head: [rows, ...]. Raises InputError, with the place, for what cannot be."""

    @classmethod
    def reader(cls, spec: Spec) -> Reader:
        """Return what reads the files of a spec."""
        tokens = sides(spec)[0].tokens
        kind = CurveReader if tokens == "series" else ClipReader if tokens in MEDIA else TextReader
        return kind(spec, cls.usual)

    @classmethod
    def halves(cls, examples: Examples, share: float, seed: int, say: Say) -> tuple[Examples, Examples]:
        """Hold out a share of the rows."""
        return examples.halved(share, seed)

    @classmethod
    def usable(cls, spec: Spec, examples: Examples, say: Say) -> Examples:
        """Return the rows whose target can be told. Raises InputError for one that cannot, unless it is skipped."""
        return examples

    @classmethod
    def read(cls, spec: Spec, say: Say) -> Parts[Examples]:
        """Read the training rows, those to validate on and those to test on."""
        if spec.data.train is None:
            raise InputError(f"{spec.task} needs data: a file of rows and what is to be told of them.")
        reader = cls.reader(spec)
        examples = cls.usable(spec, reader.training(spec.data.train, say), say)

        def hold(rows: Examples, share: float) -> tuple[Examples, Examples]:
            return cls.halves(rows, share, spec.split_seed, say)

        def named(name: str, rows: Examples, why: str) -> tuple[Examples, Examples]:
            both = None if Path(name).exists() else rows.chosen(name, say)
            if both is not None:
                return both
            held = cls.usable(spec, reader.labelled(name, say), say)
            origins = rows.origin, held.origin
            say_twice(name, held.keys(), len(held), str(spec.data.train), rows.keys(), "rows", why, say, origins)
            return rows, held

        return parted(spec.data, examples, hold, named)

    def reread(self, say: Say) -> str:
        """Read the files of the spec again, for a loaded task; return the digest of the training rows."""
        self._parts = self.read(self.spec, say)
        return self._parts[0].digest()

    @property
    def columns(self) -> list[str]:
        """What a person is asked for, to answer one row."""
        return self.reader(self.spec).columns

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return shuffled training batches and validation batches."""
        if self._parts is None:
            raise InputError("a loaded task has no training data; learn it from the spec first.")
        train, valid, _ = self._parts
        return self._data(train, True, say), None if valid is None else self._data(valid, False, say)

    def evaluation(self, path: str | None, say: Say, carries: bool) -> Data:
        """Return batches of a file with targets, or of what training held out."""
        if path not in (None, TEST):
            examples = self.usable(self.spec, self.reader(self.spec).labelled(path, say), say)
            return self._data(examples, False, say)
        if self._parts is None:
            self._parts = self.read(self.spec, say)
        return self._data(self._parts.held(path), False, say)

    def rows_of(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Any]]:
        """Read a file as training did and yield each row's own values and what is read of it; labels may be absent."""
        return self.reader(self.spec).rows(path, say)

    def batch(self, rows: Sequence[Any]) -> Batch:
        """Make a batch to answer, of rows as the source gives them out."""
        field = self.source.field(rows)
        assert field.mask is not None
        return Batch({"source": field}, rows=tuple(range(len(rows))), tokens=int(field.mask.sum()))

    def told(self, rows: Iterable[Any], tell: Callable[[Batch], Iterable[One]]) -> Iterator[One]:
        """Answer rows some at a time, those of like length together, and give the answers in the order of the rows."""
        for chunk in self.source.chunks(rows):
            answers: dict[int, One] = {}
            for places in self.source.alike(chunk):
                batch = self.batch([chunk[place] for place in places])
                answers.update(zip(places, tell(batch), strict=True))
            yield from (answers[place] for place in range(len(chunk)))

    def _data(self, examples: Examples, training: bool, say: Say) -> Data:
        stored = self.source.store(examples, training, say)
        fit = self.spec.fit
        return RowData(stored, self.targets(examples), fit.batch_tokens, fit.seed, training, examples)


def source_of(spec: Spec) -> type[Source[Any]]:
    """Return the kind of source of a spec."""
    tokens = sides(spec)[0].tokens
    return SeriesSource if tokens == "series" else media_class(spec) if tokens in MEDIA else TextSource
