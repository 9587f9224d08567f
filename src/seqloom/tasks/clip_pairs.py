"""Recordings, pictures and films with a text each, as pairs: the source of a pair is the hash of what its item holds,
so that several texts of one picture are several right answers to one question."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.batch import Batch, Field
from seqloom.data.batches import buckets, in_order, pad
from seqloom.data.kept import Origin
from seqloom.data.pairs import Pair, Pairs, SideName
from seqloom.data.vocabulary import BOS, EOS, Vocabulary
from seqloom.tasks.clips import Clips
from seqloom.tasks.media_source import MediaSource, laid
from seqloom.tasks.pair_batches import Coder, PairData
from seqloom.tasks.questions import Questions
from seqloom.tasks.row_data import Turn


class ClipPairs(Pairs):
    """Pairs of (hash of an item, text)."""

    def __init__(self, clips: Clips) -> None:
        self.clips, self.path, self.skipped = clips, clips.path, 0
        self.digests = list(clips.keys())

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Pair:  # type: ignore[override]
        return Pair((self.digests[index],), self.clips.values(index)[str(self.clips.label)])

    def __iter__(self) -> Iterator[Pair]:
        return (self[index] for index in range(len(self)))

    def where(self, index: int, side: SideName = "source") -> str:
        """Return the place of a pair."""
        return self.clips.where(index)

    def shown(self, index: int) -> str:
        """Return what a person knows the source of a pair by."""
        return self.clips.refs()[index]

    def at(self, chosen: Sequence[int] | NDArray[np.int64], origin: Origin | None = None) -> "ClipPairs":
        """Pick some pairs."""
        return ClipPairs(self.clips.at([int(one) for one in chosen]))


class MediaCoder(Coder):
    """Items and texts to what a model reads. The source of a row is the hash of an item that was registered, or an item
    that is decoded."""

    def __init__(self, source: MediaSource, target: Vocabulary) -> None:
        super().__init__(target, target, copies=False, longest=1)
        self.media = source
        self._found: dict[str, tuple[Clips, str]] = {}

    def register(self, clips: Clips) -> None:
        """Know the items of some rows by their hashes."""
        for ref in dict.fromkeys(clips.refs()):
            self._found.setdefault(clips.vault.digests[ref], (clips, ref))

    def raw(self, cell: Any) -> NDArray[Any]:
        """Return a decoded item, by its hash where it is one."""
        if isinstance(cell, str):
            clips, ref = self._found[cell]
            return clips.vault[ref]
        return cell

    def length(self, cell: Any) -> int:
        """Return the time of an item."""
        if isinstance(cell, str):
            clips, ref = self._found[cell]
            return clips.vault.length(ref)
        return self.media.length(self.media.spec, cell)

    def lengths(self, rows: Sequence[Sequence[Any]]) -> list[int]:
        """Return the time of each source."""
        return [self.length(row[0]) for row in rows]

    def field(self, cells: Sequence[Any], draws: Sequence[np.random.Generator | None] | None = None) -> Field:
        """Lay items side by side, varied by what is drawn for each."""
        drawn = draws or [None] * len(cells)
        return laid([self.media.made(self.raw(cell), one) for cell, one in zip(cells, drawn, strict=True)])

    def reading(self, rows: Sequence[Sequence[Any]]) -> Batch:
        """Make a batch to answer."""
        field = self.field([row[0] for row in rows])
        assert field.mask is not None
        return Batch({"source": field}, rows=tuple(range(len(rows))), tokens=int(field.mask.sum()))


class ClipData(PairData):
    """Batches of items and their texts: `words` for a decoder, fed BOS and the text, and `ctc` for a head that labels
    frames, as there are heads of these names."""

    def __init__(
        self,
        pairs: ClipPairs,
        coder: MediaCoder,
        heads: Sequence[str],
        batch_tokens: int,
        seed: int,
        questions: Questions | None = None,
    ) -> None:
        """`questions` are those of an evaluation; None: for training, where items may vary."""
        self.pairs, self.coder, self._heads = pairs, coder, tuple(heads)
        self._batch_tokens, self._seed, self.questions = batch_tokens, seed, questions
        self.targets = list(coder.targets(pair.target for pair in pairs))
        self.times = np.array(coder.lengths([[digest] for digest in pairs.digests]), np.int64)

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def longer(self) -> NDArray[np.int64]:
        """The length of each row's longer side."""
        return np.maximum(self.times, self._texts())

    def order(self, epoch: int) -> Sequence[Any]:
        """Return row numbers by batch: shuffled among rows of like length for training, in order of length else."""
        if self.questions is not None:
            return in_order(self.longer, self._batch_tokens)
        batches = buckets(self.longer, self._batch_tokens, self._seed, epoch, self.times - self._texts())
        return [Turn(rows, epoch) for rows in batches] if self.coder.media.varies else batches

    def _texts(self) -> NDArray[np.int64]:
        return np.array([len(ids) + 1 for ids in self.targets], np.int64)

    def load(self, key: Any) -> Batch:
        """Lay the rows of one batch side by side; `tokens` are those to write."""
        rows, draws = key, None
        if isinstance(key, Turn):
            rows = key.rows
            draws = [np.random.default_rng([self._seed, key.epoch, int(row)]) for row in rows]
        places = [int(row) for row in rows]
        targets = [self.targets[place] for place in places]
        inputs = {"source": self.coder.field([self.pairs.digests[place] for place in places], draws)}
        wanted: dict[str, Field] = {}
        if "words" in self._heads:
            inputs["target"] = pad([[BOS, *ids] for ids in targets])
            wanted["words"] = Field(pad([[*ids, EOS] for ids in targets]).values, inputs["target"].mask)
        if "ctc" in self._heads:
            wanted["ctc"] = pad(targets)
        return Batch(inputs, wanted, tuple(places), sum(len(ids) + 1 for ids in targets))
