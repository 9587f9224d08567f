"""The parts of a training file: what is learnt, what validation chooses by, and what nothing was chosen on."""

from collections.abc import Callable, Iterable, Sized
from typing import Generic, NamedTuple, TypeVar

from seqloom.data.kept import Origin, kept, then
from seqloom.data.splits import overlap
from seqloom.errors import InputError
from seqloom.spec import DataSpec
from seqloom.tasks.task import Say

TEST = "\0test"
"""Stands for a path where the rows of `data.test` are meant, in `Task.evaluation` and `Run.evaluate`; no file is called
so."""
Rows = TypeVar("Rows", bound=Sized)


class Parts(NamedTuple, Generic[Rows]):
    """Rows to learn from, to validate on, and to test on; None: nothing was held out for that."""

    train: Rows
    valid: Rows | None
    test: Rows | None = None

    def held(self, path: str | None) -> Rows:
        """Return the rows held out for testing where `path` is TEST, else those for validation.

        Raises InputError where there are none.
        """
        rows = self.test if path == TEST else self.valid
        if rows is None and path == TEST:
            raise InputError(
                "training held nothing out for testing: train with -s data.test=0.1, or a file there, or name a file "
                "to evaluate on."
            )
        if rows is None:
            raise InputError("training held nothing out (data.valid is 0): give a file to evaluate on.")
        return rows


def parted(
    data: DataSpec,
    whole: Rows,
    hold: Callable[[Rows, float], tuple[Rows, Rows]],
    read: Callable[[str, Rows, str], tuple[Rows, Rows]],
) -> Parts[Rows]:
    """Part a training file, test before valid, so that whatever validation has a say in never met the test rows.

    Both shares are of the whole file. `hold` takes a share away from some rows: (rest, held). `read` gets what
    `data.test` or `data.valid` names, the rows there are, and what it is for ("testing", "validation"): (rest, held).

    Raises InputError for shares that leave nothing to learn from.
    """
    check_shares(data)
    rest: Rows = whole
    test: Rows | None = None
    valid: Rows | None = None
    if isinstance(data.test, str):
        rest, test = read(data.test, whole, "testing")
    elif data.test:
        rest, test = hold(whole, data.test)
    if isinstance(data.valid, str):
        rest, valid = read(data.valid, rest, "validation")
    elif data.valid:
        share = data.valid if len(rest) == len(whole) else data.valid * len(whole) / len(rest)
        if share >= 1:
            raise InputError(
                f"data.valid={data.valid:g}: {len(rest):,} of {len(whole):,} are left once those to test on are held "
                "out, which is too few; give a smaller share."
            )
        rest, valid = hold(rest, share)
    return Parts(rest, valid, test)


def check_shares(data: DataSpec) -> None:
    """Raise InputError for shares to test and to validate on that leave nothing to learn from."""
    test, valid = data.test, data.valid
    if isinstance(test, float) and isinstance(valid, float) and 0 < test < 1 and 0 < valid < 1 and test + valid >= 1:
        raise InputError(
            f"data.test={test:g} and data.valid={valid:g} leave nothing to learn from: give shares whose sum is below "
            "1, such as 0.1 each."
        )


def say_twice(
    name: str,
    held: Iterable[str],
    count: int,
    train: str,
    keys: Iterable[str],
    what: str,
    why: str,
    say: Say,
    origins: tuple[Origin | None, Origin | None] = (None, None),
) -> None:
    """Say aloud how many of the `count` rows of a file are rows of training too; `what` they are called, `why` they
    were read. `origins` are those of the training rows and of the others."""
    one, other = origins
    origin = None if other is None else then(one, "overlap", other)
    twice = kept(origin, lambda: {"twice": overlap(keys, held)})["twice"]
    if twice:
        say(f"{name}: {twice} of {count} {what} also occur in {train}; {why} flatters what it has seen.")
