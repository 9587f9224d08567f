"""Reading for pair tasks: which columns, or which two files, hold source and target; what is held out."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqloom.data.columns import pick
from seqloom.data.formats import EXTENSIONS
from seqloom.data.kept import Findings, kept, then
from seqloom.data.pairs import Pairs, Side, parallel, two_files, whole
from seqloom.data.rows import Rows, read
from seqloom.data.splits import hold_out
from seqloom.errors import InputError
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.parts import Parts, parted, say_twice
from seqloom.tasks.task import Say

BETWEEN = "\x1f"
"""Stands between the texts of a source of several columns where they are compared as one."""
SPLIT = 0
"""The seed of what is held out: runs of several seeds have the same vocabularies and can answer as one ensemble."""


@dataclass(frozen=True)
class Usual:
    """The names that the columns of a task usually bear."""

    source: tuple[str, ...]
    target: tuple[str, ...]


def sides(spec: Spec) -> tuple[SideSpec, SideSpec]:
    """Return both sides of a spec. Raises InputError where one is missing."""
    if spec.source is None or spec.target is None:
        raise InputError(f"{spec.task} needs a source and a target in its spec.")
    return spec.source, spec.target


def source_columns(spec: Spec) -> list[str]:
    """Return the columns asked for, or found when the run was trained."""
    column = sides(spec)[0].column
    return [str(column)] if isinstance(column, str | int) else [str(name) for name in column or []]


def read_pairs(spec: Spec, path: str, usual: Usual, say: Say) -> Pairs:
    """Read one file of pairs, or two with a comma between; what is left out is said.

    Raises InputError for files or rows that cannot be used.
    """
    data = spec.data
    if two_files(path) is not None:
        if data.format not in ("auto", "text"):
            raise InputError(f"{path}: two files of lines are text, not {data.format}. Leave out --format.")
        one, other, at_one, at_other = parallel(path, data.on_bad_row)
        for note in (*one.notes, *other.notes):
            say(note)
        origin = None if other.origin is None else then(one.origin, "pairs", other.origin)
        sides_of = Side(one, ("text",), at_one), Side(other, ("text",), at_other)
        pairs = Pairs(path, *sides_of, one.skipped + other.skipped, origin)
    else:
        rows = _read(spec, path, usual, say)
        source, target = _columns(spec, rows, usual, say)
        places = np.arange(len(rows))
        origin = then(rows.origin, "pairs", source, target)
        pairs = Pairs(path, Side(rows, tuple(source), places), Side(rows, (target,), places), rows.skipped, origin)
    pairs, note = whole(pairs, data.on_bad_row)
    if note:
        say(note)
    return pairs


def learn_pairs(spec: Spec, usual: Usual, say: Say) -> Parts[Pairs]:
    """Read the training pairs and those held out; the columns found are written into the spec."""
    if spec.data.train is None:
        raise InputError(f"{spec.task} needs data: a file of pairs, or two files such as train.de,train.en.")
    pairs = read_pairs(spec, spec.data.train, usual, say)
    source, target = sides(spec)
    if two_files(spec.data.train) is None:
        source.column, target.column = list(pairs.source.columns), pairs.target.columns[0]
    elif source.column is not None or target.column is not None:
        raise InputError(
            f"{spec.data.train}: lines have no columns. Leave out --source-column and --target-column; the first file "
            "is the source."
        )

    def hold(rows: Pairs, share: float) -> tuple[Pairs, Pairs]:
        seed = SPLIT if spec.data.split is None else spec.data.split
        origin = then(rows.origin, "held out", share, seed)
        found = kept(origin, lambda: dict(zip(("rest", "held"), hold_out(joined(rows), share, seed), strict=True)))
        return rows.at(found["rest"], then(origin, "rest")), rows.at(found["held"], then(origin, "held"))

    def named(name: str, rows: Pairs, why: str) -> tuple[Pairs, Pairs]:
        held = read_pairs(spec, name, usual, say)
        origins = rows.origin, held.origin
        say_twice(name, joined(held), len(held), str(spec.data.train), joined(rows), "sources", why, say, origins)
        return rows, held

    return parted(spec.data, pairs, hold, named)


def joined(pairs: Pairs) -> Iterator[str]:
    """Yield the source of each pair as one text."""
    return (BETWEEN.join(pair.source) for pair in pairs)


def digest(pairs: Pairs) -> str:
    """Return a hash of all pairs, in order."""

    def hashed() -> Findings:
        content = hashlib.sha256()
        for pair in pairs:
            content.update("\x1e".join([*pair.source, pair.target, ""]).encode())
        return {"digest": content.hexdigest()}

    digest: str = kept(then(pairs.origin, "digest"), hashed)["digest"]
    return digest


def read_sources(
    spec: Spec, path: str, usual: Usual, say: Say, check: Callable[[Sequence[str], str], None] | None = None
) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Yield each row's values and its source texts; the target may be absent. `check` is told the texts and place of
    each."""
    rows = _read(spec, path, usual, say)
    names = source_columns(spec)
    known = bool(names) and all(name in rows.columns for name in names)
    if not known and len(rows.columns) == max(1, len(names)):
        if rows.columns != ["text"]:
            say(f"{rows.path}: no column {', '.join(names)}; its {len(names)} column(s) are taken in order.")
        columns = list(rows.columns)
    else:
        columns = _picked(rows, names, usual)
    for row in rows:
        texts = [row.values[name] for name in columns]
        if check is not None:
            check(texts, f"{rows.path}:{row.line}")
        yield row.values, texts


