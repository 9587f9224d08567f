"""Visual question answering: a picture and a question about it to one of the answers that training has (Antol et al.
2015, arXiv:1505.00468)."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import torch

from seqloom.architecture import Structure
from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import InputError
from seqloom.heads.label import LabelHead
from seqloom.metrics.questions import frequent
from seqloom.model import SequenceModel
from seqloom.spec import Spec
from seqloom.tasks.asked import QUESTION, Asked, AskReader, side
from seqloom.tasks.asked_data import AskedData, asked
from seqloom.tasks.classify import Classify, Prediction
from seqloom.tasks.examples import Examples
from seqloom.tasks.labelled import check_labels, sides
from seqloom.tasks.media_source import CHUNK, Decoded, MediaSource, Raw, media_class
from seqloom.tasks.task import Data, Meter, Say
from seqloom.tasks.text_source import LONGEST
from seqloom.tasks.vectors import pretrained
from seqloom.tasks.vqa_meter import Poll, VqaMeter, polls

Row = tuple[Any, str]
"""A picture (a path, encoded bytes, an array or a decoded item) and a question."""


class Vqa(Classify):
    """The most frequent answers are labels; the question stands beside the picture, and `fuse` joins them."""

    name = "vqa"
    about = "a picture and a question about it to an answer"
    structure: ClassVar[Structure] = "joined"
    reads = ("image",)
    usual = ("answer", "multiple_choice_answer", "label", "target", "답")
    named: ClassVar[dict[str, str]] = {"source": "source", "label": "target"}
    source: MediaSource

    def __init__(
        self,
        spec: Spec,
        source: MediaSource,
        questions: Vocabulary,
        types: list[str],
        labels: list[str],
        counts: list[int],
        rows_digest: str,
    ) -> None:
        super().__init__(spec, source, labels, counts, rows_digest)
        self.questions, self.types = questions, types

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: words of questions, the 1,000 most frequent answers, a hidden layer before them."""
        return {
            "source": {"tokens": "image", "size": 128, "front": {"kind": "cnn", "norm": "batch"}},
            "target": {"vocab": 1000},
            "encoder": {"kind": "bag"},
            "beside": {
                "question": {
                    "tokens": "word",
                    "vocab": 10000,
                    "size": 64,
                    "lowercase": True,
                    "encoder": {"kind": "gru", "size": 128},
                }
            },
            "fuse": {"kind": "multiply", "size": 256},
            "heads": {"label": {"kind": "label", "hidden": 256, "dropout": 0.2}},
            "data": {"valid": 0.1},
            "fit": {"epochs": 30, "batch_tokens": 1024, "lr": 1e-3, "patience": 6, "metric": "accuracy"},
        }

    @classmethod
    def suited(cls, data: str, tokens: str | None, format: str | None) -> dict[str, Any]:
        """Return nothing: what is read is a picture, whatever the table that names it."""
        return {}

    @classmethod
    def reader(cls, spec: Spec) -> AskReader:
        """Return what reads tables of pictures, questions and answers."""
        return AskReader(spec, cls.usual)

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training rows, and fit pictures, questions and answers."""
        check(spec)
        parts = cls.read(spec, say)
        examples = cast(Asked, parts.train)
        counts = Counter(examples.cells())
        most = sides(spec)[1].vocab
        labels = sorted(sorted(counts, key=lambda label: (-counts[label], label))[:most])
        check_labels(spec, examples, labels, say)
        places, rare = parted(examples, labels)
        if rare:
            say(
                f"{examples.path}: {len(rare)} of {len(examples)} rows are left out of training: their answers are not "
                f"among the {most} most frequent (target.vocab); the first: {examples.where(rare[0])}"
            )
        kept = examples.at(places)
        source = media_class(spec).learn(spec, kept, say)
        beside = side(spec)
        vocabulary = Vocabulary.train(kept.questions(), beside.cut, beside.vocab, beside.lowercase)
        types = frequent(kept.kinds())
        task = cls(spec, source, vocabulary, types, labels, [counts[label] for label in labels], examples.digest())
        task._parts = parts
        return task

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take pictures, questions and answers of a run."""
        about = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        source, questions = media_class(spec).load(spec, folder / "source"), Vocabulary.load(folder / QUESTION)
        return cls(
            spec,
            source,
            questions,
            about["types"],
            about["labels"],
            about["counts"],
            about["training_rows_sha256"],
        )

    def save(self, folder: Path) -> None:
        """Write pictures, questions and answers."""
        super().save(folder)
        self.questions.save(folder / QUESTION)
        path = folder / "labels.json"
        about = {**json.loads(path.read_text(encoding="utf-8")), "types": self.types}
        path.write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")

    def digest(self) -> str:
        """Return a hash of pictures, questions and answers."""
        return hashlib.sha256(f"{super().digest()}\n{self.questions.digest}".encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return the shape of pictures, the size of the questions' vocabulary, and the answers with their counts."""
        beside, vectors = side(self.spec), {}
        if beside.vectors is not None and vectors_too:
            vectors["source"] = pretrained(beside.vectors, self.questions)
            beside.size = vectors["source"].shape[1]
        question = Wiring(source=len(self.questions), vectors=vectors)
        return replace(super().wiring(vectors_too), beside={QUESTION: question})

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of accuracy in all and by type of question."""
        assert isinstance(data, AskedData)
        return VqaMeter(cast(LabelHead, model.heads["label"]), self.types, data.polls, data.lost)

    def batch(self, rows: Sequence[Row]) -> Batch:
        """Make a batch to answer: pictures, each once, and questions."""
        opened: dict[Any, int] = {}
        raws: list[Raw] = []
        which = []
        for number, (picture, _) in enumerate(rows):
            key = id(picture.raw) if isinstance(picture, Decoded) else picture if isinstance(picture, str) else -number
            if key not in opened:
                opened[key] = len(raws)
                raws.append(self.source.opened(picture, number))
            which.append(opened[key])
        questions = self.encode([text for _, text in rows])
        inputs = asked(self.source.field(raws), which, questions, self.blind)
        return Batch(inputs, rows=tuple(range(len(rows))), tokens=sum(map(len, questions)))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of questions, cut to the longest length."""
        return [ids[: self.longest] for ids in self.questions.encode_many(texts)]

    @property
    def longest(self) -> int:
        """Tokens a question is cut to."""
        return side(self.spec).max_length or LONGEST

    @property
    def blind(self) -> str | None:
        """What is read as nothing, so that one sees what it is worth."""
        return self.spec.data.ablate

    def _label(self, model: SequenceModel, rows: Iterable[Any], threshold: float | None) -> Iterator[Prediction]:
        device, rest, number = next(model.parameters()).device, iter(rows), 0
        while chunk := list(islice(rest, CHUNK)):
            batch = self.batch([_row(row, number + at) for at, row in enumerate(chunk)]).to(device)
            number += len(chunk)
            with torch.no_grad():
                outputs, _ = model(batch)
            yield from self.answer(cast(LabelHead, model.heads["label"]), outputs["label"], threshold)

    def _data(self, examples: Examples, training: bool, say: Say) -> Data:
        rows = cast(Asked, examples)
        known, unknown = parted(rows, self.labels)
        if not known:
            raise InputError(f"{rows.path}: no answer in it occurs in training; the first: {rows.where(0)}.")
        if training:
            return self._batches(rows.at(known), True, [], [], say)
        every = polls(rows, self.spec.data.variants)
        lost = [every[row] for row in unknown if not set(every[row].answers) & set(self.labels)]
        if lost:
            say(
                f"{rows.path}: the answers to {len(lost)} of {len(rows)} questions do not occur in training, so that "
                f"they count as wrong; the first: {rows.where(unknown[0])}"
            )
        lost = list(dict.fromkeys(lost)) if self.spec.data.variants else lost
        return self._batches(rows.at(known), False, [every[row] for row in known], lost, say)

    def _batches(self, rows: Asked, training: bool, each: Sequence[Poll], lost: Sequence[Poll], say: Say) -> AskedData:
        fit = self.spec.fit
        whole = self.questions.encode_many(rows.questions())
        if cut := sum(len(ids) > self.longest for ids in whole):
            say(
                f"{rows.path}: {cut} of {len(rows)} questions are longer than {self.longest} tokens and are cut there "
                "(beside.question.max_length)."
            )
        return AskedData(
            self.source.store(rows, training, say),
            rows.refs(),
            [ids[: self.longest] for ids in whole],
            self.targets(rows)["label"],
            fit.batch_tokens,
            fit.seed,
            training,
            self.blind,
            each,
            lost,
            rows,
        )


def parted(rows: Asked, labels: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the places of rows whose answer is among some, and of the others."""
    known = set(labels)
    places: tuple[list[int], list[int]] = ([], [])
    for place, answer in enumerate(rows.cells()):
        places[answer not in known].append(place)
    return places


def check(spec: Spec) -> None:
    """Raise InputError for what does not read a picture and a question, or tells several answers of one."""
    source, target = sides(spec)
    if source.tokens != "image":
        raise InputError(f"vqa reads a picture and a question: source.tokens={source.tokens} must be image.")
    side(spec)
    if target.multilabel is not None:
        raise InputError(
            "target.multilabel: a question has one answer a row; what several people answered stands in several rows "
            "(-s data.variants=true)."
        )


def _row(row: Any, number: int) -> Row:
    """Return a picture and a question. Raises InputError for what is no such pair."""
    if not isinstance(row, list | tuple) or len(row) != 2 or not isinstance(row[1], str):
        raise InputError(f"row {number + 1} is no pair of a picture and a question, such as ('a.png', 'what is it?').")
    if not row[1].strip():
        raise InputError(f"row {number + 1} asks nothing: its question is empty.")
    return row[0], row[1]
