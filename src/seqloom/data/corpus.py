"""A corpus: tagged sentences as numbers, every word and tag by its place in a list of the different ones.

What a pass over a file costs is paid once; the words themselves, the counts and the split all come from the lists.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from seqloom.data.encoded import Encoded
from seqloom.data.tagged import Sentences

Places = NDArray[np.int64]
Tags = Sequence[str]


class Listed:
    """Texts by their place in the order in which they were first met."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """Return the place of a text, a new one for a new text."""
        place = self._places.setdefault(text, len(self.texts))
        if place == len(self.texts):
            self.texts.append(text)
        return place


class Corpus:
    """Sentences of one file.

    sentences  the file, for messages
    words      the different words, `rows[i]` the places of sentence i in them
    tags       the different tags, `tagged[i]` the places of its tags
    labels     the label of each sentence, where there are labels
    """

    def __init__(
        self,
        sentences: Sentences,
        words: list[str],
        rows: Encoded,
        tags: list[str],
        tagged: Encoded,
        labels: list[str] | None,
    ) -> None:
        """`collect` makes one."""
        self.sentences, self.path = sentences, sentences.path
        self.words, self.rows, self.tags, self.tagged, self.labels = words, rows, tags, tagged, labels

    @classmethod
    def collect(cls, sentences: Sentences) -> Self:
        """Read every sentence once."""
        words, tags = Listed(), Listed()
        tagged: list[list[int]] = []
        labels: list[str] = []

        def rows() -> Iterator[list[int]]:
            for sentence in sentences:
                tagged.append([tags.place(tag) for tag in sentence.tags])
                if sentence.label is not None:
                    labels.append(sentence.label)
                yield [words.place(word) for word in sentence.words]

        read = Encoded.collect(rows())
        return cls(sentences, words.texts, read, tags.texts, Encoded.collect(iter(tagged)), labels or None)

    def __len__(self) -> int:
        return len(self.rows)

    def words_of(self, row: int) -> list[str]:
        """Return the words of a sentence."""
        return [self.words[place] for place in self.rows[row]]

    def tags_of(self, row: int) -> list[str]:
        """Return the tags of a sentence."""
        return [self.tags[place] for place in self.tagged[row]]

    def all_tags(self) -> Iterator[list[str]]:
        """Yield the tags of each sentence."""
        return (self.tags_of(row) for row in range(len(self)))

    def converted(self, change: Callable[[list[str]], list[str]]) -> "Corpus":
        """Return the same sentences with their tags written otherwise."""
        tags = Listed()
        tagged = Encoded.collect([tags.place(tag) for tag in change(old)] for old in self.all_tags())
        return Corpus(self.sentences, self.words, self.rows, tags.texts, tagged, self.labels)

    def where(self, tag: str, rows: Sequence[int] | None = None) -> str:
        """Return the place of the first word with a tag, for messages."""
        for row in range(len(self)) if rows is None else rows:
            tags = self.tags_of(row)
            if tag in tags:
                return self.sentences.where(row, tags.index(tag))
        raise AssertionError("a tag that is there")

    def keys(self, rows: Sequence[int] | None = None) -> Iterator[str]:
        """Yield the words of each sentence as one text, by which duplicates are known."""
        return ("\x1f".join(self.words_of(row)) for row in (range(len(self)) if rows is None else rows))

    def digest(self, rows: Sequence[int]) -> str:
        """Return a hash of words, tags and labels of some sentences, in order."""
        content = hashlib.sha256()
        for row in rows:
            label = [] if self.labels is None else [self.labels[row]]
            content.update("\x1e".join([*self.words_of(row), "", *self.tags_of(row), *label, ""]).encode())
        return content.hexdigest()
