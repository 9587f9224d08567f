"""Texts as a source: ids of a vocabulary, or of the k-mers of DNA and proteins, which may also be read from their other
strand."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, Self, cast

from seqloom.batch import Field
from seqloom.data.batches import pad
from seqloom.data.encoded import Encoded
from seqloom.data.kept import Findings, kept, then
from seqloom.data.kmers import Alphabet, Kmers, alphabet, ambiguous, reverse_complement
from seqloom.data.vocabulary import SEP, Vocabulary
from seqloom.errors import InputError
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.chunks import Row, chunks
from seqloom.tasks.labelled import Texts, sides, text_columns
from seqloom.tasks.source import Draw, Source, Stored
from seqloom.tasks.task import Say
from seqloom.tasks.vectors import pretrained

LONGEST = 512
"""Tokens a row is cut to unless `source.max_length` says otherwise."""
CHUNK = 1024
"""Rows encoded at once."""
ALIKE = 64
"""Rows of like length answered at once."""
K = 4
"""Letters of a k-mer unless `source.k` says otherwise."""


class TextIds(Stored):
    """The ids of each row and, where training reads both strands, those of the other one."""

    def __init__(self, ids: Encoded, other: Encoded | None = None) -> None:
        self._ids, self._other = ids, other
        self.lengths, self.varies = ids.lengths, other is not None

    def field(self, rows: Sequence[int], draw: Draw | None) -> Field:
        """Pad the rows; with a Draw a coin says of each which strand is read."""
        if draw is None or self._other is None:
            return self._ids.padded(rows)
        return pad([(self._other if draw(row).random() < 0.5 else self._ids)[row] for row in rows])


class TextSource(Source[Texts]):
    """One text a row, or several joined by SEP."""

    def __init__(self, spec: Spec, vocabulary: Vocabulary | Kmers) -> None:
        super().__init__(spec)
        self.learnt = self.vocabulary = vocabulary
        self.digest = vocabulary.digest

    @classmethod
    def learn(cls, spec: Spec, examples: Texts, say: Say) -> Self:
        """Fit the vocabulary, to both strands where both are read. Raises InputError for another strand of what is
        neither DNA nor RNA."""
        source, _ = sides(spec)
        texts = examples.every()
        if source.tokens == "kmer" or source.complement:
            letters = _letters(examples)
            kind = alphabet(letters)
            say(_of_sequences(examples.path, source, letters, kind))
            if source.complement:
                strand = _strands(examples.path, kind)
                texts = chain(texts, (reverse_complement(text, strand) for text in examples.every()))
        if source.tokens == "kmer":
            source.k = source.k or K
            return cls(spec, Kmers.train(texts, source.k, source.vocab, kind))
        origin = None if source.complement else examples.origin
        return cls(spec, Vocabulary.train(texts, source.cut, source.vocab, source.lowercase, origin))

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Read the vocabulary."""
        return cls(spec, (Kmers if sides(spec)[0].tokens == "kmer" else Vocabulary).load(folder))

    def save(self, folder: Path) -> None:
        """Write the vocabulary."""
        self.vocabulary.save(folder)

    def wiring(self, vectors_too: bool) -> dict[str, Any]:
        """Return the size of the vocabulary and pretrained vectors if asked for, whose width the spec then takes."""
        source, _ = sides(self.spec)
        vectors = {}
        if source.vectors is not None and vectors_too:
            vectors["source"] = pretrained(source.vectors, self.vocabulary)
            source.size = vectors["source"].shape[1]
        return {"source": len(self.vocabulary), "vectors": vectors}

    def store(self, examples: Texts, training: bool, say: Say) -> TextIds:
        """Encode every row; how many are cut is said."""
        cut = 0

        def cut_long(ids: list[int]) -> list[int]:
            nonlocal cut
            cut += len(ids) > self.longest
            return ids[: self.longest]

        def encoded() -> Findings:
            return {**Encoded.collect(map(cut_long, self._encode(examples.texts()))).findings(), "cut": cut}

        found = kept(then(examples.origin, "ids", self.digest, self.longest), encoded)
        ids, cut = Encoded.found(found), found["cut"]
        if cut:
            say(
                f"{examples.path}: {cut} of {len(examples)} texts are longer than {self.longest} tokens and are cut "
                "there (source.max_length)."
            )
        if not training or not sides(self.spec)[0].complement:
            return TextIds(ids)
        kind = _strands(examples.path, alphabet(_letters(examples)))
        letters = self.longest + (self.vocabulary.k - 1 if isinstance(self.vocabulary, Kmers) else 0)
        turned = ([reverse_complement(text[:letters], kind) for text in row] for row in examples.texts())
        return TextIds(ids, Encoded.collect(self.encode(turned)))

    def chunks(self, rows: Iterable[Row]) -> Iterator[list[list[str]]]:
        """Yield rows of as many texts as training had."""
        return chunks(rows, len(text_columns(sides(self.spec)[0])) or 1)

    def alike(self, rows: Sequence[Sequence[str]]) -> list[list[int]]:
        """Part rows by their letters, ALIKE at a time from the shortest on, so that little of a batch is padding."""
        order = sorted(range(len(rows)), key=lambda place: sum(map(len, rows[place])))
        return [order[start : start + ALIKE] for start in range(0, len(order), ALIKE)]

    def field(self, rows: Sequence[Sequence[str]]) -> Field:
        """Encode rows and lay them side by side."""
        return pad(list(self.encode(rows)))

    def encode(self, rows: Iterable[Sequence[str]]) -> Iterator[list[int]]:
        """Turn rows of one or several texts into ids, joined by SEP and cut to the longest length."""
        return (ids[: self.longest] for ids in self._encode(rows))

    def _encode(self, rows: Iterable[Sequence[str]]) -> Iterator[list[int]]:
        rest = iter(rows)
        while chunk := list(islice(rest, CHUNK)):
            flat = iter(self.vocabulary.encode_many([text for row in chunk for text in row]))
            for row in chunk:
                ids = next(flat)
                for _ in row[1:]:
                    ids = [*ids, SEP, *next(flat)]
                yield ids

    @property
    def longest(self) -> int:
        """Tokens a row is cut to."""
        return sides(self.spec)[0].max_length or LONGEST


def _letters(examples: Texts) -> Counter[str]:
    letters: Counter[str] = Counter()
    for text in examples.every():
        letters.update(text.strip().upper())
    return letters


def _of_sequences(path: str, source: SideSpec, letters: Counter[str], kind: Alphabet) -> str:
    """Say what the sequences of a file are."""
    several = ambiguous(letters, kind)
    note = f"{path}: the sequences are {'of no known alphabet' if kind == 'other' else kind}"
    if several:
        counted = ", ".join(f"{count} {letter}" for letter, count in several.items())
        note += f"; {counted} among {letters.total():,} letters stand for several or for a gap"
        if source.tokens == "kmer":
            note += ", and a k-mer with one is a word of its own"
    return note + "."


def _strands(path: str, kind: Alphabet) -> Any:
    """Return the kind of sequences that have another strand. Raises InputError for others."""
    if kind not in ("DNA", "RNA"):
        raise InputError(
            f"{path}: source.complement reads the other strand of DNA or RNA, and these sequences are "
            f"{'of no known alphabet' if kind == 'other' else kind}: leave it out."
        )
    return cast(Any, kind)
