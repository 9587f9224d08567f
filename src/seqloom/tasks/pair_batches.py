"""Batches of pairs for teacher forcing: a source, the target so far, and the target to come."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, tee

import numpy as np
from numpy.typing import NDArray

from seqloom.batch import Batch, Field
from seqloom.data import copying
from seqloom.data.batches import buckets, in_order, pad
from seqloom.data.encoded import Encoded
from seqloom.data.kept import Findings, kept, then
from seqloom.data.pairs import Pairs
from seqloom.data.pieces import SPACED
from seqloom.data.vocabulary import BOS, EOS, SEP, Vocabulary
from seqloom.tasks.questions import Questions

CHUNK = 1024
"""Rows encoded at once."""


class Coder:
    """Texts of both sides to ids. `copies` adds the ids that a copy head needs; `longest` are tokens of the source,
    EOS not counted."""

    def __init__(self, source: Vocabulary, target: Vocabulary, copies: bool, longest: int) -> None:
        self.source, self.target, self.copies, self.longest = source, target, copies, longest

    def sources(self, rows: Iterable[Sequence[str]]) -> Iterator[list[int]]:
        """Yield the ids of each source, whole: its texts with SEP between, without EOS."""
        rest = iter(rows)
        while chunk := list(islice(rest, CHUNK)):
            flat = iter(self.source.encode_many([_one_line(text, self.source) for row in chunk for text in row]))
            for row in chunk:
                ids = next(flat)
                for _ in row[1:]:
                    ids = [*ids, SEP, *next(flat)]
                yield ids

    def lengths(self, rows: Sequence[Sequence[str]]) -> list[int]:
        """Return the steps of each source, EOS not counted; what has none has no answer."""
        return [len(ids) for ids in self.sources(rows)]

    def laid(self, ids: Sequence[Sequence[int]], rows: Iterable[Sequence[str]]) -> Field:
        """Lay sources side by side, given their ids with EOS and, where those do not say all, their texts."""
        return pad(ids)

    def targets(self, texts: Iterable[str]) -> Iterator[list[int]]:
        """Yield the ids of each target, whole, without BOS and EOS."""
        rest = iter(texts)
        while chunk := list(islice(rest, CHUNK)):
            yield from self.target.encode_many([_one_line(text, self.target) for text in chunk])

    def copied(self, row: Sequence[str]) -> tuple[list[int], list[str]]:
        """Return the ids of a source in the target's vocabulary and beyond it, with EOS, and the row's own pieces."""
        ids: list[int] = []
        own: list[str] = []
        for place, text in enumerate(row):
            found, extra = copying.extend(_one_line(text, self.target), self.target)
            own += [piece for piece in extra if piece not in own]
            number = {len(self.target) + at: len(self.target) + own.index(piece) for at, piece in enumerate(extra)}
            ids += [SEP] * (place > 0) + [number.get(one, one) for one in found]
        ids, own = copying.cut(ids, own, self.target, self.longest)
        return [*ids, EOS], own

    def rewritten(self, target: str, own: Sequence[str]) -> list[int]:
        """Return the ids of a target in which a piece of the row's own has its number."""
        return copying.encode(_one_line(target, self.target), self.target, own)

    def reading(self, rows: Sequence[Sequence[str]]) -> Batch:
        """Make a batch to answer: sources alone, cut to the longest length."""
        ids = [[*found[: self.longest], EOS] for found in self.sources(rows)]
        inputs = {"source": self.laid(ids, rows)}
        if self.copies:
            inputs["copy"] = pad([self.copied(row)[0] for row in rows])
        return Batch(inputs, rows=tuple(range(len(ids))), tokens=sum(map(len, ids)))


