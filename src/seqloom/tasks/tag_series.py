"""Tag series: a label for every step of a numeric series, from a long table with a row a step, or for every frame of
a recording or a film (`tag_frames.py`)."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, cast

import torch
from numpy.typing import NDArray

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.data.batches import pad
from seqloom.data.channels import Floats
from seqloom.data.rows import Rows
from seqloom.errors import InputError, nearest
from seqloom.heads.tags import TagsHead
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.curves import CurveReader, Curves
from seqloom.tasks.examples import Examples, Reader
from seqloom.tasks.labelled import sides
from seqloom.tasks.row_data import Places, RowData, Turn
from seqloom.tasks.row_task import SERIES as WHOLE
from seqloom.tasks.row_task import RowTask, source_of
from seqloom.tasks.source import Source
from seqloom.tasks.step_clips import StepClips
from seqloom.tasks.tag_series_meter import StepMeter
from seqloom.tasks.task import Data, Meter, Say

WORDS = ("letters", "casing", "digits", "unknown_rate")
"""Keys of a side that are of words."""
SERIES: dict[str, Any] = {
    "source": {**WHOLE["source"], **{key: SideSpec.model_fields[key].default for key in WORDS}},
    "heads": {"tags": {"dropout": 0.2}},
    "fit": dict(WHOLE["fit"]),
}
"""What suits series, over the template of tag, which is for words."""
BETWEEN = "\x1f"


@dataclass(frozen=True)
class StepRow:
    """A series of a file: its numbers [steps, channels], and the row of the table that each step is."""

    values: Floats
    rows: Rows
    places: tuple[int, ...]

    def own(self) -> list[dict[str, str]]:
        """Return the cells of each step by column."""
        return [self.rows[place].values for place in self.places]


@dataclass(frozen=True)
class Steps:
    """What each step of a series is taken for, how probable that is where asked for, and where it comes from."""

    labels: list[str]
    probabilities: list[float] | None = None
    row: StepRow | None = None


class StepCurves(Curves):
    """Series whose steps each have a label."""

    def at(self, chosen: Sequence[int]) -> "StepCurves":
        """Pick some series."""
        return StepCurves(self.cases.at(chosen))

    def cells(self) -> Iterator[str]:
        """Yield the labels of each series, joined."""
        return (BETWEEN.join(labels) for labels in self.steps())

    def steps(self) -> Iterator[tuple[str, ...]]:
        """Yield the labels of the steps of each series."""
        return (case.labels for case in self.cases)


class StepReader(CurveReader):
    """Reads long tables whose label is of each row."""

    each = True

    def training(self, path: str, say: Say) -> StepCurves:
        """Read the training file and write the columns found into the spec."""
        self._check(path)
        return StepCurves(super().training(path, say).cases)

    def labelled(self, path: str, say: Say) -> StepCurves:
        """Read another file with labels."""
        self._check(path)
        return StepCurves(super().labelled(path, say).cases)

    def rows(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], StepRow]]:
        """Yield the id of each series, where it has one, and its steps."""
        self._check(path)
        rows = self._rows(path, say)
        cases = self._read(rows, None, say)
        for note in cases.notes:
            say(note)
        for case in cases:
            yield {"id": case.name} if case.name else {}, StepRow(case.values, rows, case.rows)

    def _check(self, path: str) -> None:
        if self._is_ts(path):
            raise InputError(
                f"{path}: a .ts file has one label a series, and tag labels every step: take classify, or a long table "
                "(a row a step, -s series.id=COLUMN)."
            )


class StepData(RowData):
    """Batches of series and the id of each step's label."""

    def __init__(self, ids: Sequence[Sequence[int]], *given: Any) -> None:
        super().__init__(*given)
        self._ids = ids

    def load(self, key: Places | Turn) -> Batch:
        """Lay the rows of one batch side by side."""
        batch = super().load(key)
        return replace(batch, target={"tags": pad([self._ids[row] for row in batch.rows])})


