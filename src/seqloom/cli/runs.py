"""Run folders as a person names them: opened with a clear answer where there is none, and what a prompt lacks."""

from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.cli.output import note
from seqloom.errors import CheckpointError, InputError
from seqloom.training.places import require

if TYPE_CHECKING:
    from seqloom.training.run import Run

OnBadRow = Annotated[
    str | None,
    typer.Option("--on-bad-row", metavar="error|skip", help="Stop at a bad row (default), or skip and count."),
]

Precision = Annotated[
    str | None,
    typer.Option(
        "--precision", metavar="float32|bf16|int8", help="How weights are held, on a CPU: int8 is quickest, and rounds."
    ),
]


def open_run(path: str, device: str = "cpu", on_bad_row: str | None = None, precision: str | None = None) -> "Run":
    """Load a run, saying so where its training has not ended; `on_bad_row` is for the files that it will read, and
    `precision` that of its weights.

    Raises CheckpointError where there is none, naming the run that was likely meant; InputError for a precision that
    cannot be.
    """
    require(path)
    if on_bad_row not in (None, "error", "skip"):
        raise InputError(f"--on-bad-row {on_bad_row}: say error or skip.")
    from seqloom.training.run import load

    try:
        run = load(path, device, say=note)
        if on_bad_row is not None:
            run.spec.data.on_bad_row = "skip" if on_bad_row == "skip" else "error"
        return run.at(precision)  # type: ignore[arg-type]  # `at` checks the word
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path} is not a whole run: {error.filename} is missing. Copy the whole folder, or train it again."
        ) from None


def unknown_tokens(run: "Run", text: str) -> int:
    """Count the tokens of a text that are unknown to a language model."""
    from seqloom.data.vocabulary import UNK
    from seqloom.tasks.language import Language

    assert isinstance(run.task, Language)
    return run.task.vocabulary.encode(text).count(UNK)
