"""Language: the next character, byte, word or subword of a text."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.data.kept import Origin, kept, then
from seqloom.data.stream import after, before, encode_stream, split_tail, text_chunks
from seqloom.data.vocabulary import BOS, Vocabulary
from seqloom.data.windows import Sliding, Tracks
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.language_meter import TextMeter
from seqloom.tasks.parts import TEST, Parts, check_shares
from seqloom.tasks.task import Data, Meter, Say, Task
from seqloom.tasks.vectors import pretrained

Ids = NDArray[np.int32]
HASHED = 2**22
"""Ids hashed at once."""
EVALUATION_TRACKS = 16
"""A recurrent model is evaluated on at most this many parts of a text side by side, each from an empty State."""


class Language(Task):
    """Language modelling: a decoder alone reads the text so far and scores what comes next."""

    name = "language"
    about = "the next character, byte, word or subword; writes text"
    structure = "language"

    def __init__(self, spec: Spec, vocabulary: Vocabulary, rows_digest: str) -> None:
        super().__init__(spec)
        self.vocabulary, self.rows_digest = vocabulary, rows_digest
        self._parts: Parts[Ids] | None = None

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: characters in and out, windows of 128, 2,000 steps."""
        return {
            "target": {"tokens": "char", "vocab": 8000, "size": 128},
            "heads": {"words": {"kind": "tokens"}},
            "data": {"valid": 0.05},
            "fit": {
                "steps": 2000,
                "batch_tokens": 4096,
                "window": 128,
                "lr": 2e-3,
                "schedule": "cosine",
                "warmup": 50,
            },
        }

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the text, hold out its end or read the validation file, and fit the vocabulary."""
        side = _side(spec)
        if spec.data.train is None:
            raise InputError("language needs data: a text file.")
        chunks, _ = _divided(spec, say)
        vocabulary = Vocabulary.train(
            chunks, side.cut, side.vocab, side.lowercase, _origin(spec, spec.data.train, "learnt")
        )
        task = cls(spec, vocabulary, "")
        task.rows_digest = task.reread(lambda note: None)
        return task

    def reread(self, say: Say) -> str:
        """Read the files of the spec again, for a loaded task; return the digest of the training ids."""
        data, valid = self.spec.data, None
        text, tail = _divided(self.spec, say)
        ids = self._ids(text, data.train, "learnt")
        test = (
            None if tail is None else self._ids(tail, data.test if isinstance(data.test, str) else data.train, "tail")
        )
        if isinstance(data.valid, str):
            valid = self._ids(_chunks(self.spec, data.valid, say), data.valid)
        elif data.valid:
            share = data.test if isinstance(data.test, float) else 0.0
            ids, valid = split_tail(ids, data.valid / (1 - share))
        self._parts = Parts(ids, valid, test)
        if len(ids) < 2:
            raise InputError(f"{data.train}: {len(ids)} tokens are too few to learn from; a text needs two at least.")
        origin = then(_origin(self.spec, data.train, "learnt"), self.vocabulary.digest, "digest", len(ids))
        digest: str = kept(origin, lambda: {"digest": _digest(ids)})["digest"]
        return digest

    def _ids(self, text: Iterable[str], path: str | None, part: str = "whole") -> Ids:
        """Return the ids of a text, or of a part of a file's, perhaps those that an earlier start kept."""
        origin = then(_origin(self.spec, path, part), self.vocabulary.digest)
        ids: Ids = kept(origin, lambda: {"ids": encode_stream(text, self.vocabulary)})["ids"]
        return ids

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take the vocabulary of a run."""
        about = json.loads((folder / "text.json").read_text(encoding="utf-8"))
        return cls(spec, Vocabulary.load(folder / "target"), about["training_ids_sha256"])

    def save(self, folder: Path) -> None:
        """Write the vocabulary."""
        self.vocabulary.save(folder / "target")
        about = {"training_ids_sha256": self.rows_digest}
        (folder / "text.json").write_text(json.dumps(about, indent=1), encoding="utf-8")

    def digest(self) -> str:
        """Return a hash of the vocabulary."""
        return self.vocabulary.digest

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return the size of the vocabulary, and pretrained vectors if asked for."""
        side, vectors = _side(self.spec), {}
        if side.vectors is not None and vectors_too:
            vectors["target"] = pretrained(side.vectors, self.vocabulary)
            side.size = vectors["target"].shape[1]
        return Wiring(target=len(self.vocabulary), vectors=vectors)

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return training windows (carried or not) and validation windows."""
        if self._parts is None:
            raise InputError("a loaded task has no training data; learn it from the spec first.")
        ids, valid, _ = self._parts
        train = CarriedText(ids, self._rows(ids), self._window, self._seed) if carries else self._windows(ids, True)
        return train, None if valid is None else self._text(valid, carries)

    def evaluation(self, path: str | None, say: Say, carries: bool) -> Data:
        """Return windows of a text file, or of what training held out."""
        if path is not None and path != TEST:
            return self._text(self._ids(_chunks(self.spec, path, say), path), carries)
        if self._parts is None:
            self.reread(say)
        assert self._parts is not None
        return self._text(self._parts.held(path), carries)

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of nats, perplexity and bits per character."""
        return TextMeter(self.vocabulary)

    def prompt(self, text: str) -> list[int]:
        """Turn a prompt into ids to start from; an empty one starts a line, or the text."""
        ids = self.vocabulary.encode(text)
        newline = self.vocabulary.newline
        return ids or [BOS if newline is None else newline]

    def line(self, text: str) -> tuple[list[int], list[int]]:
        """Return (what is read, what is scored) for a line on its own: it follows a line end and ends with one."""
        start = self.prompt("")
        ids = self.vocabulary.encode(text)
        ends = [] if self.vocabulary.newline is None else [self.vocabulary.newline]
        return start + ids + ends, ids + ends

    @property
    def _window(self) -> int:
        return self.spec.fit.window

    @property
    def _seed(self) -> int:
        return self.spec.fit.seed

    def _rows(self, ids: Ids) -> int:
        """Return how many tracks fit a batch, fewer for a text too short to fill them."""
        return max(1, min(self.spec.fit.batch_tokens // self._window, (len(ids) - 1) // self._window))

    def _text(self, ids: Ids, carries: bool) -> Data:
        if len(ids) < 2:
            raise InputError(f"{len(ids)} tokens to evaluate on; a text needs at least two.")
        if carries:
            rows = max(1, min(EVALUATION_TRACKS, self._rows(ids)))
            return CarriedText(ids, rows, self._window, None)
        return self._windows(ids, False)

    def _windows(self, ids: Ids, training: bool) -> "WindowedText":
        rows = max(1, self.spec.fit.batch_tokens // self._window)
        return WindowedText(ids, rows, self._window, self._seed if training else None)


class CarriedText:
    """Parallel tracks of one text in windows that follow each other: truncated BPTT (Williams & Peng 1990).

    For evaluation (`seed` None) every token but the first counts once.
    """

    carries = True

    def __init__(self, ids: Ids, rows: int, window: int, seed: int | None) -> None:
        self._seed = seed
        self._tracks = Tracks(ids, rows, window)

    def order(self, epoch: int) -> Sequence[Any]:
        """Return windows in the order of the text."""
        return self._tracks.order(epoch, self._seed).tolist()

    def load(self, key: Any) -> Batch:
        """Return one window of every track."""
        return _batch(*self._tracks.load(key), key)


class WindowedText:
    """Windows that each start empty, for models that attend. In evaluation they overlap by half, and each token
    counts once, with at least half a window before it."""

    carries = False

    def __init__(self, ids: Ids, rows: int, window: int, seed: int | None) -> None:
        self._rows, self._seed = rows, seed
        self._windows = Sliding(ids, window, window if seed is not None else max(1, window // 2))

    def order(self, epoch: int) -> Sequence[Any]:
        """Return window numbers by batch."""
        numbers = self._windows.order(epoch, self._seed).tolist()
        return [numbers[start : start + self._rows] for start in range(0, len(numbers), self._rows)]

    def load(self, key: Any) -> Batch:
        """Return some windows."""
        return _batch(*self._windows.load(key), key)


def _batch(inputs: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor, key: Any) -> Batch:
    tokens = int(mask.sum())
    rows = tuple(np.atleast_1d(key).tolist())
    return Batch({"target": Field(inputs)}, {"words": Field(targets, mask, prefix=False)}, rows, tokens)


def _digest(ids: Ids) -> str:
    """Hash ids in pieces: a long text's are on disk."""
    content = hashlib.sha256()
    for start in range(0, len(ids), HASHED):
        content.update(ids[start : start + HASHED].tobytes())
    return content.hexdigest()


def _origin(spec: Spec, path: str | None, part: str) -> Origin | None:
    """Return what the ids of a text come from; `part` says which of it: learnt or tail, as `data.test` parts them."""
    data = spec.data
    if path is None or path == "-" or data.on_bad_row == "skip":  # how many lines are skipped is said at each start
        return None
    share = data.test if isinstance(data.test, float) and part != "whole" else None
    return Origin.of(path, "text", path, part, share, data.format, _side(spec).column, data.header, data.on_bad_row)


def _side(spec: Spec) -> SideSpec:
    if spec.target is None:
        raise InputError("language needs a target (how text becomes ids) in its spec.")
    return spec.target


def _divided(spec: Spec, say: Say) -> tuple[Iterator[str], Iterator[str] | None]:
    """Return the text to learn from and that to test on: a file, or the last share of the characters, which neither
    the vocabulary nor the weights have met; None: none."""
    train, test = str(spec.data.train), spec.data.test
    if not test:
        return _chunks(spec, train, say), None
    if isinstance(test, str):
        return _chunks(spec, train, say), _chunks(spec, test, say)
    check_shares(spec.data)
    if test >= 1:
        raise InputError(f"a share of {test:g} cannot be held out; give data.test between 0 and 1, such as 0.05.")
    length = sum(map(len, _chunks(spec, train)))
    place = length - round(length * test)
    if length - place < 2:
        raise InputError(
            f"{train}: {length} characters are too few to hold out {test:g} of them (data.test); two are needed at "
            "least. Give more text or a larger share."
        )
    return before(_chunks(spec, train, say), place), after(_chunks(spec, train), place)


def _chunks(spec: Spec, path: str, say: Say | None = None) -> Iterator[str]:
    column = _side(spec).column
    name = None if column is None else str(column)
    data = spec.data
    return text_chunks(path, data.format, name, header=data.header, on_bad_row=data.on_bad_row, say=say)
