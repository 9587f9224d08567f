"""What a tagger reads: whole words with their casing and letters, or pieces of them, the first of each labelled."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Field
from seqloom.data.batches import pad
from seqloom.data.encoded import Encoded
from seqloom.data.vectors import read_vectors
from seqloom.data.vocabulary import UNK, Vocabulary
from seqloom.data.words import Words
from seqloom.errors import InputError
from seqloom.spec import SideSpec
from seqloom.tasks.task import Say

PIECES = ("bpe", "unigram", "char", "jamo", "byte")


class Read(ABC):
    """Sentences ready to be laid side by side.

    lengths  steps of each
    """

    lengths: NDArray[np.int64]

    @abstractmethod
    def inputs(self, rows: Sequence[int], draws: Sequence[np.random.Generator] | None) -> dict[str, Field]:
        """Return the inputs of a batch; `draws`, one a row, hide rare words where training asks for that."""


class Source(ABC):
    """Words to inputs. `digest` is the hash of what ids mean."""

    digest: str

    def __init__(self, side: SideSpec) -> None:
        self.side = side

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `load` needs."""

    @abstractmethod
    def wiring(self, vectors_too: bool) -> dict[str, Any]:
        """Return the keys of a Wiring that are the source's."""

    @abstractmethod
    def read(self, words: Sequence[str], rows: Encoded) -> Read:
        """Prepare sentences, `rows[i]` the places of sentence i in the different `words`."""

    @abstractmethod
    def known(self, words: Sequence[str]) -> dict[str, Any]:
        """Say how much is known of some different words, for `check`."""


