"""Gates: what every gate did over the row, and how long each unit remembers."""

from typing import Any

import numpy as np

from seqloom.explaining.half_life import HIGH, LOW, highway, saturated, unit_half_life
from seqloom.explaining.recurrent import (
    Floats,
    Place,
    Singles,
    heard,
    none_of,
    plain,
    read_in_order,
    running,
    shown,
    spread,
)
from seqloom.explaining.subject import Subject
from seqloom.explaining.thinning import averaged
from seqloom.explaining.view import View, Viewer
from seqloom.report.figures import Figure, Heat, Line, Lines, Points, Table
from seqloom.table import Count
from seqloom.tasks.task import Say

SIGNS = {
    "f": "f = 1 keeps the past; 1 - f is what is forgotten",
    "z": "z = 1 keeps the past here (Cho et al. 2014, cuDNN); Chung et al. 2014 and minGRU write 1 - z for it",
}


class GatesView(Viewer):
    """Every gate over time, for `units` of each cell from the shortest memory to the longest.

    values  PATH.GATE [steps, units] the gates of the units in facts, PATH.half_life [size] of all units in steps
            (infinite where the gate never closes), PATH.highway [steps, units]: what is left at the cell's last step of
            what each of those units held after a step
    """

    name = "gates"
    about = (
        "The gates of each recurrent cell at every step, between 0 (shut) and 1 (open). A unit's half-life is "
        "ln 0.5 / mean ln f steps, f the gate that keeps the past (z of a GRU): 0.5 ** (steps / half-life) of a memory "
        "is left after so many steps. The highway is the product of f from a step to the last one that the cell reads."
    )

    def __init__(self, *, units: Count = 24) -> None:
        self.units = units

    def refusal(self, subject: Subject) -> str | None:
        """Refuse a model without recurrence, and one whose cells have no gates."""
        without = none_of(subject, "gates")
        if without is None and not any(place.gates for place in running(subject)):
            return (
                "the cells of this model have no gates (a plain RNN rewrites its whole state at every step): look at "
                "the views jacobian and states, or train with --arch lstm or gru."
            )
        return without

    def view(self, subject: Subject, say: Say) -> View:
        """Listen to the gates of one cell after the other."""
        values: dict[str, Floats | Singles] = {}
        facts: dict[str, Any] = {}
        figures: list[Figure] = []
        notes: list[str] = []
        halves: list[Line] = []
        rows: list[list[str | int | float | None]] = []
        for place in running(subject):
            if not place.gates:
                notes.append(f"{place.title} is a {place.kind}, which has no gates.")
                continue
            say(f"gates of {place.title}")
            gates = heard(subject, place, place.gates)
            keeper = place.keeper
            keep = None if keeper is None else gates[keeper]
            size = place.cell.size
            worth = unit_half_life(keep) if keep is not None else np.arange(size, dtype=np.float64)
            chosen = spread(worth, self.units)
            axis = subject.axis(place.path, len(next(iter(gates.values()))))
            spans, names, said = shown(axis)
            notes += [one for one in said if one not in notes]
            for gate, value in gates.items():
                thin = averaged(value[:, chosen], spans, 0)
                values[f"{place.path}.{gate}"] = thin.astype(np.float32)
                figures.append(_heat(place, gate, thin, chosen, names))
                rows += _row(place, gate, value)
            facts[place.path] = _facts(place, gates, chosen)
            if keep is not None:
                left = read_in_order(highway(read_in_order(keep, place)), place)
                values[f"{place.path}.half_life"] = worth
                values[f"{place.path}.highway"] = averaged(left[:, chosen], spans, 0).astype(np.float32)
                facts[place.path]["half_life"] = _summary(worth)
                halves.append(Line(place.title, np.arange(1.0, size + 1), _drawn(np.sort(worth))))
                figures += [_kept(place, averaged(left, spans, 0), names), _corner(place, keep)]
        head: list[Figure] = [_table(rows)]
        if halves:
            head.append(
                Lines(
                    "How long the units remember",
                    halves,
                    "units, from the shortest memory",
                    "half-life in steps",
                    y_scale="log",
                    caption="A gap is a unit whose gate was 1 throughout: it forgets nothing, or 0: it keeps nothing.",
                )
            )
        signs = [SIGNS[gate] for gate in SIGNS if any(place.keeper == gate for place in running(subject))]
        return View(self.name, self.about, values, facts, head + figures, notes + [f"{one}." for one in signs])