def _read(spec: Spec, path: str, usual: Usual, say: Say) -> Rows:
    """Read one file as training would; where that was two files of lines, a name that tells nothing means lines."""
    target = sides(spec)[1]
    wanted = [*source_columns(spec), *([] if target.column is None else [str(target.column)])]
    format, train = str(spec.data.format), spec.data.train or ""
    if format == "auto" and two_files(train) is not None and not _tells(path):
        format = "text"
    elif format == "auto" and path == "-" and train != "-":
        format = EXTENSIONS.get(Path(train.lower().removesuffix(".gz")).suffix, format)
    rows = read(
        path,
        format=format,
        header=spec.data.header,
        wanted=wanted,
        together=(usual.source, usual.target),
        on_bad_row=spec.data.on_bad_row,
    )
    for note in rows.notes:
        say(note)
    return rows


def _tells(path: str) -> bool:
    return Path(path.lower().removesuffix(".gz")).suffix in EXTENSIONS


def _columns(spec: Spec, rows: Rows, usual: Usual, say: Say) -> tuple[list[str], str]:
    """Settle which columns are source and target: those named, the usual ones, or both in order."""
    _, target = sides(spec)
    if isinstance(target.column, list):
        raise InputError(f"one column holds the target, given {len(target.column)}: {', '.join(target.column)}.")
    asked, wanted = source_columns(spec), None if target.column is None else str(target.column)
    known = {name.casefold() for name in rows.columns}
    named = asked or wanted or (known & {*usual.source} and known & {*usual.target})
    if not named and len(rows.columns) == 2:
        one, other = rows.columns
        say(
            f"{rows.path}: column {one} is taken as the source and column {other} as the target; --source-column and "
            "--target-column say otherwise"
        )
        return [one], other
    trained = [*asked, *([] if wanted is None else [wanted])]
    if rows.columns == ["1", "2"] and len(trained) == 2 and not set(trained) <= {"1", "2"}:
        return ["1"], "2"  # the same pairs without a header
    found = pick(rows, wanted, usual.target, "target", "--target-column")
    source = _picked(rows, asked, usual)
    if found in source:
        raise InputError(f"{rows.path}: column '{found}' is both source and target; name them apart.")
    return source, found


def _picked(rows: Rows, asked: list[str], usual: Usual) -> list[str]:
    names: list[str | None] = [*asked] or [None]
    return [pick(rows, name, usual.source, "source", "--source-column") for name in names]
