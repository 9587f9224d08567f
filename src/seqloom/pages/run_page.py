"""The page of a run: what it is, how it learnt, how good it is and where it fails; one HTML file, in bounded time."""

import time
from typing import Any, cast

import numpy as np

from seqloom.errors import InputError
from seqloom.explaining.row_quality import OFF, RIGHT
from seqloom.heads.label import LabelHead
from seqloom.heads.numbers import NumberHead
from seqloom.heads.tags import TagsHead
from seqloom.pages.run_answers import numbers_part, types_part, written_part
from seqloom.pages.run_card import card
from seqloom.pages.run_curves import curves
from seqloom.pages.run_errors import errors_part, wrong_rows
from seqloom.pages.run_events import Events, read_events
from seqloom.pages.run_forecasts import forecasts_part
from seqloom.pages.run_labels import labels_part
from seqloom.pages.run_lengths import lengths_part
from seqloom.pages.run_look import WRITTEN, Look, Row, look
from seqloom.pages.run_made import made_part
from seqloom.pages.run_measures import Ends, gatherers, measured, number, stats_of_answers, table
from seqloom.pages.run_steps import steps_part
from seqloom.pages.run_tellers import (
    LabelTeller,
    NumberTeller,
    QuestionTeller,
    SentenceTeller,
    StepTeller,
    Teller,
    WrittenTeller,
)
from seqloom.pages.run_texts import passage, texts_part
from seqloom.pages.run_why import why
from seqloom.report.figures import Section, Table
from seqloom.report.sections_page import page
from seqloom.tasks.answers import Search
from seqloom.tasks.asked_data import AskedData
from seqloom.tasks.forecast import Forecasting
from seqloom.tasks.forecast_answers import Past
from seqloom.tasks.forecast_batches import ForecastData
from seqloom.tasks.language import Language
from seqloom.tasks.pair_batches import PairData
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.parts import TEST
from seqloom.tasks.regress import Regress
from seqloom.tasks.row_data import RowData
from seqloom.tasks.tag_data import TagData
from seqloom.tasks.task import Data, Say
from seqloom.training.run import Run

EXPLAINED, EXPLAINABLE = 4.0, 120
"""Seconds after which no further row is explained, and steps of a row that is."""
LEADING = (
    "accuracy",
    "micro_f1",
    "span_f1",
    "token_accuracy",
    "nats",
    "mase",
    "mae",
    "wer",
    "cider",
    "bleu",
    "rougeL",
    "per",
    "loss",
)
"""Metrics by which a run is spoken of, where it was chosen by its loss; the first that it has."""


def run_page(run: Run, data: str | None = None, say: Say = lambda note: None, reread: bool = True) -> str:
    """Return the page of a run, measured on a file, or on what training held out (None).

    `reread` reads the training rows again, to see that they are those that the run learnt from; a run that was just
    trained has them still.

    Raises InputError for a file that cannot be read as the training file was, ResourceError where what draws charts is
    not installed.
    """
    return page(title_of(run), sections(run, data, say, reread), about_of(run))


def title_of(run: Run) -> str:
    """Return what the page is called."""
    name = run.folder.resolve().name if run.folder is not None else "run"
    return f"{name}: {run.spec.task} by {run.spec.arch or 'a model of its own'}"


def about_of(run: Run) -> str:
    """Return the paragraph under the title."""
    return f"{run.task.about[:1].upper()}{run.task.about[1:]}. A page by Seqloom that needs no network."


def sections(run: Run, path: str | None = None, say: Say = lambda note: None, reread: bool = True) -> list[Section]:
    """Return the parts of the page; see `run_page`."""
    events = Events() if run.folder is None else read_events(run.folder)
    notes = list[str]()
    digest, data, on = None, None, path
    try:
        if path is None and reread:
            digest = run.task.reread(notes.append)
        if path is None and run.spec.data.test:
            on = TEST
        data = run.task.evaluation(on, notes.append, run.model.carries)
    except (InputError, OSError) as error:
        if path is not None:
            raise
        say(f"the page tells nothing measured: {error}")
        notes = [f"Nothing could be measured: {error}"]
    made = made_part(run, events, digest)
    course = curves(events, run.spec.fit.metric)
    if data is None:
        parts = [_unmeasured(run, events, notes), card(run, None, "nothing"), course, made]
    else:
        parts = [*_measured(run, data, events, on, notes, course), made]
    return [part for part in parts if part is not None]


def _unmeasured(run: Run, events: Events, notes: list[str]) -> Section:
    """Return the first part where no row could be looked at: what the last validation said."""
    said = {**events.last("valid").get("metrics", {}), **events.last("finished").get("metrics", {})}
    rows = [(name, number(float(value))) for name, value in said.items() if isinstance(value, int | float)]
    told = [Table("Last validation of its training", ("metric", "value"), rows, right=("value",))] if rows else []
    return Section("In short", "", told, notes)


