"""Moves: what is changed in a model while it runs, written in one line each, and the Patch that changes it.

    force   PATH[@STEPS][#UNITS]=NUMBER      encoder.*.f=1    f@3=0    decoder.*.h@2-4#7=0.5
    mute    PATH[@STEPS][#UNITS]             decoder.*.cross.*.weights#2    encoder.*.h#12
    weight  PATH[#HEAD]@ROW:COLUMN=NUMBER    decoder.wiring.reader.weights@2:5=1

PATH is a pattern of the paths that a Tape hears; one without a dot is a last name (`f` is every gate f). Steps, units,
heads, rows and columns count from 1, and `2-4` are several. A unit of attention weights is a head. To mute is to force
to 0. A weight is set and the others of its row are scaled so that the row keeps its sum.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, Self

import torch
from torch import Tensor

from seqloom.errors import InputError, nearest
from seqloom.model import SequenceModel
from seqloom.tape import Patch

What = Literal["force", "mute", "weight"]
Part = tuple[int, int]
"""From 0, the end not among it."""
EXAMPLES = {
    "force": "what-if.force=encoder.*.f=1, or f@3#7=0",
    "mute": "what-if.mute=decoder.*.weights#2",
    "weight": "what-if.weight=decoder.wiring.reader.weights@2:5=1",
}
WEIGHTS = re.compile(r"(^|\.)weights(_\d+)?$")
"""How the paths of attention end."""


@dataclass(frozen=True)
class Heard:
    """A probe as a Tape heard it in a whole run: how many steps, how many units of a step (heads of attention), and
    rows, which are those of the batch, or words of it where letters are read."""

    steps: int
    units: int
    rows: int
    whole: bool


@dataclass(frozen=True)
class Move:
    """One change.

    said     as it was written
    path     a pattern
    value    what is put there
    steps    None: all
    units    None: all
    column   of a weight
    """

    said: str
    what: What
    path: str
    value: float = 0.0
    steps: Part | None = None
    units: Part | None = None
    column: int | None = None

    def matches(self, path: str) -> bool:
        """Say whether it is about a path; a name alone is the last of any."""
        return fnmatchcase(path if "." in self.path else path.rpartition(".")[2], self.path)


def parse(what: What, said: str) -> Move:
    """Read a move. Raises InputError for what is none."""
    text, value = said.strip(), 0.0
    if what != "mute":
        text, sign, number = said.strip().rpartition("=")
        if not sign:
            raise _wrong(what, said, "there is no =NUMBER at its end")
        try:
            value = float(number)
        except ValueError:
            raise _wrong(what, said, f"{number!r} is no number") from None
        if value != value or abs(value) == float("inf"):
            raise _wrong(what, said, "the number must be finite")
    found = re.fullmatch(r"(?P<path>[^@#=\s]+)(?P<rest>([@#][^@#=\s]+)*)", text)
    if found is None:
        raise _wrong(what, said, f"{text!r} is no path")
    parts = {one[0]: one[1:] for one in re.findall(r"[@#][^@#]+", found["rest"])}
    if len(parts) != len(re.findall(r"[@#]", found["rest"])):
        raise _wrong(what, said, "steps (@) and units (#) are said once each")
    column = None
    if what == "weight":
        row, _, other = parts.get("@", "").partition(":")
        if not (row.isdigit() and other.isdigit()) or int(row) < 1 or int(other) < 1:
            raise _wrong(what, said, "the place is @ROW:COLUMN, both from 1")
        if not 0 <= value <= 1:
            raise _wrong(what, said, "a weight is 0 to 1")
        parts["@"], column = row, int(other) - 1
    steps, units = (None if one not in parts else _part(what, said, parts[one]) for one in "@#")
    return Move(said.strip(), what, found["path"], value, steps, units, column)


def check(moves: Sequence[Move], heard: Mapping[str, Heard]) -> None:
    """Raise InputError for a move that nothing in a run is moved by."""
    for move in moves:
        paths = [path for path in heard if move.matches(path)]
        if not paths:
            raise InputError(f"what-if.{move.what}={move.said}: no probe is '{move.path}'" + nearest(move.path, heard))
        for path in paths:
            _check_one(move, path, heard[path])


def _check_one(move: Move, path: str, at: Heard) -> None:
    start = f"what-if.{move.what}={move.said}: {path}"
    if at.whole:
        raise InputError(f"{start} holds ids, which are no amounts: change a token with what-if.edit=old=new.")
    if move.what == "weight" and not WEIGHTS.search(path):
        raise InputError(f"{start} is no attention: its rows have no sum to keep. Use what-if.force.")
    if move.steps is not None and at.rows != 1:
        raise InputError(f"{start} runs over the letters of each word, so that its steps are none of the row: leave @.")
    if move.steps is not None and move.steps[1] > at.steps:
        raise InputError(f"{start} has {at.steps} steps, 1 to {at.steps}.")
    if move.units is not None and move.units[1] > at.units:
        kind = "heads" if WEIGHTS.search(path) else "units"
        raise InputError(f"{start} has {at.units} {kind}, 1 to {at.units}.")


class Intervention(Patch):
    """A Patch that makes moves where and when they are meant, for one run of the model.

    heard  every probe of a run without changes: a step of a backward direction is told by how many there are
    met    how often each move changed something
    """

    def __init__(self, model: SequenceModel, moves: Sequence[Move], heard: Mapping[str, Heard]) -> None:
        self._moves = {path: [move for move in moves if move.matches(path)] for path in heard}
        self._moves = {path: some for path, some in self._moves.items() if some}
        super().__init__(model, {path: lambda value: value for path in self._moves})
        self._heard, self._at = heard, dict.fromkeys(self._moves, 0)
        self.met = dict.fromkeys((move.said for move in moves), 0)

    def __enter__(self) -> Self:
        self._at = dict.fromkeys(self._moves, 0)
        return super().__enter__()

    def _wants(self, path: str) -> bool:
        return path in self._moves  # a path may hold what a pattern reads otherwise

    def _met(self, path: str, value: Tensor, time: int | None, mask: Tensor | None) -> Tensor:
        count = 1 if time is None else value.shape[time]
        first, self._at[path] = self._at[path], self._at[path] + count
        if ".backwards." in path and time is None:
            first = self._heard[path].steps - 1 - first
        for move in self._moves[path]:
            start, end = (0, count) if move.steps is None else (move.steps[0] - first, move.steps[1] - first)
            start, end = max(0, start), min(count, end)
            if start < end:
                value = _moved(value, move, path, time, start, end)
                self.met[move.said] += 1
        return value


def _moved(value: Tensor, move: Move, path: str, time: int | None, start: int, end: int) -> Tensor:
    """Change some steps of a value, and of them some units."""
    changed = value.clone()
    some = changed if time is None else changed.narrow(time, start, end - start)
    heads = time == 2 and value.dim() == 4
    if move.units is not None:
        some = some.narrow(1 if heads else -1, move.units[0], move.units[1] - move.units[0])
    if move.column is None:
        some.fill_(move.value)
        return changed
    if move.column >= some.shape[-1]:
        raise InputError(f"what-if.weight={move.said}: {path} looks at {some.shape[-1]} places, 1 to {some.shape[-1]}.")
    some.copy_(reweighed(some, move.column, move.value, f"what-if.weight={move.said}"))
    return changed


def reweighed(weights: Tensor, column: int, value: float, said: str = "") -> Tensor:
    """Set a column of rows [..., places] to a share of each row's sum, the others scaled to what is left."""
    total = weights.sum(-1, keepdim=True)
    other = total - weights[..., column : column + 1]
    if value < 1 and bool(((other <= 0) & (total > 0)).any()):
        raise InputError(f"{said}: all weight lies there already, so nothing can take the {1 - value:g} that is left.")
    scaled = weights * (total * (1 - value) / other.clamp(min=torch.finfo(weights.dtype).tiny))
    scaled[..., column : column + 1] = total * value
    return scaled


def _part(what: What, said: str, text: str) -> Part:
    """Read `3` or `2-4`, from 1."""
    first, sign, last = text.partition("-")
    if not first.isdigit() or (sign and not last.isdigit()) or not 1 <= int(first) <= int(last or first):
        raise _wrong(what, said, f"{text!r} is no number from 1, nor two as in 2-4")
    return int(first) - 1, int(last or first)


def _wrong(what: What, said: str, why: str) -> InputError:
    return InputError(f"what-if.{what}={said}: {why}. Write it as in {EXAMPLES[what]}.")


def each(said: str | Sequence[str] | None) -> list[str]:
    """Return one or several of what was said as a list."""
    return [] if said is None else [said] if isinstance(said, str) else list(said)


def read(what: What, said: str | Sequence[str] | None, make: Callable[[What, str], Move] = parse) -> list[Move]:
    """Read all moves of a kind."""
    return [make(what, one) for one in each(said)]
