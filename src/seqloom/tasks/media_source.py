"""Recordings, pictures and films as a source: decoded and checked once, then made into numbers, anew in each epoch
where training varies them."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Field
from seqloom.data.media import Item
from seqloom.errors import InputError
from seqloom.fronts.front import MediaShape
from seqloom.spec import MEDIA, Spec
from seqloom.spec_media import MediaSpec
from seqloom.table import Table
from seqloom.tasks.front_weights import foretold, front_weights
from seqloom.tasks.source import Draw, Source, Stored
from seqloom.tasks.task import Say

if TYPE_CHECKING:
    from seqloom.tasks.clips import Clips

Raw = NDArray[Any]
Made = NDArray[np.float32]
CHUNK = 64
"""Items answered at once."""
SOURCES = Table(
    "source",
    "seqloom.tasks",
    {"audio": "audio_source:AudioSource", "image": "image_source:ImageSource", "video": "video_source:VideoSource"},
)


@dataclass(frozen=True)
class Decoded:
    """An item that was decoded and checked already, and what it is called in messages."""

    where: str
    raw: Raw


class MediaSource(Source["Clips"]):
    """Items of one kind.

    What only data knows of how items are read (a rate, a size) is settled by the first good one and written into the
    spec; `raw` follows from the spec alone. What is learnt (means, deviations) is learnt from the raws of training.

    kind    "audio", "image" or "video"
    dims    the shape of one item, as MediaShape has it
    varies  training makes an item otherwise in each epoch
    """

    kind: ClassVar[str]
    varies: bool = False

    @classmethod
    @abstractmethod
    def settle(cls, spec: Spec, item: Item) -> None:
        """Write into the spec what it leaves open and a first item tells. Raises InputError, with the place, for an
        item that cannot be read."""

    @classmethod
    @abstractmethod
    def raw(cls, spec: Spec, item: Item) -> Raw:
        """Decode an item and check it: what is kept in memory, the same at every call. Raises InputError, with the
        place, for one that cannot be used."""

    @classmethod
    def changed(cls, spec: Spec, item: Item) -> str | None:
        """Return what `raw` changes of an item that a person must hear of, as it is said of many ("resampled ...");
        what is done to every item alike, `fit` says."""
        return None

    @classmethod
    @abstractmethod
    def length(cls, spec: Spec, raw: Raw) -> int:
        """Return the time that `made` gives an item."""

    @classmethod
    @abstractmethod
    def fit(cls, spec: Spec, raws: Iterable[Raw], say: Say) -> Self:
        """Learn from the items of training, each once."""

    @abstractmethod
    def made(self, raw: Raw, rng: np.random.Generator | None) -> Made:
        """Return what a model reads of an item, [time, ...]; varied where there is randomness."""

    @property
    @abstractmethod
    def dims(self) -> tuple[int, ...]:
        """The shape of one item."""

    @classmethod
    def learn(cls, spec: Spec, examples: "Clips", say: Say) -> Self:
        """Fit what depends on data."""
        refs = list(dict.fromkeys(examples.refs()))
        made = cls.fit(spec, (examples.vault[ref] for ref in refs), say)
        for note in foretold(spec, made.shape):
            say(note)
        return made

    @property
    def shape(self) -> MediaShape:
        """What the items are, for a front."""
        return MediaShape(self.kind, self.dims)

    def wiring(self, vectors_too: bool) -> dict[str, Any]:
        """Return the shape of the items, and the weights that their front starts from, if asked for."""
        return {"media": self.shape, "weights": front_weights(self.spec) if vectors_too else {}}

    def store(self, examples: "Clips", training: bool, say: Say) -> "MediaStored":
        """Return the items of some rows."""
        return MediaStored(self, examples, training and self.varies)

    def chunks(self, rows: Iterable[Any]) -> Iterator[list[Raw]]:
        """Yield decoded items some at a time: of paths, encoded bytes, arrays (audio: with their rate, as a pair)."""
        rest = iter(rows)
        number = 0
        while chunk := list(islice(rest, CHUNK)):
            yield [self.opened(row, number + at) for at, row in enumerate(chunk)]
            number += len(chunk)

    def opened(self, row: Any, number: int = 0) -> Raw:
        """Decode one row to be answered. Raises InputError for one that is none."""
        if isinstance(row, Decoded):
            return row.raw
        return self.raw(self.spec, as_item(row, number))

    def field(self, rows: Sequence[Raw]) -> Field:
        """Lay decoded items side by side."""
        return laid([self.made(raw, None) for raw in rows])


class MediaStored(Stored):
    """The items of some rows; what does not vary is made once, where memory allows."""

    def __init__(self, source: MediaSource, clips: "Clips", varies: bool) -> None:
        self._source, self._vault, self._refs = source, clips.vault, clips.refs()
        self.varies = varies
        self.lengths = np.array([self._vault.length(ref) for ref in self._refs], np.int64)
        self._left = (source.spec.media or MediaSpec()).memory << 20
        self._made: dict[str, Made] = {}

    def field(self, rows: Sequence[int], draw: Draw | None) -> Field:
        """Lay items side by side, varied where there is a Draw."""
        if draw is None or not self.varies:
            return laid([self._plain(self._refs[row]) for row in rows])
        return laid([self._source.made(self._vault[self._refs[row]], draw(row)) for row in rows])

    def _plain(self, ref: str) -> Made:
        found = self._made.get(ref)
        if found is None:
            found = self._source.made(self._vault[ref], None)
            if found.nbytes <= self._left:
                self._left -= found.nbytes
                self._made[ref] = found
        return found


def media_class(spec: Spec) -> type[MediaSource]:
    """Return the source that reads the kind of media of a spec."""
    assert spec.source is not None and spec.source.tokens in MEDIA
    return cast("type[MediaSource]", SOURCES[spec.source.tokens])


def as_item(row: Any, number: int = 0) -> Item:
    """Return a path, encoded bytes, an array, or an array and its rate as an item. Raises InputError for others."""
    if isinstance(row, Item):
        return row
    if isinstance(row, list | tuple) and len(row) == 1:
        row = row[0]
    if isinstance(row, str | Path):
        if not str(row).strip():
            raise InputError(f"row {number + 1} is empty, and not the path of a file.")
        if not Path(row).exists():
            raise InputError(f"{row}: no such file.")
        return Item(str(row), file=Path(row))
    if isinstance(row, bytes):
        return Item(f"row {number + 1}", data=row)
    rate = None
    if isinstance(row, tuple) and len(row) == 2:
        row, rate = row
        if not isinstance(rate, int | np.integer):
            raise InputError(
                f"row {number + 1}: {rate!r} is no rate: give (samples, samples a second), a whole number."
            )
        rate = int(rate)
    if isinstance(row, torch.Tensor):
        row = row.numpy()
    if isinstance(row, np.ndarray):
        return Item(f"row {number + 1}", array=row, rate=rate)
    raise InputError(f"row {number + 1} is {type(row).__name__}: give a path, encoded bytes or an array.")


def laid(items: Sequence[Made]) -> Field:
    """Lay items [time, ...] of one shape beside the time side by side: values [rows, time, ...], 0 after the end of
    each, and a mask."""
    lengths = torch.tensor([len(one) for one in items], dtype=torch.int64)
    time = max([1, *map(len, items)])
    if int(lengths.min()) == time:
        return Field(torch.from_numpy(np.stack(items)), torch.ones(len(items), time, dtype=torch.bool))
    values = torch.zeros(len(items), time, *items[0].shape[1:])
    for place, one in enumerate(items):
        values[place, : len(one)] = torch.from_numpy(np.ascontiguousarray(one))
    return Field(values, torch.arange(time) < lengths[:, None])