def _measured(
    run: Run, data: Data, events: Events, on: str | None, notes: list[str], course: Section | None
) -> list[Section | None]:
    """Return every part that is about rows."""
    began = time.monotonic()
    task, model = run.task, run.model
    teller = teller_of(run, data)
    run.model.eval()
    if isinstance(task, PairTask):
        assert isinstance(data, PairData)
        read = look(model, data, None, None)
        meter = task.meter(model, data, Search())
        found = look(model, data, meter, teller, most=WRITTEN)
        answers = cast(WrittenTeller, teller).answers
        found.rows = [row for row in found.rows if row.number in answers]  # rows of one source are one question
        found.every = 0 if data.questions is None else data.questions.all
        found.stats = stats_of_answers(task, answers, data)
        read.metrics = _forced(read, len(model.heads) > 1)
        looks = [read, found]
    else:
        found = look(model, data, task.meter(model, data), teller, gatherers(run, data))
        read, looks = found, [found]
    where = _where(run, on, found)
    trained = events.last("finished").get("metrics", {})
    intervals = [measured(one) for one in looks]
    figures = [table(looks, intervals, trained)]
    remarks = [
        "Intervals are over rows (bootstrap, 95 %): how far a number would move with other rows of the same kind. How "
        "far it would move with another seed, `seqloom compare` measures.",
        *notes,
    ]
    if isinstance(task, Language | Forecasting):
        remarks.insert(
            1, "Windows that stand side by side are alike, so that these intervals are narrower than they are."
        )
    parts: list[Section | None] = [card(run, read, where), course]
    if isinstance(task, Language):
        parts.append(texts_part(run, task, data))
    elif isinstance(task, Forecasting):
        parts += forecasts_part(run, task, cast(ForecastData, data), found.details)
    elif isinstance(task, PairTask):
        parts += [written_part(found, cast(Teller, teller)), lengths_part(read)]
    elif isinstance(task, Regress):
        parts += [numbers_part(found, cast(Teller, teller)), lengths_part(read)]
    else:
        parts += [types_part(found), labels_part(found), steps_part(found), lengths_part(read)]
    if teller is not None:
        parts.append(errors_part(found, teller))
    deadline = time.monotonic() + EXPLAINED
    for title, row in explained(run, data, found, teller):
        parts.append(why(run, title, row, deadline))
    took = time.monotonic() - began
    remarks.append(f"Looking and explaining took {took:.1f} s.")
    return [Section("In short", "", figures, remarks, lead=_lead(run, looks, intervals, on)), *parts]


def teller_of(run: Run, data: Data) -> Teller | None:
    """Return what names the rows of a run's data; None where a row is a window of a text or of a series."""
    heads = run.model.heads
    if isinstance(data, AskedData):
        assert data.examples is not None
        return QuestionTeller(data, data.examples, cast(LabelHead, heads["label"]))
    if isinstance(data, TagData):
        return SentenceTeller(data, run.model)
    if isinstance(data, PairData):
        assert data.questions is not None
        return WrittenTeller(data.questions)
    if not isinstance(data, RowData) or data.examples is None:
        return None
    if isinstance(run.task, Regress):
        return NumberTeller(data.examples, cast(NumberHead, heads["number"]), run.task.scale)
    if "tags" in heads:
        return StepTeller(data.examples, cast(TagsHead, heads["tags"]))
    return LabelTeller(data.examples, cast(LabelHead, heads["label"]))


def explained(run: Run, data: Data, found: Look, teller: Teller | None) -> list[tuple[str, Any]]:
    """Return the rows that the page explains, each with what it is: the worst of the errors, and one that is right."""
    if isinstance(data, ForecastData):
        return [("the next steps of the first series", Past(data.laid, 0))]
    if isinstance(run.task, Language):
        return [("a passage of the text", passage(run, run.task, data))]
    if teller is None:
        return []
    short = [row for row in found.rows if 0 < row.length <= EXPLAINABLE]
    wrong = [row for row in wrong_rows(found, teller) if row in short]
    wrongs = {row.number for row in wrong_rows(found, teller)} if found.quality != OFF else set()
    right = sorted((row for row in short if row.number not in wrongs), key=lambda row: row.loss)
    chosen: list[tuple[str, Row]] = []
    if right:
        chosen.append(
            ("a row that is told right" if found.quality != OFF else "a row of median error", right[len(right) // 2])
        )
    if wrong:
        chosen.append(("the worst of the errors", wrong[0]))
    return [(title, teller.raw(row.number)) for title, row in chosen]


def _forced(read: Look, several: bool) -> dict[str, float]:
    """Return what a pass without answers tells of pairs."""
    nats, counts = read.sums()
    right, of = read.rights()
    found = {f"{read.head}.loss" if several else "loss": float(nats.sum() / max(counts.sum(), 1e-12))}
    if read.quality == RIGHT:
        found["token_accuracy"] = float(right.sum() / max(of.sum(), 1e-12))
        read.stats["token_accuracy"] = np.stack([right, of], -1)
    return found


def _where(run: Run, on: str | None, found: Look) -> str:
    """Say what was looked at."""
    windows = isinstance(run.task, Language | Forecasting)
    kind = "windows" if windows else "rows"
    many = (
        f"all {found.every:,} {kind}"
        if len(found.rows) == found.every
        else f"{len(found.rows):,} of {found.every:,} {kind}"
    )
    if on == TEST:
        return f"{many} held out for testing, on which nothing was chosen"
    if on is not None:
        return f"{many} of {on}"
    tested = isinstance(run.task, Forecasting) and run.spec.data.test
    return f"{many} held out {'for testing' if tested else 'for validation, by which the weights were chosen'}"


def _lead(run: Run, looks: list[Look], intervals: list[dict[str, Ends]], on: str | None) -> list[str]:
    """Return the sentence that matters most: the metric that a run was chosen by, with its interval."""
    metric = run.spec.fit.metric
    for name in (*([metric] if metric != "loss" else []), *LEADING):
        for one, ends in zip(looks, intervals, strict=True):
            if name in one.metrics:
                within = " ({} to {})".format(*map(number, ends[name])) if name in ends else ""
                return [f"{name} {number(one.metrics[name])}{within}, measured on {_where(run, on, one)}."]
    return []
