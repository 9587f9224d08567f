"""Tag: a tag for every word of a sentence, and perhaps a label for the whole of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np

from seqloom.build import Wiring
from seqloom.data.corpus import Corpus
from seqloom.data.media_open import sniff_kind
from seqloom.data.seen import Seen
from seqloom.data.tagged import Sentence
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import MEDIA, Spec
from seqloom.tasks import tag_source
from seqloom.tasks.parts import TEST, Parts
from seqloom.tasks.tag_answers import Row, Tagged, Tagger
from seqloom.tasks.tag_data import TagData
from seqloom.tasks.tag_frames import TagFrames, suited_frames
from seqloom.tasks.tag_meter import TagMeter
from seqloom.tasks.tag_rows import Part, read_parts, sentences, sides
from seqloom.tasks.tag_series import SERIES, TagSeries
from seqloom.tasks.tag_source import Source
from seqloom.tasks.tag_writing import Writing
from seqloom.tasks.task import Data, Meter, Say, Task

Counts = dict[str, int]


class Tag(Task):
    """Sequence labelling: a head on every step of the encoder's memory, and one on its whole."""

    name = "tag"
    about = "a tag for every word (parts of speech, names, slots), step of a series, frame of a film"
    reads = ("video", "audio")
    structure = "steps"

    def __init__(
        self,
        spec: Spec,
        source: Source,
        writing: Writing,
        tags: Counts,
        labels: Counts | None,
        seen: Seen,
        rows_digest: str,
    ) -> None:
        super().__init__(spec)
        self.source, self.writing, self.seen, self.rows_digest = source, writing, seen, rows_digest
        self.tags, self.labels = tags, labels
        """How often training has each tag, and each label of a sentence."""
        self._parts: Parts[Part] | None = None

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: words with their letters and casing in, tags out, early stopping on what is measured.

        `auto` is settled when the data is read: a CRF for spans and a softmax for other tags, span F1 or accuracy. The
        intent head goes where sentences have no label.
        """
        return {
            "source": {
                "tokens": "word",
                "vocab": 50_000,
                "size": 100,
                "letters": "cnn",
                "casing": True,
                "digits": True,
                "unknown_rate": 0.5,
                "dropout": 0.4,
            },
            "target": {},
            "heads": {
                "tags": {"kind": "auto", "dropout": 0.4},
                "intent": {"kind": "label", "reads": "max", "dropout": 0.4},
            },
            "data": {"valid": 0.1},
            "fit": {"epochs": 30, "at_least": 200, "batch_tokens": 512, "lr": 2e-3, "patience": 5, "metric": "auto"},
        }

    @classmethod
    def suited(cls, data: str, tokens: str | None, format: str | None) -> dict[str, Any]:
        """Return what suits the steps of series, or the frames of media, where those are read."""
        if tokens is None and (kind := sniff_kind(data)) is not None:
            tokens = kind
        return SERIES if tokens == "series" else suited_frames(tokens) if tokens in MEDIA else {}

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training file, hold out a share or read the validation file, and fit words, tags and labels.

        Where the steps of series or the frames of media are tagged, not words, what is returned is another Task.
        """
        if (other := _of_steps(spec)) is not None:
            return cast(Self, other.learn(spec, say))
        if "tags" not in spec.heads:
            raise InputError("tag needs a head named tags: heads: {tags: {kind: crf}}.")
        parts, writing = read_parts(spec, say)
        train, valid, _ = parts
        corpus = train.corpus
        words: Counter[int] = Counter()
        tags: Counter[int] = Counter()
        for row in train.at:
            words.update(corpus.rows[row])
            tags.update(corpus.tagged[row])
        counts = {corpus.tags[place]: count for place, count in tags.items()}
        if len(counts) < 2:
            raise InputError(
                f"{corpus.path}: every word has the tag {next(iter(counts))!r}; there must be at least two tags to "
                "tell apart. Is it the right column (--label-column)?"
            )
        labels = None
        if corpus.labels is not None:
            labels = dict(sorted(Counter(corpus.labels[row] for row in train.at).items()))
        _settle(spec, writing, labels, valid is not None, corpus, say)
        known = {corpus.words[place]: count for place, count in words.items()}
        source = tag_source.learn(sides(spec)[0], known, corpus.path, say)
        labels = labels if "intent" in spec.heads else None
        counts = dict(sorted(counts.items()))
        task = cls(spec, source, writing, counts, labels, Seen.of(known), corpus.digest(train.at))
        task._parts = parts
        return task

    def reread(self, say: Say) -> str:
        """Read the files of the spec again, for a loaded task; return the digest of the training sentences."""
        self._parts, _ = read_parts(self.spec, say)
        train = self._parts.train
        return train.corpus.digest(train.at)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take words, tags and labels of a run."""
        if (other := _of_steps(spec)) is not None:
            return cast(Self, other.load(spec, folder))
        about = json.loads((folder / "tags.json").read_text(encoding="utf-8"))
        source = tag_source.load(sides(spec)[0], folder / "source")
        writing, seen = Writing.again(about["writing"]), Seen.load(folder)
        return cls(spec, source, writing, about["tags"], about["labels"], seen, about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write words, tags and labels."""
        self.source.save(folder / "source")
        self.seen.save(folder)
        about: dict[str, Any] = {"tags": self.tags, "labels": self.labels, "writing": self.writing.plain()}
        about["training_rows_sha256"] = self.rows_digest
        (folder / "tags.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")

    def digest(self) -> str:
        """Return a hash of the words, the tags and the labels."""
        content = [self.source.digest, *self.tags, "", *(self.labels or ())]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return the sizes of the source, and the labels of both heads with their counts."""
        labels = {"tags": (list(self.tags), list(self.tags.values()))}
        if self.labels is not None:
            labels["intent"] = (list(self.labels), list(self.labels.values()))
        return Wiring(labels=labels, **self.source.wiring(vectors_too))

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return shuffled training batches and validation batches."""
        if self._parts is None:
            raise InputError("a loaded task has no training data; learn it from the spec first.")
        train, valid, _ = self._parts
        return self.data(train, True, say), None if valid is None else self.data(valid, False, say)

    def evaluation(self, path: str | None, say: Say, carries: bool) -> Data:
        """Return batches of a file with tags, or of what training held out."""
        if path is not None and path != TEST:
            corpus = Corpus.collect(sentences(self.spec, path, say)).converted(self.writing.read)
            return self.data(Part(corpus, list(range(len(corpus)))), False, say)
        if self._parts is None:
            self.reread(say)
        assert self._parts is not None
        return self.data(self._parts.held(path), False, say)

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of words, sentences, spans and labels."""
        return TagMeter(model, cast(TagData, data), self.writing.file is not None)

    def data(self, part: Part, training: bool, say: Say) -> TagData:
        """Return batches of some sentences; tags and labels that training has not are counted aloud."""
        corpus = part.corpus
        ids = {tag: number for number, tag in enumerate(self.tags)}
        spare = ids.get("O", max(range(len(ids)), key=list(self.tags.values()).__getitem__))
        tags = np.array([ids.get(tag, spare) for tag in corpus.tags], np.int64)
        new = sorted(set(corpus.tags) - set(ids))
        if new:
            tagged = Counter(place for row in part.at for place in corpus.tagged[row])
            words = sum(count for place, count in tagged.items() if corpus.tags[place] not in ids)
            if words:
                say(
                    f"{corpus.where(new[0], part.at)}: {words} words have a tag that training has not "
                    f"({', '.join(new[:5])}{', ...' if len(new) > 5 else ''}): no answer to them is right, and the "
                    f"loss takes them for {list(self.tags)[spare]}."
                )
        labels = None
        if self.labels is not None:
            if corpus.labels is None:
                raise InputError(f"{corpus.path}: its sentences have no label, and this run tells their intent too.")
            known = {label: number for number, label in enumerate(self.labels)}
            other = sorted({corpus.labels[row] for row in part.at} - set(known))
            if other:
                say(f"{corpus.path}: training has no label {', '.join(other[:5])}{', ...' if len(other) > 5 else ''}.")
            labels = np.array([known.get(label, 0) for label in corpus.labels], np.int64)
        read = self.source.read(corpus.words, corpus.rows)
        unseen = self.seen.new(corpus.words)
        fit = self.spec.fit
        return TagData(
            part, read, tags, labels, unseen, batch_tokens=fit.batch_tokens, seed=fit.seed, training=training
        )

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Row],
        *,
        first: int = 0,
        probabilities: bool = False,
        best: int = 1,
        **options: Any,
    ) -> Iterator[Tagged]:
        """Tag each row: a text split at spaces, words, or a Sentence of a file. `probabilities` tells how probable each
        tag is; `best` gives so many rows of tags, where the head is a CRF."""
        self._only(options)
        if len(models) > 1:
            raise InputError("this run answers with tags: it has no ensemble.")
        tagger = Tagger(models[0], self.source, self.writing, self.spec.fit.batch_tokens * 4)
        return tagger.answers(rows, probabilities, best)

    def rows_of(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Sentence]]:
        """Read a file as training did and yield its sentences; tags may be absent."""
        for sentence in sentences(self.spec, path, say, tagged=False):
            yield {}, sentence


def _of_steps(spec: Spec) -> type[TagSeries] | None:
    """Return the task that tags what is read, where that is no words."""
    tokens = sides(spec)[0].tokens
    return TagSeries if tokens == "series" else TagFrames if tokens in MEDIA else None


def _settle(spec: Spec, writing: Writing, labels: Counts | None, validated: bool, corpus: Corpus, say: Say) -> None:
    """Write into the spec what `auto` comes to, and leave the intent out where there is none."""
    spans = writing.file is not None
    head = spec.heads["tags"]
    if head["kind"] == "auto":
        spec.heads["tags"] = head = {**head, "kind": "crf" if spans else "tags"}
    if head["kind"] == "crf" and "constrain" not in head:
        spec.heads["tags"] = {**head, "constrain": writing.constraint}
    if spec.fit.metric == "auto":
        spec.fit.metric = ("span_f1" if spans else "token_accuracy") if validated else "loss"
    if "intent" in spec.heads and (labels is None or len(labels) < 2):
        if labels is not None:
            say(f"{corpus.path}: every sentence has the label {next(iter(labels))!r}, so no intent is learnt.")
        del spec.heads["intent"]
