"""Vocabulary: text to ids and back.

Ids 0 to 3 are PAD, BOS, EOS and SEP; they live outside the tokenizer, so no text, whatever it says, can become one.
The tokenizer's own ids follow, 4 later; its first is the unknown piece, so UNK is 4. A folder holds a vocabulary as
`tokenizer.json`, which any program that uses `tokenizers` can read, and `vocabulary.json`, which says the rest.
"""

import hashlib
import json
import os
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from seqloom.data.kept import Findings, Origin, kept, then
from seqloom.data.pieces import BYTE_LETTERS, BYTES, LETTERS, PART, SPACED, UNKNOWN, Kind, learn, line_groups
from seqloom.errors import CheckpointError, InputError

PAD, BOS, EOS, SEP, UNK = range(5)
NAMES = ("<pad>", "<bos>", "<eos>", "<sep>", UNKNOWN)
OFFSET = 4
FORMAT = 1


class Vocabulary:
    """The pieces of a language and their ids.

    kind     char, jamo, byte, word, symbol, bpe or unigram
    newline  the id of a line end, None where it has none; words and symbols say EOS
    digest   sha256 of the content: two vocabularies with the same one give the same ids
    """

    def __init__(self, tokenizer: Tokenizer, kind: Kind, lowercase: bool) -> None:
        """`train` and `load` make vocabularies."""
        self.kind = kind
        self.lowercase = lowercase
        self._tokenizer = tokenizer
        own = tokenizer.get_vocab(with_added_tokens=False)
        self._pieces = sorted(own, key=own.__getitem__)
        self._bytes = [_as_bytes(piece, kind) for piece in self._pieces]
        self._bytes[0] = (UNKNOWN if kind in SPACED else "\ufffd").encode()
        self._ids = {piece: number + OFFSET for piece, number in own.items()} if kind in LETTERS else {}
        newline = own.get("\n" if kind in LETTERS else BYTE_LETTERS[10])
        self.newline = EOS if kind in SPACED else None if newline is None else newline + OFFSET
        self._shown: dict[int, str] = {}
        self.digest = _digest(tokenizer, kind, lowercase, self._pieces)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        kind: Kind,
        size: int = 8000,
        lowercase: bool = False,
        origin: Origin | None = None,
    ) -> "Vocabulary":
        """Learn a vocabulary of at most `size` ids, all specials included; bytes always have 261.

        The texts are read once and not held; not at all where what was learnt from `origin`, where they come from, is
        kept. Raises InputError for no text, or a size too small for the kind.
        """
        if size <= UNK + 1 and kind != "byte":
            raise InputError(f"a vocabulary of {size} has room for special tokens only. Ask for at least {UNK + 2}.")

        def learnt() -> Findings:
            return {"tokenizer": learn(texts, kind, size - OFFSET, lowercase).to_str()}

        found = kept(then(origin, "vocabulary", kind, size, lowercase), learnt)
        return cls(_parse(found["tokenizer"]), kind, lowercase)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text. Line ends are ids too: EOS among words and symbols, their own elsewhere.

        A long text is encoded in parts, at its line ends; that changes nothing (see `pieces.py`).
        """
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text. Raises InputError for text that holds half a character (a lone surrogate)."""
        try:
            if self.kind == "byte":
                return [[byte + UNK + 1 for byte in self._normal(text).encode()] for text in texts]
            if self.kind in LETTERS:
                known = self._ids.get
                return [[known(letter, UNK) for letter in self._normal(text)] for text in texts]
            return self._encode(texts)
        except (UnicodeEncodeError, TypeError):
            raise _not_text(texts) from None

    def pieces(self, text: str) -> list[str]:
        r"""Return the string behind each id of `encode(text)`, unknown ones too; a line end between words is "\n".

        Bytes and pieces of words are shown as `token` shows them.
        """
        ids = self.encode(text)
        if self.kind in LETTERS:
            return list(self._normal(text))
        if self.kind in ("byte", "bpe", "unigram"):
            return [self.token(number) for number in ids]
        found = []
        for place, line in enumerate(text.split("\n")):
            found += ["\n"] if place else []
            found += [piece for piece, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(self._normal(line))]
        return found

    def decode(self, ids: Iterable[int], skip_specials: bool = True, extra: Sequence[str] = ()) -> str:
        """Return the text of ids. Words and symbols are joined by spaces, their lines by line ends (their EOS).

        Other kinds give back exactly what was encoded (composed, and in lower case if so trained); bytes that are
        not UTF-8 and unknown characters show as U+FFFD. Specials are left out or, on request, written `<bos>`.
        `extra` are a row's own pieces, whose ids follow the vocabulary's (see `copying.py`).
        """
        known = self._bytes if not extra else self._bytes + [piece.encode() for piece in extra]
        if self.kind in SPACED:
            lines: list[list[str]] = [[]]
            for number in ids:
                if number == EOS:
                    lines.append([])
                elif number >= OFFSET:
                    lines[-1].append(known[number - OFFSET].decode())
                elif not skip_specials:
                    lines[-1].append(NAMES[number])
            return "\n".join(" ".join(line) for line in lines)
        pieces = []
        for number in ids:
            if number >= OFFSET:
                pieces.append(known[number - OFFSET])
            elif not skip_specials:
                pieces.append(NAMES[number].encode())
        text = b"".join(pieces).decode("utf-8", "replace")
        return unicodedata.normalize("NFC", text) if self.kind == "jamo" else text

    def token(self, number: int) -> str:
        r"""Return a printable piece for people: `the`, ` film`, `\n`, `\xed\x95` where it is part of a character."""
        if number not in self._shown:
            self._shown[number] = NAMES[number] if number <= UNK else _printable(self._bytes[number - OFFSET])
        return self._shown[number]

    @cached_property
    def whole(self) -> dict[int, str]:
        """The texts of those ids that add the same to a text wherever they stand: whole characters, with no space
        before them that comes and goes, and none that the next one could change."""
        found: dict[int, str] = {}
        if self.kind in (*SPACED, "jamo"):
            return found
        for number, data in enumerate(self._bytes[UNK + 1 - OFFSET :], UNK + 1):
            text = data.decode("utf-8", "replace")
            if not text.endswith("\ufffd") and text.encode() == data:
                found[number] = text
        return found

    def __len__(self) -> int:
        return OFFSET + len(self._pieces)

    def save(self, folder: str | Path) -> None:
        """Write `tokenizer.json` and `vocabulary.json` into a folder, made if need be."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.json").write_text(self._tokenizer.to_str(pretty=True), encoding="utf-8")
        about = {
            "format": FORMAT,
            "kind": self.kind,
            "lowercase": self.lowercase,
            "size": len(self),
            "specials": {"pad": PAD, "bos": BOS, "eos": EOS, "sep": SEP, "unk": UNK},
            "offset": OFFSET,
            "sha256": self.digest,
        }
        (folder / "vocabulary.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "Vocabulary":
        """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""
        folder = Path(folder)
        try:
            about = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
            text = (folder / "tokenizer.json").read_text(encoding="utf-8")
            if about["format"] != FORMAT:
                raise CheckpointError(
                    f"{folder}/vocabulary.json has format {about['format']}; this Seqloom reads {FORMAT}. Use a later"
                    " version."
                )
            vocabulary = cls(_parse(text), about["kind"], about["lowercase"])
        except FileNotFoundError as error:
            raise CheckpointError(f"{error.filename} is missing; copy the whole run folder again.") from None
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"the vocabulary in {folder} is damaged: {error}. Copy the run again.") from None
        if vocabulary.digest != about["sha256"]:
            raise CheckpointError(
                f"{folder}/tokenizer.json is not what was saved: its content does not give the sha256 in"
                " vocabulary.json. Copy the run again."
            )
        return vocabulary

    def normal(self, text: str) -> str:
        """Return a text as `decode` would write it at best: composed, in lower case and single-spaced where the pieces
        are, so that an answer can be compared with it."""
        text = self._normal(text)
        text = unicodedata.normalize("NFC", text) if self.kind == "jamo" else text
        return " ".join(text.split()) if self.kind in SPACED else text

    def _normal(self, text: str) -> str:
        if text.isascii():
            return text.lower() if self.lowercase else text
        return self._tokenizer.normalizer.normalize_str(text)

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Encode with the tokenizer, in parts that end at line ends so that all processors have work."""
        if not any("\n" in text for text in texts):
            return [_shift(found.ids) for found in self._batch(texts)]
        parts: list[str] = []
        ends = []
        for text in texts:
            if self.kind in SPACED:
                parts.extend(text.split("\n"))
            elif len(text) <= PART:
                parts.append(text)
            else:
                parts.extend(line_groups(text))
            ends.append(len(parts))
        found = iter(self._batch(parts))
        between = [EOS] if self.kind in SPACED else []
        start, rows = 0, []
        for end in ends:
            row: list[int] = []
            for place in range(start, end):
                row += (between if place > start else []) + _shift(next(found).ids)
            rows.append(row)
            start = end
        return rows

    def _batch(self, texts: Sequence[str]) -> list[Any]:
        return self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)


def _printable(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "".join(f"\\x{byte:02x}" for byte in data)
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _shift(ids: list[int]) -> list[int]:
    return [number + OFFSET for number in ids]


def _as_bytes(piece: str, kind: Kind) -> bytes:
    if kind in (*LETTERS, *SPACED):
        return piece.encode()
    return bytes(BYTES.get(letter, 32) for letter in piece)


def _digest(tokenizer: Tokenizer, kind: Kind, lowercase: bool, pieces: list[str]) -> str:
    """Hash what decides the ids, and nothing that a later version of the library may write otherwise."""
    model = json.loads(tokenizer.to_str())["model"]
    merges = [list(merge) for merge in model.get("merges", [])]
    scores = [round(score, 5) for _, score in model["vocab"]] if kind == "unigram" else []
    content = json.dumps([FORMAT, kind, lowercase, pieces, merges, scores], ensure_ascii=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _parse(text: str) -> Tokenizer:
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # the library raises a bare Exception for a file it cannot read
        raise ValueError(f"tokenizer.json cannot be read ({error})") from None


def _not_text(texts: Sequence[Any]) -> InputError:
    for text in texts:
        if not isinstance(text, str):
            return InputError(f"expected text, got {type(text).__name__} {text!r:.80}.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return InputError(
                f"{text[:60]!r} holds half a character (a lone surrogate, \\u{ord(text[error.start]):04x}), which no"
                " UTF-8 text can. Remove it."
            )
    raise AssertionError("every text is whole")


def _before_fork() -> None:
    """Keep `tokenizers` from warning about, and turning off, its threads in a worker: it asks this variable."""
    global _set_here
    _set_here = "TOKENIZERS_PARALLELISM" not in os.environ
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _after_fork_in_parent() -> None:
    if _set_here:
        os.environ.pop("TOKENIZERS_PARALLELISM", None)


_set_here = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent)
