"""k-mers: the runs of k letters of a sequence, each overlapping the next by k - 1, as the words of DNA and proteins.

What kind of sequence it is, its letters tell: DNA (A C G T), RNA (A C G U) or protein, with the ambiguity letters of
IUPAC (N: any base, R: A or G, X: any residue ...). A k-mer with an ambiguity letter or a gap is a word like any other
where training has seen it, and unknown else. Letters are read in upper case. A sequence shorter than k is one k-mer.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from seqloom.data.sealed import seal, unseal
from seqloom.data.vocabulary import NAMES, OFFSET, PAD, UNK
from seqloom.errors import InputError

FORMAT = 1
Alphabet = Literal["DNA", "RNA", "protein", "other"]
GAPS = "-.*"
BASES = {"DNA": "ACGT", "RNA": "ACGU"}
AMBIGUOUS = "RYSWKMBDHVN"
"""IUPAC letters that stand for several bases."""
RESIDUES = "ACDEFGHIKLMNPQRSTVWYUOBZJX"
"""The 22 amino acids, and B Z J X, which stand for several."""
_PAIRS = "ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN"
COMPLEMENT = {
    "DNA": str.maketrans(_PAIRS[0] + _PAIRS[0].lower(), _PAIRS[1] + _PAIRS[1].lower()),
    "RNA": str.maketrans(*(pair.replace("T", "U") + pair.replace("T", "U").lower() for pair in _PAIRS)),
}


def alphabet(letters: Counter[str]) -> Alphabet:
    """Tell what sequences with these letters are: DNA or RNA where every letter is one of theirs, nearly all (nine of
    ten) a plain base; else protein where every letter is a residue's."""
    upper: Counter[str] = Counter()
    for letter, count in letters.items():
        upper[letter.upper()] += count
    for gap in GAPS:
        upper.pop(gap, None)
    found = set(upper)
    for kind, bases in BASES.items():
        if found and found <= {*bases, *AMBIGUOUS} and sum(upper[base] for base in bases) >= 0.9 * upper.total():
            return "DNA" if kind == "DNA" else "RNA"
    return "protein" if found and found <= set(RESIDUES) else "other"


def ambiguous(letters: Counter[str], kind: Alphabet) -> dict[str, int]:
    """Return the letters that stand for several, or for a gap, and how often each occurs."""
    several = {"DNA": AMBIGUOUS, "RNA": AMBIGUOUS, "protein": "BZJX", "other": ""}[kind] + GAPS
    return {letter: letters[letter] for letter in sorted(several) if letters[letter]}


def reverse_complement(sequence: str, kind: Literal["DNA", "RNA"] = "DNA") -> str:
    """Return the other strand, read in its own direction: GATTN is NAATC. Ambiguity letters are complemented too."""
    return sequence.translate(COMPLEMENT[kind])[::-1]


class Kmers:
    """The k-mers of the training rows and their ids, used as a Vocabulary is.

    alphabet  what the training rows are: DNA, RNA, protein or other
    digest    sha256 of the content: two with the same one give the same ids
    """

    kind = "kmer"

    def __init__(self, k: int, kmers: Sequence[str], alphabet: Alphabet) -> None:
        """`train` and `load` make them."""
        self.k, self.kmers, self.alphabet = k, tuple(kmers), alphabet
        self._ids = {kmer: number for number, kmer in enumerate(self.kmers, UNK + 1)}
        self.digest = hashlib.sha256(json.dumps([FORMAT, k, alphabet, self.kmers]).encode()).hexdigest()

    @classmethod
    def train(cls, texts: Iterable[str], k: int, size: int, alphabet: Alphabet) -> "Kmers":
        """Keep the most frequent k-mers, at most `size` ids in all; the texts are read once and not held.

        Raises InputError where there is no sequence to learn from, or a size too small.
        """
        if size <= UNK + 1:
            raise InputError(f"a vocabulary of {size} has room for special tokens only. Ask for at least {UNK + 2}.")
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(cut(text.strip().upper(), k))
        if not counts:
            raise InputError("there is no sequence to learn k-mers from.")
        ordered = sorted(counts, key=lambda kmer: (-counts[kmer], kmer))[: size - UNK - 1]
        return cls(k, ordered, alphabet)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each sequence, one for each k-mer."""
        known = self._ids.get
        return [[known(kmer, UNK) for kmer in cut(text.strip().upper(), self.k)] for text in texts]

    def encode(self, text: str) -> list[int]:
        """Return the ids of one sequence."""
        return self.encode_many([text])[0]

    def token(self, number: int) -> str:
        """Return the k-mer of an id."""
        return NAMES[number] if number <= UNK else self.kmers[number - UNK - 1]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the sequence whose k-mers these are; an unknown one gives one `?`, and no sequence comes back whole
        where one was unknown."""
        kept = [number for number in ids if number != PAD and number >= OFFSET]
        pieces = [self.token(number) if number > UNK else "?" for number in kept]
        return "".join(piece if place == 0 else piece[-1] for place, piece in enumerate(pieces))

    def __len__(self) -> int:
        return UNK + 1 + len(self.kmers)

    def save(self, folder: str | Path) -> None:
        """Write `kmers.json` into a folder, made if need be."""
        content = {"k": self.k, "alphabet": self.alphabet, "kmers": self.kmers}
        seal(Path(folder) / "kmers.json", FORMAT, content, self.digest)

    @classmethod
    def load(cls, folder: str | Path) -> "Kmers":
        """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""
        return unseal(
            Path(folder) / "kmers.json",
            FORMAT,
            lambda about: cls(about["k"], about["kmers"], about["alphabet"]),
            lambda made: made.digest,
        )


def cut(sequence: str, k: int) -> list[str]:
    """Return the k-mers of a sequence in order; one shorter than k is one k-mer, an empty one has none."""
    if len(sequence) <= k:
        return [sequence] if sequence else []
    return [sequence[place : place + k] for place in range(len(sequence) - k + 1)]
