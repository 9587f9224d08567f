"""The contract of a task."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from torch import Tensor

from seqloom.architecture import Structure
from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import Spec

Say = Callable[[str], None]
Losses = dict[str, tuple[Tensor, Tensor]]


class Data(Protocol):
    """Batches in an order that is a function of (seed, epoch) alone."""

    carries: bool
    """The State flows from one batch of an epoch to the next."""

    def order(self, epoch: int) -> Sequence[Any]:
        """Return the keys of an epoch's batches."""

    def load(self, key: Any) -> Batch:
        """Return one batch, the same whatever process asks."""


class Meter(Protocol):
    """Metrics of one pass over data."""

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch."""

    def result(self) -> dict[str, float]:
        """Return the values, "loss" among them."""

    def details(self) -> dict[str, Any]:
        """Return what is more than a number: a confusion matrix, values by label."""


class Task(ABC):
    """What to learn from a file. `learn` fits everything that depends on data (vocabularies, labels, the split) on the
    training part alone; `load` takes it from a run folder."""

    name: ClassVar[str]
    about: ClassVar[str]
    structure: ClassVar[Structure]
    named: ClassVar[Mapping[str, str] | None] = None
    """What a column may be for, and the side of the spec it belongs to; None: as the structure has it."""
    form_key: ClassVar[str] = "series.form"
    """The key of a spec that chooses among the structures of a task that has several."""
    reads: ClassVar[tuple[str, ...]] = ()
    """The kinds of recordings, pictures and films that it reads, the usual one first."""
    rows_digest: str
    """A hash of the training rows, so that a resumed run notices when they changed."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @classmethod
    def suited(cls, data: str, tokens: str | None, format: str | None) -> dict[str, Any]:
        """Return what a spec says, over the template, of a file of this name, of `source.tokens` and of `data.format`
        as a person gives them (None: not)."""
        return {}

    @property
    def whole(self) -> bool:
        """Whether standard input is read to its end, as a file, before its rows are answered: no line is a row."""
        return False

    @classmethod
    def form_of(cls, arch: str | None, form: str | None) -> str | None:
        """Return the form (`form_key`) that an architecture takes where none is named."""
        return form

    @classmethod
    def shape(cls, form: str | None) -> Structure:
        """Return the structure of a spec of a form (`form_key`)."""
        return cls.structure

    @classmethod
    def default_arch(cls, form: str | None) -> str | None:
        """Return the architecture where none is named; None: that of the structure."""
        return None

    @staticmethod
    @abstractmethod
    def template() -> dict[str, Any]:
        """Return the parts of a spec that this task brings: its sides, heads and training defaults."""

    @classmethod
    def formed(cls, form: str | None) -> dict[str, Any]:
        """Return the template for a spec of a form (`form_key`)."""
        return cls.template()

    @classmethod
    @abstractmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training file and fit vocabularies and labels. Raises InputError that names file and line."""

    @abstractmethod
    def reread(self, say: Say) -> str:
        """Read the files of the spec again, without fitting anything; return the digest of the training rows."""

    @classmethod
    @abstractmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take vocabularies and labels from the `vocab` folder of a run."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `load` needs into a folder."""

    @abstractmethod
    def digest(self) -> str:
        """Return a hash of what the weights' ids mean; two runs may share weights only where it agrees."""

    @abstractmethod
    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return what the model must know of the data: sizes, labels and, unless the weights are there already,
        pretrained vectors."""

    @abstractmethod
    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return training and validation data; `carries` says whether the model carries State between windows."""

    @abstractmethod
    def evaluation(self, path: str | None, say: Say, carries: bool) -> Data:
        """Return data to evaluate on: a file, or what training held out where `path` is None."""

    @abstractmethod
    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a fresh meter of a pass of `model` over `data`, which came from this task."""

    def answers(
        self, models: Sequence[SequenceModel], rows: Iterable[Any], *, first: int = 0, **options: Any
    ) -> Iterator[Any]:
        """Answer row for row, in order, with one model or with several as an ensemble; each task has options of its
        own. `first` is the number of the first row, from which samples follow.

        Raises InputError for a task that answers no rows, and for an option that is not its own.
        """
        raise InputError(f"this run's task is {self.name}, which gives no labels; it can `generate` and `score`.")

    def rows_of(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Any]]:
        """Read a file as training did and yield each row's own values, and what `answers` takes of it."""
        raise InputError(f"this run's task is {self.name}, which gives no labels; it can `generate` and `score`.")

    def _only(self, options: Mapping[str, Any], own: Collection[str] = ()) -> None:
        """Raise InputError for options that are not the task's own."""
        for name in options:
            if name not in own:
                raise InputError(f"{name} is not for this run, whose task is {self.name}.")
