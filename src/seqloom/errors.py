"""What can go wrong for a person, each with the exit code that the command line answers.

Codes: 2 bad input or usage, 3 checkpoint, 4 numbers (NaN), 5 resources. A message says what was given, where,
what is allowed, and what to do; `nearest` adds the likely meaning of a misspelt name.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SeqloomError(Exception):
    """An error a person can mend. Its text is shown as it stands, without a traceback."""

    code = 2


class InputError(SeqloomError):
    """A file, a row, an option or a spec that cannot be used as given (exit 2)."""


class CheckpointError(SeqloomError):
    """A run folder or checkpoint that is damaged, missing or of another kind (exit 3)."""

    code = 3


class NumberError(SeqloomError):
    """Numbers that are not finite where they must be (exit 4)."""

    code = 4


class ResourceError(SeqloomError):
    """Memory, disk or a device that is not there (exit 5)."""

    code = 5


class Interrupted(SeqloomError):
    """A signal ended the work after everything was saved (exit 130 for Ctrl-C, 143 for SIGTERM)."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def nearest(name: str, known: Iterable[str], hint: str = "") -> str:
    """Return "; did you mean 'x'? Known: a, b, c (hint)" for a name that is not in `known`."""
    names = sorted(known)
    if not names:
        return "; there are none."
    close = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    guess = f"; did you mean '{close[0]}'?" if close else "."
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"{guess} Known: {shown}" + (f" ({hint})" if hint else "")