class PairIds:
    """Pairs as ids: those of `kept` rows of the pairs, one flat row each of source, target and copied ids.

    too_long  pairs left out because a side has more tokens than `longest`
    cut       sources cut to `longest` tokens
    """

    def __init__(self, coder: Coder, pairs: Pairs, longest_target: int | None, cut_source: bool) -> None:
        """`longest_target` None keeps every target whole; a source too long is cut, or its pair left out."""
        self.coder, self.pairs = coder, pairs
        means = [type(coder).__name__, coder.source.digest, coder.target.digest, coder.copies, coder.longest]
        origin = then(pairs.origin, "ids", *means, longest_target, cut_source)
        found = kept(origin, lambda: self._encode(coder, pairs, longest_target, cut_source))
        self._flat = Encoded.found(found)
        self.kept: NDArray[np.int64] = found["kept"]
        self.lengths: NDArray[np.int64] = found["lengths"]
        self.too_long: int = found["too_long"]
        self.first_long: int = found["first_long"]
        self.cut: int = found["cut"]

    @staticmethod
    def _encode(coder: Coder, pairs: Pairs, longest_target: int | None, cut_source: bool) -> Findings:
        too_long = cut = 0
        first_long = -1
        whole, lengths = array("q"), array("q")

        def rows() -> Iterator[list[int]]:
            nonlocal too_long, cut, first_long
            one, other = tee(pairs)  # each is a chunk ahead of the other at most
            sources = coder.sources(pair.source for pair in one)
            targets = coder.targets(pair.target for pair in other)
            for index, (source, target) in enumerate(zip(sources, targets, strict=True)):
                long = len(source) > coder.longest
                if (long and not cut_source) or (longest_target is not None and len(target) > longest_target):
                    too_long += 1
                    first_long = index if first_long < 0 else first_long
                    continue
                cut += long
                source, copied = [*source[: coder.longest], EOS], list[int]()
                if coder.copies:
                    copied, own = coder.copied(pairs[index].source)
                    target = coder.rewritten(pairs[index].target, own)
                whole.append(index)
                lengths.extend((len(source), len(target)))
                yield [*source, *target, *copied]

        found = Encoded.collect(rows()).findings()
        found |= {"kept": np.frombuffer(whole, np.int64), "lengths": np.frombuffer(lengths, np.int64).reshape(-1, 2)}
        return found | {"too_long": too_long, "first_long": first_long, "cut": cut}

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def longer(self) -> NDArray[np.int64]:
        """The length of each row's longer side, EOS among it."""
        longer: NDArray[np.int64] = np.maximum(self.lengths[:, 0], self.lengths[:, 1] + 1)
        return longer

    @property
    def lean(self) -> NDArray[np.int64]:
        """By how many tokens each row's source is longer than its target, EOS among both."""
        lean: NDArray[np.int64] = self.lengths[:, 0] - (self.lengths[:, 1] + 1)
        return lean

    def __getitem__(self, row: int) -> tuple[list[int], list[int], list[int]]:
        ids = self._flat[row]
        source, target = self.lengths[row].tolist()
        return ids[:source], ids[source : source + target], ids[source + target :]


class PairData:
    """Batches of pairs. A batch takes at most `batch_tokens` positions, padding included, on its longer side.

    The source ends with EOS, so that an encoder sees the end; the decoder is fed BOS and the target, and has the target
    and EOS to write.
    """

    carries = False

    def __init__(self, ids: PairIds, batch_tokens: int, seed: int, questions: Questions | None = None) -> None:
        """`questions` are those of an evaluation; None: for training."""
        self._ids, self._batch_tokens, self._seed, self.questions = ids, batch_tokens, seed, questions

    def __len__(self) -> int:
        return len(self._ids)

    def order(self, epoch: int) -> Sequence[NDArray[np.int64]]:
        """Return row numbers by batch: shuffled among rows of like length for training, in order of length else."""
        if self.questions is None:
            return buckets(self._ids.longer, self._batch_tokens, self._seed, epoch, self._ids.lean)
        return in_order(self._ids.longer, self._batch_tokens)

    def load(self, key: NDArray[np.int64]) -> Batch:
        """Pad the rows of one batch; `rows` are their places in the pairs, `tokens` those to write."""
        sources, targets, copied = zip(*(self._ids[int(row)] for row in key), strict=True)
        coder = self._ids.coder
        fed = [[BOS, *(copying.fed(ids, coder.target) if coder.copies else ids)] for ids in targets]
        rows = self._ids.kept[key].tolist()
        texts = (self._ids.pairs[row].source for row in rows)
        inputs = {"source": coder.laid(sources, texts), "target": pad(fed)}
        if coder.copies:
            inputs["copy"] = pad(copied)
        mask = inputs["target"].mask
        written = {"words": Field(pad([[*ids, EOS] for ids in targets]).values, mask)}
        tokens = sum(len(ids) + 1 for ids in targets)
        return Batch(inputs, written, tuple(rows), tokens)


def _one_line(text: str, vocabulary: Vocabulary) -> str:
    """Write a text on one line where a line end would be EOS, which ends the whole."""
    return text.replace("\n", " ") if vocabulary.kind in SPACED else text
