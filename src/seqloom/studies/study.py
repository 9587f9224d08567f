"""The contract of a study: a claim of the course, a controlled experiment, a figure and a verdict with numbers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from seqloom.report.figures import Figure, Table
from seqloom.studies.statistics import Verdict
from seqloom.tasks.task import Say

Row = dict[str, Any]
Rows = Sequence[Row]


class Study(ABC):
    """One claim. The keyword-only parameters of the constructor are its options; how many seeds there are is not among
    them, for who conducts it decides that (`seeds` is the default).

    question, claim, method  for a person: what is asked, what the course says, what is done here to find out
    source                   the papers that the claim comes from
    reading                  how to read the figure
    exercise                 what a student could try next, with a command
    control                  options that break on purpose what the claim rests on, so that the verdict must change
    control_about            what they break, in a sentence
    tiny                     options with which it ends within seconds, for tests
    """

    name: ClassVar[str]
    question: ClassVar[str]
    claim: ClassVar[str]
    method: ClassVar[str]
    source: ClassVar[str]
    reading: ClassVar[str]
    exercise: ClassVar[str]
    control: ClassVar[Mapping[str, Any]]
    control_about: ClassVar[str]
    tiny: ClassVar[Mapping[str, Any]] = {}
    seeds: ClassVar[int] = 5
    alone: ClassVar[bool] = False
    """It times things, so that its seeds must run one after the other."""

    @abstractmethod
    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure at one seed, from which everything follows: flat rows of conditions and what was found."""

    @abstractmethod
    def judge(self, rows: Rows) -> Verdict:
        """Return the verdict that follows from the rows of all seeds by the stated test."""

    @abstractmethod
    def figures(self, rows: Rows) -> list[Figure]:
        """Return what to draw."""

    @abstractmethod
    def table(self, rows: Rows) -> Table:
        """Return the numbers, with intervals over seeds."""
