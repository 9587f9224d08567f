"""How `predict` serves each task: which options it takes of those given, and what shows its answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seqloom.cli import transcripts
from seqloom.cli.answers import Answers
from seqloom.cli.labels import Labels, check_threshold
from seqloom.cli.numbers import Numbers
from seqloom.cli.runs import open_run
from seqloom.cli.steps import StepLabels
from seqloom.errors import InputError

if TYPE_CHECKING:
    from seqloom.spec import Spec
    from seqloom.training.run import Run

Show = Callable[[Any, Mapping[str, str]], None]
"""Writes an answer; beside it, what the row itself held."""


@dataclass(frozen=True)
class Wish:
    """What was asked for: options by name, other runs to answer with, and how to write.

    terminal   stdout is one
    precision  of the weights of all runs
    """

    asked: dict[str, Any]
    ensemble: tuple[str, ...]
    device: str
    json: bool
    terminal: bool
    precision: str | None = None

    def refuse(self, run: "Run", names: set[str], why: str) -> None:
        """Raise InputError where one of some options was given."""
        given = [name for name in self.asked if name in names]
        given += ["ensemble"] if self.ensemble and "ensemble" in names else []
        if given:
            said = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise InputError(f"{said} {why}, and this run's task is {run.spec.task}.")


LABELLING = {"proba", "threshold"}
WRITING = {
    *("beam", "n_best", "max_length", "min_length", "length_penalty", "alpha", "coverage", "no_repeat", "forbid"),
    *("prefix", "samples", "temperature", "top_k", "top_p", "min_p", "seed", "ensemble"),
}


def labels(run: "Run", wish: Wish) -> tuple[Show, dict[str, Any]]:
    """Show labels, with --proba how probable they are."""
    wish.refuse(run, WRITING, "shapes answers that are written")
    threshold = wish.asked.get("threshold")
    if threshold is not None:
        check_threshold(run)
    return Labels(run, bool(wish.asked.get("proba")), wish.json), {"threshold": threshold}


def written(run: "Run", wish: Wish) -> tuple[Show, dict[str, Any]]:
    """Show texts that the run writes, one or the best of several."""
    from seqloom.tasks.answers import Search

    wish.refuse(run, LABELLING, "is for labels")
    asked = {("best" if name == "n_best" else name): value for name, value in wish.asked.items()}
    several = max(asked.get("best", 1), asked.get("samples", 1)) > 1
    beside = [open_run(one, wish.device, precision=wish.precision) for one in wish.ensemble]
    return Answers(several, wish.json), {"search": Search(**asked), "beside": beside}


def heard(run: "Run", wish: Wish) -> tuple[Show, dict[str, Any]]:
    """Show transcripts, with --times when each word was said."""
    show, times = transcripts.shown(run, wish), bool(wish.asked.get("times"))
    rest = replace(wish, asked={name: value for name, value in wish.asked.items() if name != "times"})
    return show, {**written(run, rest)[1], "times": times}


def numbers(run: "Run", wish: Wish) -> tuple[Show, dict[str, Any]]:
    """Show numbers, with the interval of --level (80 %) where the head is a distribution."""
    from seqloom.heads.point import PointHead

    wish.refuse(run, LABELLING, "is for labels")
    wish.refuse(run, WRITING - {"ensemble"}, "shapes answers that are written")
    beside = [open_run(one, wish.device, precision=wish.precision) for one in wish.ensemble]
    options = {"levels": percentages(wish.asked["level"])} if "level" in wish.asked else {}
    if options and (beside or isinstance(run.model.heads["number"], PointHead)):
        why = "an ensemble tells points" if beside else "this run tells points: train with -s heads.number=normal"
        raise InputError(f"--level is for a distribution, and {why}.")
    return Numbers(wish.json), {"beside": beside, **options}


def steps(run: "Run", wish: Wish) -> tuple[Show, dict[str, Any]]:
    """Show a label for every step of a series or frame of a film, with --proba how probable it is."""
    wish.refuse(run, WRITING, "shapes answers that are written")
    wish.refuse(run, {"threshold"}, "is for one label a row")
    proba = bool(wish.asked.get("proba"))
    return StepLabels(run, proba, wish.json), {"probabilities": proba}


def of_series(spec: "Spec") -> bool:
    """Tell whether what is read is numbers: a series, or frames."""
    from seqloom.spec import MEDIA

    return spec.source is not None and spec.source.tokens in ("series", *MEDIA)


def percentages(text: str) -> list[float]:
    """Read "80,95". Raises InputError for what is no percentage."""
    try:
        return [float(one) for one in text.split(",")]
    except ValueError:
        raise InputError(f"--level {text}: say percentages with commas between, such as 80,95.") from None


def none(run: "Run", wish: Wish) -> tuple[Show, dict[str, Any]]:
    """Let the run itself say why it answers no rows."""
    run.predict([])
    raise AssertionError("a run that answers rows needs a way to show them")


WAYS: dict[str, Callable[["Run", Wish], tuple[Show, dict[str, Any]]]] = {
    "classify": labels,
    "regress": numbers,
    "tag": steps,
    "translate": written,
    "transduce": written,
    "summarise": written,
    "chat": written,
    "caption": written,
    "vqa": labels,
    "transcribe": heard,
    "language": none,
}
