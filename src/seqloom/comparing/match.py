"""Equal parameters: scale the widths of a spec until its model has as many weights as asked for.

The network's own widths are scaled together, in their proportions; depth, heads and whatever reads rows (embeddings,
fronts of pictures and sound) stay as they are, so that what is compared is what goes over the steps. Inputs are scaled
only of a model that has nothing else (a bag of words). What rounding leaves is made up for by one width after the
other, feed-forward widths first and those of inputs last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from seqloom.build import Wiring, build
from seqloom.comparing.match_widths import Place, Width, widths_of
from seqloom.errors import InputError, nearest
from seqloom.model import SequenceModel
from seqloom.presets import PRESETS
from seqloom.spec import SideSpec, Spec
from seqloom.spec import parse as parse_spec

AIM = 0.01
"""Share of the target that a count is off at most, so that any two architectures agree within 2 % ..."""
WITHIN = 0.02
"""... and what it may be off where widths, which are whole numbers, allow no better."""
WIDEST = 2**15
"""The largest width that is tried."""
UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}


def parse(said: str) -> int | str:
    """Return how many parameters `params=1.5M` (500k, 250000) asks for; of `params=lstm` the name, whose count it is.

    Raises InputError for anything else.
    """
    what, sign, much = (part.strip() for part in said.partition("="))
    how = "write params=1M (500k, 250000), or params=lstm for as many as that architecture has"
    if what != "params" or not sign or not much:
        raise InputError(f"--match {said}: {how}.")
    unit = much[-1].lower() if much[-1].isalpha() else ""
    try:
        number = float(much[: len(much) - len(unit)]) * UNITS[unit]
        count = round(number)
    except (ValueError, KeyError, OverflowError):
        if much.split("+")[0].strip() in PRESETS:
            return much
        raise InputError(f"--match {said}: {how}" + nearest(much, PRESETS, "seqloom list archs")) from None
    if count < 1:
        raise InputError(f"--match {said}: a model has one parameter at least; {how}.")
    return count


def parameters_of(spec: Spec, wiring: Wiring) -> int:
    """Return how many weights learn in the model of a spec, tied ones once, without making room for them."""
    return _model(spec, wiring).parameter_count()


def embedded(model: SequenceModel) -> int:
    """Return how many of a model's weights that learn are rows of embeddings, of tokens, letters or places."""
    tables = {one.weight for one in model.modules() if isinstance(one, nn.Embedding) and one.weight.requires_grad}
    return sum(table.numel() for table in tables)


def matched(spec: Spec, wiring: Wiring, target: int) -> tuple[tuple[str, ...], int]:
    """Return the settings (`encoder.size=96`) that bring a spec's model near `target` parameters, and its count then.

    Near is within 1 %, or within 2 % where whole widths allow no better.
    Raises InputError that names the nearest that can be, where none is so near.
    """
    search = _Search(spec, wiring, target)
    found = search.found()
    return _settings(spec, found), search.count(found)