class WordSource(Source):
    """Words by a table, with features where the side asks for them."""

    def __init__(self, side: SideSpec, words: Words) -> None:
        super().__init__(side)
        self.words, self.digest = words, words.digest

    @property
    def features(self) -> bool:
        """Whether a word is more than its id."""
        return self.side.letters != "none" or self.side.casing

    def save(self, folder: Path) -> None:
        """Write words and letters."""
        self.words.save(folder)

    def wiring(self, vectors_too: bool) -> dict[str, Any]:
        """Return the sizes of both vocabularies, and pretrained vectors if asked for."""
        vectors = {}
        if self.side.vectors is not None and vectors_too:
            vectors["source"] = self._pretrained(self.side.vectors)
            self.side.size = vectors["source"].shape[1]
        letters = self.words.alphabet if self.side.letters != "none" else None
        return {"source": len(self.words), "letters": letters, "vectors": vectors}

    def read(self, words: Sequence[str], rows: Encoded) -> Read:
        """Look every different word up once."""
        table = self.words.features(words)
        once = np.array([self.words.count(int(number)) == 1 for number in table[:, 0]], bool)
        return _Words(table, once, rows, self.side.letters != "none", self.features, self.side.unknown_rate)

    def known(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the size of the vocabulary."""
        return {"kind": "word", "size": len(self.words)}

    def _pretrained(self, path: str) -> torch.Tensor:
        """Return vectors [words, size], NaN where the file has none; a word may stand there in lower case."""
        numbers = range(UNK + 1, len(self.words))
        wanted = {self.words.token(number) for number in numbers}
        found, matrix = read_vectors(path, wanted | {word.lower() for word in wanted})
        if not found:
            raise InputError(f"{path}: holds none of the {len(wanted)} words of the vocabulary.")
        places = {word: place for place, word in enumerate(found)}
        table = torch.full((len(self.words), matrix.shape[1]), float("nan"))
        for number in numbers:
            word = self.words.token(number)
            place = places.get(word, places.get(word.lower()))
            if place is not None:
                table[number] = torch.from_numpy(matrix[place])
        return table


class _Words(Read):
    def __init__(
        self,
        table: NDArray[np.int32],
        once: NDArray[np.bool_],
        rows: Encoded,
        letters: bool,
        features: bool,
        unknown_rate: float,
    ) -> None:
        self._table, self._once, self._rows = table, once, rows
        self._letters, self._features, self._rate = letters, features, unknown_rate
        self._spelt = (table[:, 2:] != 0).sum(1)
        self.lengths = rows.lengths

    def inputs(self, rows: Sequence[int], draws: Sequence[np.random.Generator] | None) -> dict[str, Field]:
        """Return values [rows, words, 2 + letters], or ids [rows, words] where nothing else is read."""
        places = [np.asarray(self._rows[row], np.int64) for row in rows]
        time = max(1, *map(len, places))
        letters = max((int(self._spelt[one].max()) for one in places if len(one)), default=0) if self._letters else 0
        values = np.zeros((len(rows), time, 2 + max(letters, 1)), np.int64)
        for number, one in enumerate(places):
            values[number, : len(one)] = self._table[one, : values.shape[2]]
            if draws is not None and self._rate:
                hidden = self._once[one] & (draws[number].random(len(one)) < self._rate)
                values[number, : len(one), 0][hidden] = UNK
        mask = torch.arange(time) < torch.tensor([len(one) for one in places])[:, None]
        return {"source": Field(torch.from_numpy(values if self._features else values[..., 0].copy()), mask)}


class PieceSource(Source):
    """Pieces of words (or their letters). A space goes before each piece of text, and after each word of letters, so
    that the ends of words are seen; the first piece or letter is where the word is labelled."""

    def __init__(self, side: SideSpec, vocabulary: Vocabulary) -> None:
        super().__init__(side)
        self.vocabulary, self.digest = vocabulary, vocabulary.digest

    def save(self, folder: Path) -> None:
        """Write the vocabulary."""
        self.vocabulary.save(folder)

    def wiring(self, vectors_too: bool) -> dict[str, Any]:
        """Return the size of the vocabulary."""
        return {"source": len(self.vocabulary)}

    def read(self, words: Sequence[str], rows: Encoded) -> Read:
        """Cut every different word once."""
        texts = [spaced(word, self.side.tokens) for word in words]
        return _Pieces([ids or [UNK] for ids in self.vocabulary.encode_many(texts)], rows)

    def known(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the size of the vocabulary."""
        return {"kind": self.vocabulary.kind, "size": len(self.vocabulary)}


class _Pieces(Read):
    def __init__(self, cut: list[list[int]], rows: Encoded) -> None:
        self._cut, self._rows = cut, rows
        sizes = np.array([len(pieces) for pieces in cut] or [0], np.int64)
        self.lengths = np.array([int(sizes[rows[row]].sum()) for row in range(len(rows))], np.int64)

    def inputs(self, rows: Sequence[int], draws: Sequence[np.random.Generator] | None) -> dict[str, Field]:
        """Return ids [rows, pieces], and the places of first pieces [rows, words]."""
        ids: list[list[int]] = []
        places: list[list[int]] = []
        for row in rows:
            pieces: list[int] = []
            first: list[int] = []
            for word in self._rows[row]:
                first.append(len(pieces))
                pieces += self._cut[word]
            ids.append(pieces)
            places.append(first)
        return {"source": pad(ids), "places": pad(places)}


def spaced(word: str, tokens: str) -> str:
    """Return a word with the space that tells it from its neighbour."""
    return f" {word}" if tokens in ("bpe", "unigram") else f"{word} "


def learn(side: SideSpec, counts: Mapping[str, int], path: str, say: Say) -> Source:
    """Fit a source to the words of training and how often each occurs; what a side has that is of whole words alone is
    left out for pieces, and said. Raises InputError for tokens that are no words and no pieces of them."""
    idle = {"max_length": side.max_length is not None, "tie": side.tie, "joint": side.joint}
    for key, given in idle.items():
        if given:
            raise InputError(f"source.{key} is not for tag, which reads and labels every word: leave it out.")
    if side.tokens == "word":
        return WordSource(side, Words.train(counts, side.vocab, side.lowercase, side.digits))
    if side.tokens not in PIECES:
        raise InputError(
            f"source.tokens={side.tokens}: {path} holds words. Take word, or {', '.join(PIECES)} for pieces of them."
        )
    if side.vectors is not None:
        raise InputError(f"source.vectors are of whole words, and source.tokens={side.tokens} cuts them: leave it out.")
    plain = {key: SideSpec.model_fields[key].default for key in ("letters", "casing", "digits", "unknown_rate")}
    dropped = [key for key, value in plain.items() if getattr(side, key) != value]
    for key in dropped:
        setattr(side, key, plain[key])
    if dropped:
        say(f"source.tokens={side.tokens} reads pieces of words, so source.{', '.join(dropped)} are left out.")
    texts = (spaced(word, side.tokens) for word in Counter(counts).elements())
    return PieceSource(side, Vocabulary.train(texts, side.cut, side.vocab, side.lowercase))


def load(side: SideSpec, folder: Path) -> Source:
    """Read what `save` wrote."""
    if side.tokens == "word":
        return WordSource(side, Words.load(folder))
    return PieceSource(side, Vocabulary.load(folder))
