"""Regress: a number from a text, a pair of texts, a sequence of DNA or a series."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.data.cases import number
from seqloom.data.formats import BadRow
from seqloom.errors import InputError
from seqloom.heads.numbers import NumberHead, NumberShape
from seqloom.heads.point import PointHead
from seqloom.model import SequenceModel
from seqloom.spec import Spec
from seqloom.tasks.examples import LABEL_COLUMNS, Examples
from seqloom.tasks.labelled import sides
from seqloom.tasks.regress_meter import NumberMeter, Scale
from seqloom.tasks.row_task import RowTask, defaults, source_of
from seqloom.tasks.source import Source
from seqloom.tasks.task import Data, Meter, Say

NUMBER_COLUMNS = ("score", "rating", "value", "number", "price", "points", *LABEL_COLUMNS)


@dataclass(frozen=True)
class Told:
    """The number told of a row and, by percent, the interval that holds it; a head of points has none."""

    number: float
    intervals: dict[float, tuple[float, float]]


class Regress(RowTask):
    """Regression: a head of numbers reads the encoder's memory; the target is standardised by the training rows."""

    name = "regress"
    about = "a text, a pair of texts, a DNA sequence or a numeric series to a number"
    usual = NUMBER_COLUMNS

    def __init__(self, spec: Spec, source: Source[Any], scale: Scale, rows_digest: str) -> None:
        super().__init__(spec, source, rows_digest)
        self.scale = scale

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: one number out, by squared error."""
        return defaults({"number": {"kind": "point", "dropout": 0.2}})

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training file, hold out a share or read the validation file, and fit source and target."""
        if sides(spec)[1].multilabel is not None:
            raise InputError("target.multilabel is for labels, and regress tells one number a row: leave it out.")
        if "number" not in spec.heads:
            raise InputError("regress needs a head named number: heads: {number: {kind: point}}.")
        parts = cls.read(spec, say)
        examples = parts.train
        numbers = _numbers(examples)
        scale = Scale(float(numbers.mean()), float(numbers.std()))
        if numbers.min() == numbers.max():
            raise InputError(f"{examples.path}: every row has the number {numbers[0]:g}; there is nothing to learn.")
        if not np.isfinite([scale.mean, scale.deviation]).all():
            raise InputError(f"{examples.path}: the numbers are too large to have a mean. Give them in a larger unit.")
        task = cls(spec, source_of(spec).learn(spec, examples, say), scale, examples.digest())
        task._parts = parts
        return task

    @classmethod
    def usable(cls, spec: Spec, examples: Examples, say: Say) -> Examples:
        """Return the rows that have a number. Raises InputError for one that has none, unless it is skipped."""
        kept: list[int] = []
        first = ""
        for place, cell in enumerate(examples.cells()):
            try:
                _number(cell)
            except BadRow as bad:
                problem = f"{examples.where(place)}: {bad.problem}"
                if spec.data.on_bad_row == "error":
                    raise InputError(
                        f"{problem}. Fix the row, name another column (--label-column), or skip such rows with "
                        "--on-bad-row skip."
                    ) from None
                first = first or problem
            else:
                kept.append(place)
        if len(kept) == len(examples):
            return examples
        if not kept:
            raise InputError(f"{examples.path}: no row has a number to tell; the first: {first}.")
        say(f"{len(examples) - len(kept)} of {len(examples)} rows without a number skipped, the first: {first}")
        return examples.at(kept)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take the source and the scale of a run."""
        about = json.loads((folder / "number.json").read_text(encoding="utf-8"))
        source = source_of(spec).load(spec, folder / "source")
        return cls(spec, source, Scale(about["mean"], about["deviation"]), about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write the source and the scale."""
        self.source.save(folder / "source")
        about = {"mean": self.scale.mean, "deviation": self.scale.deviation, "training_rows_sha256": self.rows_digest}
        (folder / "number.json").write_text(json.dumps(about, indent=1), encoding="utf-8")

    def digest(self) -> str:
        """Return a hash of the source and the scale."""
        about = [self.source.digest, repr(self.scale.mean), repr(self.scale.deviation)]
        return hashlib.sha256("\n".join(about).encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return what the source knows, and that one number is told."""
        return Wiring(numbers={"number": NumberShape()}, **self.source.wiring(vectors_too))

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of errors and correlations, with those of always telling the training mean."""
        return NumberMeter(_head(model), self.scale)

    def targets(self, examples: Examples) -> dict[str, NDArray[Any]]:
        """Return the standardised number of each row, [rows, 1, 1]."""
        numbers = (_numbers(examples) - self.scale.mean) / self.scale.deviation
        return {"number": numbers.astype(np.float32)[:, None, None]}

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Any],
        *,
        first: int = 0,
        levels: Sequence[float] = (80.0,),
        **options: Any,
    ) -> Iterator[Told]:
        """Tell a number of each row; several models tell the mean of theirs. `levels` are the percentages of central
        intervals, of a head that is a distribution and one model."""
        self._only(options)
        for level in levels:
            if not 0 < level < 100:
                raise InputError(f"level={level:g}: an interval holds a percentage above 0 and below 100, such as 80.")
        alone = len(models) == 1 and not isinstance(_head(models[0]), PointHead)
        return self._tell(models, rows, tuple(levels) if alone else ())

    def _tell(self, models: Sequence[SequenceModel], rows: Iterable[Any], levels: tuple[float, ...]) -> Iterator[Told]:
        device = next(models[0].parameters()).device

        def tell(batch: Batch) -> Iterator[Told]:
            batch = batch.to(device)
            with torch.no_grad():
                outputs = [model(batch)[0]["number"] for model in models]
            heads = [_head(model) for model in models]
            points = torch.stack([head.point(one) for head, one in zip(heads, outputs, strict=True)]).mean(0)
            ends = [
                [self.scale.back(heads[0].quantile(outputs[0], (1 + side * level / 100) / 2)) for side in (-1, 1)]
                for level in levels
            ]
            for place, value in enumerate(self.scale.back(points).tolist()):
                pairs = {
                    level: (float(low[place]), float(high[place]))
                    for level, (low, high) in zip(levels, ends, strict=True)
                }
                yield Told(value, pairs)

        return self.told(rows, tell)


def _head(model: SequenceModel) -> NumberHead:
    return cast(NumberHead, model.heads["number"])


def _number(cell: str) -> float:
    """Return the number of a cell. Raises BadRow for one that is missing, infinite or none."""
    value = number(cell)
    if not np.isfinite(value):
        raise BadRow(f"{cell.strip()!r} is not finite" if np.isinf(value) else "the number to tell is missing")
    return value


def _numbers(examples: Examples) -> NDArray[np.float64]:
    return np.array([_number(cell) for cell in examples.cells()], np.float64)
