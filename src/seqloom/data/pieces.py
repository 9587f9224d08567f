"""How each kind of vocabulary cuts text into pieces, and how the pieces are learned; built on `tokenizers`.

    char      every Unicode character is a piece, the rarest beyond the size are unknown
    jamo      the same after Hangul syllables and accented letters are taken apart (NFD): 한 is ㅎ ㅏ ㄴ
    byte      the 256 bytes of UTF-8
    word      runs of letters with inner apostrophes, <tags> whole, each punctuation mark alone
    symbol    whatever spaces separate: phonemes, features, text that is cut into tokens already
    bpe       byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; on bytes as in GPT-2)
    unigram   a unigram language model of pieces (Kudo 2018, arXiv:1804.10959), on bytes too, so nothing is lost

Text is composed first (NFC), so decomposed Hangul becomes syllables; only `byte` keeps what it is given, and `jamo`
takes apart what it reads and composes what it writes. No piece of
bpe or unigram crosses a line end, and "\n" is always a piece of its own: lines can be encoded one by one.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from seqloom.data import unigram
from seqloom.errors import InputError

Kind = Literal["char", "jamo", "byte", "word", "symbol", "bpe", "unigram"]
KINDS: tuple[Kind, ...] = ("char", "jamo", "byte", "word", "symbol", "bpe", "unigram")
LETTERS: tuple[Kind, ...] = ("char", "jamo")
"""Kinds whose pieces are single characters."""
SPACED: tuple[Kind, ...] = ("word", "symbol")
"""Kinds whose pieces have spaces between them, which are no part of any piece."""
UNKNOWN = "<unk>"
LONGEST_PIECE = 24
"""Bytes in a unigram piece: eight Hangul syllables."""
CUTS = {"word": r"<\w+>|\w+(?:['’]\w+)*|[^\w\s]", "symbol": r"\S+"}


def _byte_letters() -> list[str]:
    """Return the printable letter that stands for each byte in byte-level pieces (GPT-2's table)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


BYTE_LETTERS = _byte_letters()
BYTES = {letter: byte for byte, letter in enumerate(BYTE_LETTERS)}


def learn(texts: Iterable[str], kind: Kind, size: int, lowercase: bool) -> Tokenizer:
    """Learn at most `size` pieces, the unknown one (id 0) included. The same texts give the same pieces.

    Raises InputError where `size` is too small for the kind, or where there is no text to learn from.
    """
    if kind not in KINDS:
        raise InputError(f"unknown kind of tokens '{kind}'. Known: {', '.join(KINDS)}.")
    if kind in ("bpe", "unigram") and size < 1 + 256:
        raise InputError(f"{kind} tokens need room for the 256 bytes: a vocabulary of at least 261, not {size + 4}.")
    if kind == "byte":
        return build(kind, lowercase, [UNKNOWN, *BYTE_LETTERS])
    parts = _some(_parts(texts))
    if kind in LETTERS:
        return build(kind, lowercase, [UNKNOWN, *_characters(parts, kind, size - 1, lowercase)])
    tokenizer = _around(Tokenizer(models.WordLevel() if kind in SPACED else models.BPE()), kind, lowercase)
    if kind in SPACED:
        trainer = trainers.WordLevelTrainer(vocab_size=size, show_progress=False, special_tokens=[])
        tokenizer.train_from_iterator(parts, trainer)
        words = _in_order(tokenizer.get_vocab())
        return build(kind, lowercase, [UNKNOWN, *[word for word in words if word != UNKNOWN][: size - 1]])
    if kind == "bpe":
        return _learn_bpe(tokenizer, parts, size, lowercase)
    return _learn_unigram(tokenizer, parts, size, lowercase)


def _learn_bpe(tokenizer: Tokenizer, parts: Iterator[str], size: int, lowercase: bool) -> Tokenizer:
    _train_bpe(tokenizer, parts, size - 1)
    merges = [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]
    return build("bpe", lowercase, [UNKNOWN + " ", *_in_order(tokenizer.get_vocab())], merges=merges)


def _learn_unigram(tokenizer: Tokenizer, parts: Iterator[str], size: int, lowercase: bool) -> Tokenizer:
    words: Counter[str] = Counter()
    cutter = _around(Tokenizer(models.BPE()), "unigram", lowercase)  # the one in training is locked meanwhile

    def counted() -> Iterator[str]:
        for part in parts:
            text = cutter.normalizer.normalize_str(part)
            words.update(word for word, _ in cutter.pre_tokenizer.pre_tokenize_str(text))
            yield part

    _train_bpe(tokenizer, counted(), max(2 * size, 1000))
    candidates = [piece for piece in tokenizer.get_vocab() if len(piece) <= LONGEST_PIECE]
    scores = {UNKNOWN + " ": 0.0, **unigram.fit(words, candidates, BYTE_LETTERS, size - 1)}
    return build("unigram", lowercase, list(scores), scores=list(scores.values()))


def _train_bpe(tokenizer: Tokenizer, parts: Iterator[str], size: int) -> None:
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, initial_alphabet=BYTE_LETTERS, show_progress=False, special_tokens=[]
    )
    tokenizer.train_from_iterator(parts, trainer)


