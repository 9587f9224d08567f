"""Which steps of a series are for training, for validation and for testing: the end is held out, never the middle."""

from typing import NamedTuple

from seqloom.errors import InputError


class Parts(NamedTuple):
    """Where the training, the validation and the test part of a series end, in steps from its start."""

    train: int
    valid: int
    test: int


def parts(length: int, valid: float | None, test: float | None, horizon: int) -> Parts:
    """Return the parts of a series; below 1 a share of its steps, otherwise so many steps.

    A share holds at least one horizon, so that there is something to tell; a series too short for that keeps all for
    training. Raises InputError for a number that is neither a share nor a count.
    """
    tested, validated = _steps(length, test, horizon, "test"), _steps(length, valid, horizon, "valid")
    if length - tested - validated < horizon + 1:
        return Parts(length, length, length)
    return Parts(length - tested - validated, length - tested, length)


def _steps(length: int, asked: float | None, horizon: int, name: str) -> int:
    if not asked:
        return 0
    if asked < 0 or (asked >= 1 and not float(asked).is_integer()):
        raise InputError(f"data.{name}={asked} cannot be held out: say a share such as 0.2, or a number of steps.")
    return int(asked) if asked >= 1 else max(horizon, round(asked * length))
