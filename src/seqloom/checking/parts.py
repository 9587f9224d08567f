"""Parts: the rows of a learnt task, whatever it reads, as `Part`s that can be looked at alike."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import cast

from seqloom.checking.near import LONG_RUN, RUN
from seqloom.checking.part import BETWEEN, Part, Told
from seqloom.data.pairs import Pairs
from seqloom.data.stream import text_chunks
from seqloom.spec import MEDIA
from seqloom.tasks.asked import Asked
from seqloom.tasks.clip_pairs import ClipPairs
from seqloom.tasks.examples import Examples
from seqloom.tasks.labelled import Texts
from seqloom.tasks.language import Language
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pairs import PairTask
from seqloom.tasks.regress import Regress
from seqloom.tasks.row_task import RowTask
from seqloom.tasks.step_clips import StepClips
from seqloom.tasks.tag import Tag
from seqloom.tasks.tag_rows import Part as Sentences
from seqloom.tasks.tag_series import StepCurves
from seqloom.tasks.task import Task

NAMES = ("train", "valid", "test")
Reading = Iterator[tuple[str, Sequence[str]]]


def parts_of(task: Task) -> list[Part]:
    """Return the parts of a task that was just learnt, training first; none for forecasts, whose parts are times."""
    if isinstance(task, Language):
        return _texts(task)
    if isinstance(task, RowTask):
        assert task._parts is not None  # `learn` leaves them
        return [_examples(task, name, rows) for name, rows in zip(NAMES, task._parts, strict=True) if rows is not None]
    if isinstance(task, MediaPairTask | PairTask):
        found = task._pairs if isinstance(task, MediaPairTask) else task._parts
        assert found is not None
        return [_pairs(task, name, rows) for name, rows in zip(NAMES, found, strict=True) if rows is not None]
    if isinstance(task, Tag):
        assert task._parts is not None
        return [_tagged(name, rows) for name, rows in zip(NAMES, task._parts, strict=True) if rows is not None]
    return []


def _examples(task: RowTask, name: str, rows: Examples) -> Part:
    """Return labelled rows: of texts, series, media, or questions of pictures."""
    assert task.spec.source is not None
    tokens = task.spec.source.tokens
    kind: Told = "number" if isinstance(task, Regress) else "labels" if rows.multilabel else "label"
    if isinstance(rows, StepCurves | StepClips):
        kind = "tags"

    def text(row: int) -> str:
        return next(iter(rows.at([row]).keys()))

    return Part(
        name,
        rows.path,
        len(rows),
        partial(_read, rows),
        text,
        kind,
        rows.where,
        columns=rows.names(),
        column=lambda column: iter(rows.column(column)),
        written=isinstance(rows, Texts),
        run=LONG_RUN if tokens == "kmer" else RUN,
        what="series" if tokens == "series" else "items" if tokens in MEDIA else "rows",
    )


def _read(rows: Examples) -> Reading:
    if isinstance(rows, Texts):
        yield from rows.told()
        return
    keys = rows.keys()
    if isinstance(rows, Asked):  # a picture may be asked many things
        keys = (f"{key}{BETWEEN}{asked}" for key, asked in zip(keys, rows.questions(), strict=True))
    told: Iterator[Sequence[str]] = rows.steps() if isinstance(rows, StepCurves | StepClips) else rows.labels()
    yield from zip(keys, told, strict=True)


def _pairs(task: Task, name: str, rows: Pairs) -> Part:
    """Return pairs, of texts or of items with a text each."""
    assert task.spec.source is not None
    written = not isinstance(rows, ClipPairs)

    def read() -> Reading:
        return ((BETWEEN.join(pair.source), (pair.target,)) for pair in rows)

    table = rows.source.rows if written and rows.source.rows is rows.target.rows else None
    columns = table.columns if table is not None else [] if written else cast(ClipPairs, rows).clips.names()

    def column(wanted: str) -> Iterator[str]:
        if table is None:
            return iter(cast(ClipPairs, rows).clips.column(wanted))
        return (table[int(place)].values[wanted] for place in rows.source.places)

    return Part(
        name,
        rows.path,
        len(rows),
        read,
        lambda row: BETWEEN.join(rows[row].source),
        "text",
        rows.where,
        columns,
        column,
        written=written and task.spec.source.tokens != "vector",
        what="pairs" if written else "items",
    )


def _tagged(name: str, part: Sentences) -> Part:
    """Return tagged sentences."""
    corpus = part.corpus

    def words(row: int) -> str:
        return " ".join(corpus.words_of(part.at[row]))

    def read() -> Reading:
        for row, at in enumerate(part.at):
            label = [] if corpus.labels is None else [corpus.labels[at]]
            yield words(row), (*corpus.tags_of(at), *label)

    return Part(
        name,
        corpus.path,
        len(part.at),
        read,
        words,
        "tags",
        lambda row: corpus.sentences.where(part.at[row]),
        what="sentences",
    )


def _texts(task: Language) -> list[Part]:
    """Return the lines of a text, and of what is held out of it or beside it. A share is counted in letters, which
    training counts in tokens: the border may be some lines away."""
    data = task.spec.data
    path = str(data.train)
    held = {"valid": data.valid, "test": data.test}
    shares = {name: float(one) for name, one in held.items() if one and not isinstance(one, str)}
    length = sum(map(len, _chunks(task, path))) if shares else 0
    end = round(length * (1 - sum(shares.values()))) if shares else None
    parts = [_lines(task, "train", path, 0, end)]
    for name, said in held.items():
        if isinstance(said, str):
            parts.append(_lines(task, name, said, 0, None))
        elif name in shares:  # what is tested on comes last
            assert end is not None
            begin, end = end, end + round(length * shares[name])
            parts.append(_lines(task, name, path, begin, end))
    return parts


def _lines(task: Language, name: str, path: str, begin: int, end: int | None) -> Part:
    """Return the lines that begin from `begin` on and before `end`, counted in letters."""

    def read() -> Iterator[tuple[int, str]]:
        place, rest = 0, ""
        number = 0
        for chunk in _chunks(task, path):
            lines = (rest + chunk).split("\n")
            rest = lines.pop()
            for line in lines:
                number += 1
                if end is not None and place >= end:
                    return
                if place >= begin:
                    yield number, line
                place += len(line) + 1
        if rest and place >= begin and (end is None or place < end):
            yield number + 1, rest

    first = next((number for number, _ in read()), 1)
    rows = sum(1 for _ in read())
    return Part(
        name,
        path,
        rows,
        lambda: ((line, ()) for _, line in read()),
        lambda row: next(islice(read(), row, None))[1],
        "nothing",
        lambda row: f"{path}:{first + row}",
        run=0,
        what="lines",
    )


def _chunks(task: Language, path: str) -> Iterator[str]:
    assert task.spec.target is not None
    column, data = task.spec.target.column, task.spec.data
    name = None if column is None else str(column)
    return text_chunks(path, data.format, name, header=data.header, on_bad_row=data.on_bad_row)