def _facts(place: Place, gates: dict[str, Singles], chosen: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": place.title,
        "cell": place.kind,
        "keeps": place.keeper,
        "sign": None if place.keeper is None else SIGNS[place.keeper],
        "units": [int(unit) + 1 for unit in chosen],
        "saturation": {},
    }
    for gate, value in gates.items():
        low, high = saturated(value)
        shares = {"mean": float(value.mean(dtype=np.float64)), "below_0.1": low.mean(), "above_0.9": high.mean()}
        found["saturation"][gate] = {name: float(share) for name, share in shares.items()}
    return found


def _summary(worth: Floats) -> dict[str, float | None]:
    """Return the quartiles of half-lives that JSON can hold: null is for ever."""
    quarters = np.quantile(worth, [0, 0.25, 0.5, 0.75, 1], method="nearest")
    names = ("shortest", "lower quartile", "median", "upper quartile", "longest")
    return {name: plain(value) for name, value in zip(names, quarters, strict=True)}


def _row(place: Place, gate: str, value: Singles) -> list[list[str | int | float | None]]:
    """Return the table's rows of a gate: of z a second one, with the sign that other papers write."""
    signs = [(gate, value)] if gate != "z" else [("z (1 keeps)", value), ("1 - z", 1 - value)]
    made: list[list[str | int | float | None]] = []
    for name, one in signs:
        low, high = saturated(one)
        mean = float(one.mean(dtype=np.float64))
        made.append([place.title, name, round(mean, 3), round(float(low.mean()), 3), round(float(high.mean()), 3)])
    return made


def _table(rows: list[list[str | int | float | None]]) -> Table:
    columns = ("cell", "gate", "mean", f"share below {LOW}", f"share above {HIGH}")
    return Table("How open the gates are", columns, rows, "Over all steps and units. Beyond 0.1 and 0.9 is saturated.")


def _heat(place: Place, gate: str, thin: Floats, chosen: Any, names: list[str]) -> Heat:
    caption = "Units stand from the shortest memory (top) to the longest." if place.keeper else ""
    units = [str(int(unit) + 1) for unit in chosen]
    return Heat(f"{place.title}: {gate}", thin.T, units, names, "unit", "step", 0.0, 1.0, caption=caption)


def _kept(place: Place, left: Floats, names: list[str]) -> Lines:
    """Draw what is left at the end: the median unit with the middle half around it, and the unit that keeps most."""
    x = np.arange(len(left), dtype=np.float64)
    low, middle, high = np.quantile(left, [0.25, 0.5, 0.75], axis=1)
    lines = [Line("median unit", x, middle, low, high), Line("the unit that keeps most", x, left.max(1))]
    last = "first" if place.way == "backwards" else "last"
    return Lines(
        f"{place.title}: the highway",
        lines,
        "step",
        "share left",
        ticks=names,
        caption=f"Of what a unit held after a step, the share that is left when the cell has read the {last} step: the "
        f"product of {place.keeper}. The band is the middle half of the units.",
    )


def _corner(place: Place, keep: Singles) -> Points:
    low, high = saturated(keep)
    return Points(
        f"{place.title}: saturation of {place.keeper}",
        high,
        low,
        [f"unit {unit + 1}" for unit in range(len(low))],
        f"share of steps above {HIGH}",
        f"share of steps below {LOW}",
        caption="A unit to the right keeps what it holds at nearly every step; one at the top forgets at nearly every "
        "step (Karpathy et al. 2015, figure 2).",
    )


def _drawn(worth: Floats) -> Floats:
    return np.where(np.isfinite(worth) & (worth > 0), worth, np.nan)