def build(
    kind: Kind,
    lowercase: bool,
    pieces: list[str],
    *,
    merges: list[tuple[str, str]] | None = None,
    scores: list[float] | None = None,
) -> Tokenizer:
    """Make the tokenizer of a kind from its pieces in the order of their ids; the first is the unknown one.

    A space ends the unknown piece's name where pieces are bytes, so that no text can spell it.
    """
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    model: models.Model
    if kind in SPACED:
        model = models.WordLevel(vocabulary, unk_token=UNKNOWN)
    elif kind == "unigram":
        assert scores is not None
        model = models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=0)
    else:
        model = models.BPE(vocabulary, merges or [], unk_token=pieces[0])
    return _around(Tokenizer(model), kind, lowercase)


def _around(tokenizer: Tokenizer, kind: Kind, lowercase: bool) -> Tokenizer:
    """Set what happens to text before and after the model."""
    steps: list[normalizers.Normalizer] = [normalizers.Lowercase()] if lowercase else []
    if kind != "byte":
        steps.append(normalizers.NFD() if kind == "jamo" else normalizers.NFC())
    tokenizer.normalizer = normalizers.Sequence(steps)
    if kind in SPACED:
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(CUTS[kind]), "removed", invert=True)
    elif kind == "byte":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.decoder = decoders.ByteLevel()
    elif kind in LETTERS:
        tokenizer.decoder = decoders.Fuse()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split("\n", "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _characters(parts: Iterable[str], kind: Kind, size: int, lowercase: bool) -> list[str]:
    """List the most frequent characters, ties by code point."""
    normalize = _around(Tokenizer(models.BPE()), kind, lowercase).normalizer.normalize_str
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part if part.isascii() and not lowercase else normalize(part))
    return sorted(counts, key=lambda letter: (-counts[letter], letter))[:size]


def _in_order(vocabulary: dict[str, int]) -> list[str]:
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _parts(texts: Iterable[str]) -> Iterator[str]:
    """Cut long texts at line ends: the trainers hold 256 of what they are given, and much beside."""
    for text in texts:
        if len(text) <= 4 * PART:
            yield text
        else:
            yield from line_groups(text)


PART = 2**13


def line_groups(text: str) -> Iterator[str]:
    """Cut a text after line ends, into parts of some 8,000 characters or one longer line."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + PART) + 1 or len(text)
        yield text[start:end]
        start = end


def _some(parts: Iterator[str]) -> Iterator[str]:
    """Refuse to learn from nothing."""
    seen = False
    for part in parts:
        seen = seen or bool(part)
        yield part
    if not seen:
        raise InputError("there is no text to build a vocabulary from: every row is empty.")
