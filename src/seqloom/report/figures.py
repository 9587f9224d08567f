"""Figures: what reports draw, as plain arrays; each kind is drawn on a terminal, as SVG, as PNG and on a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.report.look import Look

Floats = NDArray[np.float64]
Scale = Literal["linear", "log"]


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a figure: x and y [points], and low and high [points] of a band around it where there is one.

    A y that is NaN is a gap. `group` names lines that share a colour.
    """

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    group: str | None = None


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines over a common x.

    ticks  what to write below x = 0, 1, 2 ... in place of numbers, such as tokens
    marks  vertical lines: (x, what it says)
    """

    title: str
    lines: Sequence[Line]
    x: str
    y: str
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    ticks: Sequence[str] | None = None
    marks: Sequence[tuple[float, str]] = ()
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Bars:
    """A bar for each name, from 0; low and high [names] are the ends of an interval. `groups` colours bars alike."""

    title: str
    names: Sequence[str]
    values: Floats
    y: str
    low: Floats | None = None
    high: Floats | None = None
    groups: Sequence[str] | None = None
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Intervals:
    """Values [rows] with the ends of their intervals, under one another; the axis need not begin at 0.

    names   of the rows; those of one name that follow one another stand together and differ by their group
    groups  what colours and shapes are for, where there are any
    dots    the single values behind a row, such as those of its seeds
    mark    a value at which an upright line stands, such as 0 for differences
    """

    title: str
    names: Sequence[str]
    values: Floats
    low: Floats
    high: Floats
    x: str
    groups: Sequence[str] | None = None
    dots: Sequence[Sequence[float]] = ()
    mark: float | None = None
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Heat:
    """A value for each place of a grid: values [rows, columns], NaN where there is none.

    low, high  ends of the scale of colours; None: those of the values. `signed` puts 0 in the middle, two colours.
    """

    title: str
    values: Floats
    rows: Sequence[str]
    columns: Sequence[str]
    row_name: str = ""
    column_name: str = ""
    low: float | None = None
    high: float | None = None
    signed: bool = False
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Points:
    """Points x, y [points] with what each is; `joined` draws a line through them in order. `groups` colours them.

    low, high  ends of the interval of each y [points]
    steps      places of points that a line of steps goes through, from the least x on: a front
    """

    title: str
    x: Floats
    y: Floats
    names: Sequence[str]
    x_name: str = ""
    y_name: str = ""
    groups: Sequence[str] | None = None
    joined: bool = False
    caption: str = ""
    low: Floats | None = None
    high: Floats | None = None
    steps: Sequence[int] = ()
    x_scale: Scale = "linear"


@dataclass(frozen=True, eq=False)
class Marked:
    """A text whose tokens are coloured by weights [tokens]: one colour above 0, another below.

    `glue` says whether a token stands without a space after the one before.
    """

    title: str
    tokens: Sequence[str]
    weights: Floats
    glue: Sequence[bool] | None = None
    scale: float | None = None
    caption: str = ""


@dataclass(frozen=True)
class Node:
    """One hypothesis of a tree: its parent's place in the list (None: the root), its token and its score.

    kept  it was not thrown away by the search; `best`: it lies on the way to the answer
    """

    parent: int | None
    token: str
    score: float
    kept: bool = True
    best: bool = False
    about: str = ""


@dataclass(frozen=True, eq=False)
class Tree:
    """A tree of hypotheses, parents before children."""

    title: str
    nodes: Sequence[Node]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Shaded:
    """A picture as bright as its places were looked at, once for each word."""

    title: str
    look: Look
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures side by side, each [height, width], or with 1 or 3 channels, of 0 to 255; `names` stand below them, a
    line of text each."""

    title: str
    pictures: Sequence[NDArray[Any]]
    names: Sequence[str]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of cells under names; numbers stand to the right, and so do the texts of the columns named in `right`."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]
    caption: str = ""
    right: Sequence[str] = ()


Figure = Lines | Bars | Intervals | Heat | Points | Marked | Tree | Shaded | Pictures | Table


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, what it tells, its figures, and remarks below them.

    lead  what matters most, a sentence each, said large before everything else of the part
    """

    title: str
    about: str
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    lead: Sequence[str] = ()
