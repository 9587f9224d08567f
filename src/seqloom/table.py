"""Table: names to parts, as an explicit dict of lazy strings.

    CELLS = Table("cell", "seqloom.cells", {"gru": "gru:GRU", ...})

Nothing is imported until it is asked for. Third parties add a name by an entry point in the group that bears the
table's module name (`[project.entry-points."seqloom.cells"]`). A part's constructor is its schema: positional
parameters are wiring (sizes that follow from the neighbours), keyword-only ones are a person's options, with their
annotations as types. Options are checked by pydantic, so a wrong one is an `InputError` that names what is allowed.
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from seqloom.errors import InputError, nearest

Count = Annotated[int, Field(ge=1)]
"""An option that counts something: 1 or more."""
Share = Annotated[float, Field(ge=0, lt=1)]
"""An option that is a share of a whole, such as a dropout rate: 0 or more, below 1."""


@dataclass(frozen=True)
class Option:
    """One option of a part: its type, its default, and what it accepts (the type with its bounds)."""

    name: str
    kind: Any
    default: Any
    accepts: Any


class Table(Mapping[str, type]):
    """Names of one kind of part, loaded when first used."""

    def __init__(self, what: str, package: str, entries: dict[str, str]) -> None:
        """`what` names the kind in messages; `package` is where "file:Class" is found."""
        self.what = what
        self._points = {name: EntryPoint(name, f"{package}.{value}", package) for name, value in entries.items()}
        for point in entry_points(group=package):
            self._points.setdefault(point.name, point)

    def __getitem__(self, name: str) -> type:
        """Load the class. Raises InputError for an unknown name, with the nearest known one."""
        if name not in self._points:
            raise InputError(
                f"unknown {self.what} '{name}'" + nearest(name, self._points, f"seqloom list {self.what}s")
            )
        return self._points[name].load()

    def __contains__(self, name: object) -> bool:
        return name in self._points

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)


def options(part: type) -> dict[str, Option]:
    """Return the options of a part: the keyword-only parameters of its constructor."""
    constructor = part.__init__  # type: ignore[misc]
    hints, bounded = get_type_hints(constructor), get_type_hints(constructor, include_extras=True)
    return {
        name: Option(name, hints.get(name, Any), parameter.default, bounded.get(name, Any))
        for name, parameter in inspect.signature(constructor).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def check(what: str, given: Mapping[str, Any], known: Mapping[str, Option]) -> dict[str, Any]:
    """Return `given` with every value turned into its option's type.

    Raises InputError for an option that does not exist, a value of the wrong type, or a missing one.
    """
    checked = {}
    for name, value in given.items():
        if name not in known:
            raise InputError(f"{what} has no option '{name}'" + nearest(name, known))
        try:
            adapter = TypeAdapter(known[name].accepts, config=ConfigDict(arbitrary_types_allowed=True))
            checked[name] = adapter.validate_python(value)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise InputError(f"{what}: {name}={value!r} cannot be used: {reason}.") from None
    missing = [
        name for name, option in known.items() if option.default is inspect.Parameter.empty and name not in given
    ]
    if missing:
        raise InputError(f"{what} needs {', '.join(missing)}.")
    return checked
