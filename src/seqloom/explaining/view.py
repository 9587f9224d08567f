"""The contract of a view: one way to look at what a run did with one row."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from numpy.typing import NDArray

from seqloom.explaining.subject import Subject
from seqloom.report.figures import Figure
from seqloom.tasks.task import Say

DRAWN = 1000
"""Steps of a figure at most; longer rows are thinned for drawing, and the view says so."""


@dataclass(frozen=True, eq=False)
class View:
    """What was found.

    about    what is shown and how it is defined, for a person
    values   arrays by name, axes as the view's documentation says
    facts    what is more than a picture, as JSON has it
    notes    what was thinned, sampled or must be known to read it
    """

    name: str
    about: str
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()


class Viewer(ABC):
    """Makes one view; the keyword-only parameters of its constructor are its options.

    through_data  whether it goes through the rows of a file, where one is given
    """

    name: ClassVar[str]
    about: ClassVar[str]
    through_data: ClassVar[bool] = False

    @abstractmethod
    def refusal(self, subject: Subject) -> str | None:
        """Return why it does not apply to a run or a row, with what to do about it; None where it applies."""

    @abstractmethod
    def view(self, subject: Subject, say: Say) -> View:
        """Look. The model is as it was before: its weights, its gradients, its hooks and its mode."""
