"""Classify: a text (or a pair of texts) to one label of several, or to several labels."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.data.batches import buckets, in_order, pad
from seqloom.data.columns import pick
from seqloom.data.encoded import Encoded
from seqloom.data.rows import Rows
from seqloom.data.splits import overlap
from seqloom.data.vocabulary import SEP, Vocabulary
from seqloom.errors import InputError, nearest
from seqloom.heads.label import LabelHead
from seqloom.model import SequenceModel
from seqloom.spec import Spec
from seqloom.tasks.chunks import Row, chunks
from seqloom.tasks.classify_meter import LabelMeter
from seqloom.tasks.labelled import (
    LABEL_COLUMNS,
    TEXT_COLUMNS,
    Texts,
    check_labels,
    label_column,
    read_rows,
    settle_columns,
    sides,
    text_columns,
)
from seqloom.tasks.task import Data, Meter, Say, Task
from seqloom.tasks.vectors import pretrained

LONGEST = 512
"""Tokens a row is cut to unless `source.max_length` says otherwise."""
CHUNK = 1024
"""Rows encoded at once."""


@dataclass(frozen=True)
class Prediction:
    """What a row is taken for, and the probability of every label."""

    label: str | list[str]
    probabilities: dict[str, float]


class Classify(Task):
    """Text classification: the head reads the encoder's memory."""

    name = "classify"
    about = "a text, or a pair of texts, to one or several labels"
    structure = "summary"

    def __init__(
        self, spec: Spec, vocabulary: Vocabulary, labels: list[str], counts: list[int], rows_digest: str
    ) -> None:
        super().__init__(spec)
        self.vocabulary, self.labels, self.counts, self.rows_digest = vocabulary, labels, counts, rows_digest
        self._index = {label: number for number, label in enumerate(labels)}
        self._parts: tuple[Texts, Texts | None] | None = None

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: subwords in, one label out, up to ten epochs with early stopping on accuracy."""
        return {
            "source": {"tokens": "bpe", "vocab": 8000, "size": 128, "dropout": 0.2},
            "target": {},
            "heads": {"label": {"kind": "label", "dropout": 0.2}},
            "data": {"valid": 0.1},
            "fit": {"epochs": 10, "batch_tokens": 2048, "lr": 1e-3, "patience": 3, "metric": "loss"},
        }

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training file, hold out a share or read the validation file, and fit vocabulary and labels."""
        source, _ = sides(spec)
        texts, valid = _parted(spec, say)
        counts = Counter(label for labels in texts.labels() for label in labels)
        labels = sorted(counts)
        check_labels(spec, texts, labels, say)
        vocabulary = Vocabulary.train(texts.every(), source.cut, source.vocab, source.lowercase)
        task = cls(spec, vocabulary, labels, [counts[label] for label in labels], texts.digest())
        task._parts = texts, valid
        return task

    def reread(self, say: Say) -> str:
        """Read the files of the spec again, for a loaded task; return the digest of the training rows."""
        self._parts = _parted(self.spec, say)
        return self._parts[0].digest()

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take the vocabulary and labels of a run."""
        about = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        vocabulary = Vocabulary.load(folder / "source")
        return cls(spec, vocabulary, about["labels"], about["counts"], about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write the vocabulary and labels."""
        self.vocabulary.save(folder / "source")
        about = {"labels": self.labels, "counts": self.counts, "training_rows_sha256": self.rows_digest}
        (folder / "labels.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")

    @property
    def columns(self) -> list[str]:
        """The text columns of a row."""
        return text_columns(sides(self.spec)[0])

    def digest(self) -> str:
        """Return a hash of the vocabulary and the labels."""
        return hashlib.sha256("\n".join([self.vocabulary.digest, *self.labels]).encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return the size of the vocabulary, the labels with their counts, and pretrained vectors if asked for."""
        source, _ = sides(self.spec)
        vectors = {}
        if source.vectors is not None and vectors_too:
            vectors["source"] = pretrained(source.vectors, self.vocabulary)
            source.size = vectors["source"].shape[1]
        return Wiring(source=len(self.vocabulary), labels={"label": (self.labels, self.counts)}, vectors=vectors)

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return shuffled training batches and validation batches."""
        if self._parts is None:
            raise InputError("a loaded task has no training data; learn it from the spec first.")
        train, valid = self._parts
        return self._data(train, True, say), None if valid is None else self._data(valid, False, say)

    def evaluation(self, path: str | None, say: Say, carries: bool) -> Data:
        """Return batches of a file with labels, or of what training held out."""
        if path is not None:
            _, target = sides(self.spec)
            rows = read_rows(self.spec, path, say)
            columns = self._text_columns_in(rows, say)
            label = pick(rows, label_column(target), LABEL_COLUMNS, "label", "--label-column")
            return self._data(Texts(rows, columns, label, target.multilabel), False, say)
        if self._parts is None:
            self._parts = _parted(self.spec, say)
        if self._parts[1] is None:
            raise InputError("training held nothing out (data.valid is 0): give a file to evaluate on.")
        return self._data(self._parts[1], False, say)

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of accuracy, F1, calibration and loss."""
        return LabelMeter(cast(LabelHead, model.heads["label"]))

    def _data(self, texts: "Texts", training: bool, say: Say) -> Data:
        longest, cut = self._longest, 0

        def cut_long(ids: list[int]) -> list[int]:
            nonlocal cut
            cut += len(ids) > longest
            return ids[:longest]

        encoded = Encoded.collect(map(cut_long, self._encode(texts.texts())))
        if cut:
            say(
                f"{texts.rows.path}: {cut} of {len(texts)} texts are longer than {longest} tokens and are cut there "
                "(source.max_length)."
            )
        unknown = {label for labels in texts.labels() for label in labels} - set(self.labels)
        if unknown:
            place, label = texts.first_label(unknown)
            raise InputError(f"{place}: label {label!r} does not occur in training" + nearest(label, self.labels))
        answers = [[self._index[label] for label in labels] for labels in texts.labels()]
        target: NDArray[Any]
        if texts.multilabel is None:
            target = np.array([ids[0] for ids in answers], np.int64)
        else:
            target = np.zeros((len(answers), len(self.labels)), np.float32)
            for row, ids in enumerate(answers):
                target[row, ids] = 1
        return LabelData(encoded, target, self.spec.fit.batch_tokens, self.spec.fit.seed, training)

    def encode(self, rows: Iterable[Sequence[str]]) -> Iterator[list[int]]:
        """Turn rows of one or two texts into ids, joined by SEP and cut to the longest length."""
        return (ids[: self._longest] for ids in self._encode(rows))

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
    def _longest(self) -> int:
        return sides(self.spec)[0].max_length or LONGEST

    def batch(self, rows: Sequence[Sequence[str]]) -> Batch:
        """Make a batch to predict from rows of texts."""
        ids = list(self.encode(rows))
        return Batch({"source": pad(ids)}, rows=tuple(range(len(ids))), tokens=sum(map(len, ids)))

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Row],
        *,
        first: int = 0,
        threshold: float | None = None,
        **options: Any,
    ) -> Iterator[Prediction]:
        """Label each row: a text, or several where training had several. `threshold` (0.5): the second of two labels,
        or each of many, is taken from there on."""
        self._only(options)
        if len(models) > 1:
            raise InputError("this run answers with labels: it has no ensemble.")
        return self._label(models[0], rows, threshold)

    def _label(self, model: SequenceModel, rows: Iterable[Row], threshold: float | None) -> Iterator[Prediction]:
        device = next(model.parameters()).device
        for chunk in chunks(rows, len(self.columns)):
            batch = self.batch(chunk).to(device)
            with torch.no_grad():
                outputs, _ = model(batch)
            yield from self.answer(model.heads["label"], outputs["label"], threshold)  # type: ignore[arg-type]

    def answer(self, head: LabelHead, outputs: Tensor, threshold: float | None) -> list[Prediction]:
        """Turn logits into predictions: the likeliest label, or every label at or above the threshold (0.5)."""
        answers = []
        for row in head.probabilities(outputs.float()).tolist():
            by_label = dict(zip(self.labels, row, strict=True))
            if head.multilabel:
                chosen: str | list[str] = [name for name, p in by_label.items() if p >= (threshold or 0.5)]
            elif head.binary and threshold is not None:
                chosen = self.labels[int(row[1] >= threshold)]
            else:
                chosen = self.labels[int(np.argmax(row))]
            answers.append(Prediction(chosen, by_label))
        return answers

    def rows_of(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], list[str]]]:
        """Read a file as training did and yield each row's values and its texts; labels may be absent."""
        rows = read_rows(self.spec, path, say)
        columns = self._text_columns_in(rows, say)
        for row in rows:
            yield row.values, [row.values[name] for name in columns]

    def _text_columns_in(self, rows: Rows, say: Say) -> list[str]:
        source, _ = sides(self.spec)
        names = text_columns(source)
        if not all(name in rows.columns for name in names) and len(rows.columns) == len(names):
            if list(rows.columns) != names:
                say(f"{rows.path}: no column {', '.join(names)}; its {len(names)} column(s) are taken in order.")
            return list(rows.columns)
        return [pick(rows, name, TEXT_COLUMNS, "text", "--text-column") for name in names]


class LabelData:
    """Batches of encoded rows and their labels."""

    carries = False

    def __init__(self, encoded: Encoded, target: NDArray[Any], batch_tokens: int, seed: int, training: bool) -> None:
        self._encoded, self._target = encoded, target
        self._batch_tokens, self._seed, self._training = batch_tokens, seed, training

    def order(self, epoch: int) -> Sequence[NDArray[np.int64]]:
        """Return row numbers by batch: shuffled among rows of like length for training, in order of length else."""
        lengths = np.maximum(self._encoded.lengths, 1)
        if self._training:
            return buckets(lengths, self._batch_tokens, self._seed, epoch)
        return in_order(lengths, self._batch_tokens)

    def load(self, key: NDArray[np.int64]) -> Batch:
        """Pad the rows of one batch."""
        ids = [self._encoded[int(row)] for row in key]
        target = Field(torch.from_numpy(self._target[key]))
        return Batch({"source": pad(ids)}, {"label": target}, tuple(key.tolist()), sum(map(len, ids)))


def _parted(spec: Spec, say: Say) -> tuple[Texts, Texts | None]:
    """Read the training rows and those to validate on."""
    source, target = sides(spec)
    if spec.data.train is None:
        raise InputError("classify needs data: a file of texts and labels.")
    rows = read_rows(spec, spec.data.train, say)
    settle_columns(spec, rows, say)
    texts = Texts(rows, text_columns(source), str(target.column), target.multilabel)
    if isinstance(spec.data.valid, str):
        valid = texts.of(read_rows(spec, spec.data.valid, say))
        twice = overlap(texts.joined(), valid.joined())
        if twice:
            say(
                f"{spec.data.valid}: {twice} of {len(valid)} rows also occur in {spec.data.train}; "
                "validation flatters what it has seen."
            )
        return texts, valid
    return texts.parted(spec.data.valid, spec.fit.seed, say) if spec.data.valid else (texts, None)
