"""Whole words as ids, and the letters of each: what a word is read by where words are given, not cut from text.

Ids of words: 0 pads, 4 is unknown, words follow (1 to 3 are nobody's, as in `vocabulary.py`). Letters: 0 pads, 1 is
unknown. A casing is a kind of word: see `CASINGS`.
"""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sealed import seal, unseal
from seqloom.data.vocabulary import UNK
from seqloom.errors import InputError

FORMAT = 1
CONTENT = ("words", "counts", "letters", "lowercase", "digits")
UNKNOWN_LETTER = 1
LONGEST = 32
"""Letters of a word that are read; of a longer one its first and its last half as many."""
CASINGS = ("pad", "lower", "upper", "title", "mixed", "number", "digits", "none")
"""number: digits, with signs at most; digits: with letters; none: no letter has a case (Hangul, punctuation)."""


class Words:
    """The words of training, the most frequent ones, and its letters.

    words    in order of their ids, from UNK + 1 on
    counts   how often each occurs in training
    letters  those that occur more than once, from UNKNOWN_LETTER + 1 on
    digest   sha256 of all that decides ids
    """

    def __init__(
        self, words: Sequence[str], counts: Sequence[int], letters: Sequence[str], lowercase: bool, digits: bool
    ) -> None:
        """`train` and `load` make them."""
        self.words, self.counts, self.letters = list(words), list(counts), list(letters)
        self.lowercase, self.digits = lowercase, digits
        self._ids = {word: number for number, word in enumerate(self.words, UNK + 1)}
        self._letter_ids = {letter: number for number, letter in enumerate(self.letters, UNKNOWN_LETTER + 1)}
        content = json.dumps([FORMAT, lowercase, digits, self.words, self.letters])
        self.digest = hashlib.sha256(content.encode()).hexdigest()

    @classmethod
    def train(cls, counted: Mapping[str, int], size: int, lowercase: bool = False, digits: bool = False) -> "Words":
        """Take the most frequent words, at most `size` ids in all; `counted` is how often each occurs.

        Raises InputError for a size that leaves no room, or for no words.
        """
        if size <= UNK + 1:
            raise InputError(f"a vocabulary of {size} has room for special tokens only. Ask for at least {UNK + 2}.")
        words: Counter[str] = Counter()
        letters: Counter[str] = Counter()
        for word, count in counted.items():
            words[normal(word, lowercase, digits)] += count
            for letter in unicodedata.normalize("NFC", word):
                letters[letter] += count
        if not words:
            raise InputError("there are no words to build a vocabulary from.")
        kept = sorted(words.items(), key=lambda one: (-one[1], one[0]))[: size - UNK - 1]
        spelt = sorted(letter for letter, count in letters.items() if count > 1)
        return cls([word for word, _ in kept], [count for _, count in kept], spelt, lowercase, digits)

    def __len__(self) -> int:
        return UNK + 1 + len(self.words)

    @property
    def alphabet(self) -> int:
        """How many ids letters have."""
        return UNKNOWN_LETTER + 1 + len(self.letters)

    def id(self, word: str) -> int:
        """Return the id of a word, UNK for one that training did not have (or not often enough)."""
        return self._ids.get(normal(word, self.lowercase, self.digits), UNK)

    def count(self, number: int) -> int:
        """Return how often the word of an id occurs in training."""
        return self.counts[number - UNK - 1] if number > UNK else 0

    def features(self, words: Sequence[str]) -> NDArray[np.int32]:
        """Return for each word its id, its casing and its letters, [words, 2 + LONGEST]."""
        found = np.zeros((len(words), 2 + LONGEST), np.int32)
        known = self._letter_ids
        for row, word in enumerate(words):
            letters = unicodedata.normalize("NFC", word)
            if len(letters) > LONGEST:
                letters = letters[: LONGEST // 2] + letters[-LONGEST // 2 :]
            found[row, 0], found[row, 1] = self.id(word), casing(word)
            found[row, 2 : 2 + len(letters)] = [known.get(letter, UNKNOWN_LETTER) for letter in letters]
        return found

    def token(self, number: int) -> str:
        """Return the word of an id, as it is known."""
        return self.words[number - UNK - 1] if number > UNK else ""

    def save(self, folder: Path) -> None:
        """Write `words.json` into a folder, made if need be."""
        seal(folder / "words.json", FORMAT, {name: getattr(self, name) for name in CONTENT}, self.digest)

    @classmethod
    def load(cls, folder: Path) -> "Words":
        """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""
        return unseal(
            folder / "words.json",
            FORMAT,
            lambda about: cls(*(about[name] for name in CONTENT)),
            lambda made: made.digest,
        )


def normal(word: str, lowercase: bool, digits: bool) -> str:
    """Return a word as it is looked up: composed, in lower case and with 0 for every digit where asked for."""
    word = unicodedata.normalize("NFC", word)
    word = word.lower() if lowercase else word
    return "".join("0" if letter.isdigit() else letter for letter in word) if digits else word


def casing(word: str) -> int:
    """Return the place in CASINGS of a word."""
    cased = [letter for letter in word if letter.isupper() or letter.islower() or letter.istitle()]
    if any(letter.isdigit() for letter in word):
        return CASINGS.index("digits" if any(letter.isalpha() for letter in word) else "number")
    if not cased:
        return CASINGS.index("none")
    if all(letter.islower() for letter in cased):
        return CASINGS.index("lower")
    if cased[0].isupper() and (len(cased) == 1 or all(letter.islower() for letter in cased[1:])):
        return CASINGS.index("title")
    return CASINGS.index("upper" if all(letter.isupper() for letter in cased) else "mixed")