class TagSeries(RowTask):
    """Sequence labelling of numbers: a head on every step of the encoder's memory (aligned many-to-many)."""

    name = "tag"
    about = "a label for every step of a numeric series"
    structure = "steps"

    def __init__(self, spec: Spec, source: Source[Any], counts: Mapping[str, int], rows_digest: str) -> None:
        super().__init__(spec, source, rows_digest)
        self.counts = dict(counts)
        self.labels = list(self.counts)
        self._index = {label: number for number, label in enumerate(self.labels)}

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults over those of words."""
        return SERIES

    @classmethod
    def reader(cls, spec: Spec) -> Reader:
        """Return what reads long tables."""
        return StepReader(spec, cls.usual)

    @staticmethod
    def settle(spec: Spec) -> None:
        """Write into the spec what `auto` comes to. Raises InputError for what would label other steps than there
        are."""
        settle_head(spec)
        source, _ = sides(spec)
        if source.max_length is not None:
            raise InputError("source.max_length is not for tag, which labels every step: leave it out.")
        if spec.series is not None and spec.series.patch is not None:
            raise InputError("series.patch reads several steps as one, and tag labels each of them: leave it out.")

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training file, hold out a share of its series or read the validation file, and fit channels and
        labels. Raises InputError for what is not of steps."""
        cls.settle(spec)
        parts = cls.read(spec, say)
        examples = parts.train
        assert isinstance(examples, StepCurves | StepClips)
        counts = Counter(label for labels in examples.steps() for label in labels)
        if len(counts) < 2:
            raise InputError(
                f"{examples.path}: every step has the label {next(iter(counts))!r}; there must be at least two to tell "
                "apart. Is it the right column (--label-column)?"
            )
        if spec.fit.metric == "auto":
            spec.fit.metric = "loss" if parts.valid is None else "accuracy"
        source = source_of(spec).learn(spec, examples, say)
        task = cls(spec, source, dict(sorted(counts.items())), examples.digest())
        task._parts = parts
        return task

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take channels and labels of a run."""
        about = json.loads((folder / "tags.json").read_text(encoding="utf-8"))
        source = source_of(spec).load(spec, folder / "source")
        return cls(spec, source, about["tags"], about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write channels and labels."""
        self.source.save(folder / "source")
        about = {"tags": self.counts, "training_rows_sha256": self.rows_digest}
        (folder / "tags.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")

    def digest(self) -> str:
        """Return a hash of the channels and the labels."""
        return hashlib.sha256("\n".join([self.source.digest, *self.labels]).encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return what the source knows, and the labels with their counts."""
        labels = {"tags": (self.labels, list(self.counts.values()))}
        return Wiring(labels=labels, **self.source.wiring(vectors_too))

    def targets(self, examples: Examples) -> dict[str, NDArray[Any]]:
        """Return nothing: the labels of steps are as many as the steps (see `StepData`)."""
        return {}

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of steps."""
        return StepMeter(cast(TagsHead, model.heads["tags"]))

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Any],
        *,
        first: int = 0,
        probabilities: bool = False,
        **options: Any,
    ) -> Iterator[Steps]:
        """Label every step of each series [steps, channels]."""
        self._only(options)
        if len(models) > 1:
            raise InputError("this run answers with labels: it has no ensemble.")
        return self._label(models[0], rows, probabilities)

    def _label(self, model: SequenceModel, rows: Iterable[Any], probabilities: bool) -> Iterator[Steps]:
        head = cast(TagsHead, model.heads["tags"])
        device = next(model.parameters()).device
        for row in rows:
            given = row if isinstance(row, StepRow) else None
            for chunk in self.source.chunks([row if given is None else given.values]):
                batch = self.batch(chunk).to(device)
                mask = batch.inputs["source"].mask
                assert mask is not None
                with torch.no_grad():
                    outputs = model(batch)[0]["tags"]
                ids = head.tag(outputs, mask)[0]
                sure = head.probabilities(outputs, mask)[0].tolist() if probabilities else None
                told = None if sure is None else [sure[step][one] for step, one in enumerate(ids)]
                yield Steps([self.labels[one] for one in ids], told, given)

    def _data(self, examples: Examples, training: bool, say: Say) -> Data:
        assert isinstance(examples, StepCurves | StepClips)
        stored = self.source.store(examples, training, say)
        ids = [[self._id(label, examples, place) for label in row] for place, row in enumerate(examples.steps())]
        return StepData(ids, stored, {}, self.spec.fit.batch_tokens, self.spec.fit.seed, training, examples)

    def _id(self, label: str, examples: Examples, place: int) -> int:
        if label not in self._index:
            raise InputError(
                f"{examples.where(place)}: a step of this series has the label {label!r}, which does not occur in "
                "training" + nearest(label, self.labels)
            )
        return self._index[label]


def settle_head(spec: Spec) -> None:
    """Take a softmax at every step where the spec leaves the kind of head open."""
    if "tags" not in spec.heads:
        raise InputError("tag needs a head named tags: heads: {tags: {kind: tags}}.")
    head = spec.heads["tags"]
    spec.heads = {"tags": {**head, "kind": "tags"} if head["kind"] == "auto" else head}
