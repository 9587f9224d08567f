"""Run folders as a person names them: opened with a clear answer where there is none, and what a prompt lacks."""

from typing import TYPE_CHECKING

from seqloom.cli.output import note
from seqloom.errors import CheckpointError
from seqloom.training.places import require

if TYPE_CHECKING:
    from seqloom.training.run import Run


def open_run(path: str, device: str = "cpu") -> "Run":
    """Load a run, saying so where its training has not ended.

    Raises CheckpointError where there is none, naming the run that was likely meant.
    """
    require(path)
    from seqloom.training.run import load

    try:
        return load(path, device, say=note)
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