class _Search:
    """Looks for the widths of one spec; a width's value is found by halving, for more of it is never fewer weights."""

    def __init__(self, spec: Spec, wiring: Wiring, target: int) -> None:
        self.spec, self.wiring, self.target = spec, wiring, target
        self.name = spec.arch or "this model"
        self.widths = widths_of(spec)
        self._counts: dict[tuple[tuple[Place, int], ...], int] = {}

    def count(self, values: Mapping[Place, int]) -> int:
        """Return the parameters at some values of widths."""
        key = tuple(sorted(values.items(), key=str))
        if key not in self._counts:
            self._counts[key] = parameters_of(_with(self.spec, values), self.wiring)
        return self._counts[key]

    def found(self) -> dict[Place, int]:
        """Return values that are near enough."""
        best: dict[Place, int] = {}
        if self._near(best):
            return best
        together = self.widths.network or self.widths.inputs
        if not together:
            raise InputError(
                f"--match params={self.target:,}: {self.name} has {self.count({}):,} parameters and no width to scale."
            )
        best = self._together(together)
        for width in (*self.widths.following, *reversed(self.widths.network), *self.widths.inputs):
            if self._near(best):
                return best
            best = self._alone(width, best)
        if self._off(best) <= WITHIN * self.target:
            return best
        widths = ", ".join(_settings(self.spec, best))
        raise InputError(
            f"--match params={self.target:,}: the nearest that {self.name} comes to is {self.count(best):,} "
            f"({widths}): widths are whole numbers. Ask for that many, or for more parameters."
        )

    def _near(self, values: Mapping[Place, int]) -> bool:
        return self._off(values) <= AIM * self.target

    def _together(self, widths: Sequence[Width]) -> dict[Place, int]:
        """Return the widths in their proportions that come nearest. Raises InputError where none come near."""

        def at(scale: float) -> dict[Place, int]:
            values: dict[Place, int] = {}
            for width in widths:
                values |= width.at(width.near(width.value * scale))
            return values

        if self.count(at(0)) > self.target * (1 + WITHIN):
            raise InputError(self._too_few(at(0)))
        high = 1.0
        while self.count(at(high)) < self.target:
            high *= 2
            if max(at(high).values()) > WIDEST:
                raise InputError(
                    f"--match params={self.target:,}: {self.name} of width {WIDEST:,} has only "
                    f"{self.count(at(high / 2)):,}: ask for fewer, or give it more layers."
                )
        low = 0.0
        while at(low) != at(high) and high - low > 1e-6:
            middle = (low + high) / 2
            low, high = (middle, high) if self.count(at(middle)) < self.target else (low, middle)
        return min((at(low), at(high)), key=self._off)

    def _alone(self, width: Width, values: dict[Place, int]) -> dict[Place, int]:
        """Return the values with one width changed so that they come nearer, where that is so."""
        (place, share), *_ = width.places
        now = values.get(place, width.value * share) // share
        if width in self.widths.following:
            now = self._followed(place[0], values, width)
        low, high = 0, max(2 * now // width.step, 2)  # in steps
        while high - low > 1:
            middle = (low + high) // 2
            fewer = self.count({**values, **width.at(middle * width.step)}) < self.target
            low, high = (middle, high) if fewer else (low, middle)
        tried = ({**values, **width.at(steps * width.step)} for steps in (low, high) if steps)
        return min((values, *tried), key=self._off)

    def _followed(self, path: str, values: Mapping[Place, int], width: Width) -> int:
        """Return the feed-forward width that follows from the width found for its part."""
        size = values.get((path.removesuffix("inner") + "size", None))
        return width.value if size is None else 4 * size

    def _off(self, values: Mapping[Place, int]) -> int:
        return abs(self.count(values) - self.target)

    def _too_few(self, least: Mapping[Place, int]) -> str:
        """Say why a model cannot be so small."""
        model = _model(_with(self.spec, least), self.wiring)
        fewest, tables = model.parameter_count(), embedded(model)
        inputs = sum(one.numel() for one in _inputs_of(model) if one.requires_grad)
        advice = "ask for more, or take fewer layers"
        if tables > fewest / 2:
            side = "target" if self.spec.source is None or self.spec.encoder is None else "source"
            advice = f"ask for more, read fewer words (-s {side}.vocab=2000), or give them narrower vectors "
            advice += f"(-s {side}.size=32)"
        elif inputs > fewest / 2:
            advice = "ask for more, or make the front end smaller (source.front)"
        said = f", of which {tables:,} are embeddings, which stay as they are" if tables else ""
        return (
            f"--match params={self.target:,}: {self.name} has at least {fewest:,} parameters however narrow{said}: "
            f"{advice}."
        )


def _inputs_of(model: SequenceModel) -> set[nn.Parameter]:
    """Return the weights of what turns rows into vectors."""
    parts = [model.source, model.target, *(getattr(branch, "source") for branch in model.beside.values())]  # noqa: B009
    return {weight for part in parts if part is not None for weight in part.parameters()}


def _model(spec: Spec, wiring: Wiring) -> SequenceModel:
    with torch.device("meta"):
        return build(*_unfilled(spec, wiring))


def _unfilled(spec: Spec, wiring: Wiring) -> tuple[Spec, Wiring]:
    """Leave out vectors and weights of files, whose widths the spec gets."""
    changed: dict[str, Any] = {}
    for name, vectors in wiring.vectors.items():
        side: SideSpec | None = getattr(spec, name)
        if side is not None:
            changed[name] = side.model_copy(update={"size": vectors.shape[1]})
    beside = {name: _unfilled(spec, one)[1] for name, one in wiring.beside.items()}
    return spec.model_copy(update=changed), replace(wiring, vectors={}, weights={}, beside=beside)


def _with(spec: Spec, values: Mapping[Place, int]) -> Spec:
    """Return a spec with some widths set."""
    plain = spec.model_dump(mode="json")
    for path, value in _whole(spec, values).items():
        *above, last = path.split(".")
        holder = plain
        for step in above:
            holder = holder[step]
        holder[last] = value
    return parse_spec(plain)


def _whole(spec: Spec, values: Mapping[Place, int]) -> dict[str, int | list[int]]:
    """Return what each key holds, lists as a whole."""
    found: dict[str, int | list[int]] = {}
    for (path, place), value in values.items():
        if place is None:
            found[path] = value
        else:
            every = {one for width in widths_of(spec).inputs for one in width.places if one[0][0] == path}
            found.setdefault(path, [0] * len(every))
            listed = found[path]
            assert isinstance(listed, list)
            listed[place] = value
    return found


def _settings(spec: Spec, values: Mapping[Place, int]) -> tuple[str, ...]:
    """Return the settings of what differs from the spec."""
    return tuple(f"{path}={value}" for path, value in _whole(spec, values).items())
