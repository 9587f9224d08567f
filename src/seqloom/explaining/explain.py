"""Explain: the views of one row, as plain values, as text, as pictures and as a page."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqloom.errors import InputError
from seqloom.explaining import VIEWS
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View, Viewer
from seqloom.report import drawing, sections_page
from seqloom.report.figures import Figure, Section
from seqloom.report.fitting import readable
from seqloom.table import check, options
from seqloom.tasks.task import Say
from seqloom.training.run import Run

SHOWN = 4
"""Titles of figures that are named where they are not drawn."""
Options = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Explanation:
    """What was found of one row.

    score    the number that was explained, by its name
    views    by name, in the order of the table
    refused  why a view does not apply, by its name
    """

    title: str
    question: str
    answer: str
    score: float
    score_name: str
    views: Mapping[str, View]
    refused: Mapping[str, str]
    notes: Sequence[str] = ()

    def __getitem__(self, name: str) -> View:
        """Return a view. Raises InputError, with the reason, for one that does not apply or was not asked for."""
        if name not in self.views:
            raise InputError(f"view '{name}' is not here: {self.refused.get(name, 'it was not asked for')}")
        return self.views[name]

    @property
    def about(self) -> str:
        """What was asked and answered, in a line."""
        asked, told, name = (_apart(readable(one)) for one in (self.question, self.answer, self.score_name))
        return f"{asked} → {told}    {name} = {self.score:.4g}"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON has it; arrays are lists, and null stands where there is no number."""
        return {
            "run": self.title,
            "question": self.question,
            "answer": self.answer,
            "score": self.score,
            "score_name": self.score_name,
            "notes": list(self.notes),
            "views": {
                name: {
                    "about": view.about,
                    "facts": dict(view.facts),
                    "values": {key: _listed(array) for key, array in view.values.items()},
                    "notes": list(view.notes),
                }
                for name, view in self.views.items()
            },
            "refused": dict(self.refused),
        }

    def sections(self) -> list[Section]:
        """Return a section a view, for a page."""
        return [Section(name, view.about, view.figures, view.notes, view.facts) for name, view in self.views.items()]

    def text(self, width: int = 100, most: int | None = None) -> str:
        """Return what a terminal shows: of each view `most` figures (None: all), the others by their titles."""
        parts = [self.about, *self.notes]
        for name, view in self.views.items():
            parts.append(f"\n── {name}: {view.about}")
            parts += [drawing.as_text(figure, width) for figure in view.figures[:most]]
            rest = [figure.title for figure in view.figures[most:]] if most is not None else []
            if rest:
                parts.append(f"{len(rest)} more: {'; '.join(rest[:SHOWN])}{'; ...' if len(rest) > SHOWN else ''}")
            parts += [f"note: {note}" for note in view.notes]
        if self.refused:
            parts.append("\nviews that do not apply here:")
            parts += [f"  {name}: {why}" for name, why in self.refused.items()]
        return "\n".join(parts)

    def page(self) -> str:
        """Return a whole HTML page that needs no network."""
        return sections_page.page(f"{self.title}: why", self.sections(), self.about)

    def pictures(self) -> dict[str, Figure]:
        """Return the figures by the names that their files bear: gates-1, gates-2, ..."""
        return {
            f"{name}-{number + 1}": figure
            for name, view in self.views.items()
            for number, figure in enumerate(view.figures)
        }

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return sections_page.inline(f"{self.title}: why", self.sections(), self.about)


def explain(
    run: Run,
    row: Any,
    *,
    target: str | None = None,
    views: Sequence[str] | None = None,
    data: str | None = None,
    at: int | None = None,
    options: Options | None = None,
    say: Say = lambda note: None,
) -> Explanation:
    """Explain one row of a run.

    row      what `run.predict` takes of this task; of a language model a text; of a forecast a file
    target   the answer to explain; None: the run's own
    views    names of VIEWS; None: all that apply
    data     a file whose rows some views go through (bottleneck, the nearest states)
    at       of answers with steps the one to explain, from 1
    options  of views, by name: {"saliency": {"method": "occlusion"}}

    Raises InputError for a row that cannot be read, an unknown view or option, and a view, asked for by name, that does
    not apply.
    """
    given = dict(options or {})
    names = list(VIEWS) if views is None else list(dict.fromkeys(views))
    viewers = {name: viewer_of(name, given.pop(name, {})) for name in names}
    for name in given:
        known = "" if name in VIEWS else f"; there are {', '.join(VIEWS)}"
        raise InputError(f"options of view '{name}', which is not among those shown ({', '.join(names)}){known}.")
    subject = subject_of(run, row, target, at, data)
    found: dict[str, View] = {}
    refused: dict[str, str] = {}
    for name, viewer in viewers.items():
        reason = viewer.refusal(subject)
        if reason is not None and views is not None:
            raise InputError(f"view '{name}' does not apply: {reason}")
        if reason is not None:
            refused[name] = reason
            continue
        found[name] = viewer.view(subject, say)
    return Explanation(
        "run" if run.folder is None else run.folder.name,
        subject.question,
        subject.answer,
        subject.told(),
        subject.score_name,
        found,
        refused,
        (*subject.notes, *_unread(data, [viewers[name] for name in found])),
    )


def viewer_of(name: str, given: Mapping[str, Any]) -> Viewer:
    """Build a viewer with options. Raises InputError for a view or an option that does not exist."""
    kind: type[Viewer] = VIEWS[name]
    made: Viewer = kind(**check(f"view {name}", given, options(kind)))
    return made


def _unread(data: str | None, viewers: Sequence[Viewer]) -> list[str]:
    """Say that a file was given which nothing that is shown goes through."""
    if data is None or any(viewer.through_data for viewer in viewers):
        return []
    return [f"{data} was not read: of the views only bottleneck and states go through a file."]


def _apart(text: str) -> str:
    """Keep letters that run from right to left from turning what stands beside them (Unicode UAX 9, isolates)."""
    turned = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text)
    return f"\u2068{text}\u2069" if turned else text


def _listed(array: Any) -> list[Any]:
    values = np.asarray(array)
    if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
        given, values = values, values.astype(object)
        values[~np.isfinite(given)] = None
    listed: list[Any] = values.tolist()
    return listed
