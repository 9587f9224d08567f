"""Labelled rows: which columns of a file are texts and which labels, read again each time they are wanted."""

import hashlib
from collections.abc import Iterator, Sequence

from seqloom.data.columns import guess_label, pick, split_labels
from seqloom.data.formats import choose
from seqloom.data.header import is_number
from seqloom.data.rows import Rows, read
from seqloom.data.splits import hold_out
from seqloom.errors import InputError
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.task import Say

TEXT_COLUMNS = (
    "text",
    "sentence",
    "document",
    "review",
    "question",
    "comment",
    "message",
    "title",
    "content",
    "source",
)
LABEL_COLUMNS = ("label", "class", "category", "target", "sentiment", "intent", "tag", "y")


class Texts:
    """Some rows of a file, as texts and labels, read again each time so that a large file is never held."""

    def __init__(
        self, rows: Rows, columns: list[str], label: str, multilabel: str | None, at: Sequence[int] | None = None
    ) -> None:
        self.rows, self.columns, self.label, self.multilabel = rows, columns, label, multilabel
        self._at = range(len(rows)) if at is None else at

    def __len__(self) -> int:
        return len(self._at)

    def at(self, places: Sequence[int]) -> "Texts":
        return Texts(self.rows, self.columns, self.label, self.multilabel, places)

    def parted(self, share: float, seed: int, say: Say) -> tuple["Texts", "Texts"]:
        """Hold out a share of the rows; a label that would be in the held part alone stays in training."""
        kept, held = (part.tolist() for part in hold_out(self.joined(), share, seed))
        labels = list(self.labels())
        seen = {label for place in kept for label in labels[place]}
        lone = [place for place in held if not seen.issuperset(labels[place])]
        if lone:
            say(f"{self.rows.path}: {len(lone)} rows whose label occurs nowhere else stay in training.")
        held = [place for place in held if seen.issuperset(labels[place])]
        if not held:
            raise InputError(f"{self.rows.path}: too few rows of each label to hold any out; give --valid FILE.")
        return self.at([self._at[place] for place in sorted(kept + lone)]), self.at([self._at[place] for place in held])

    def of(self, rows: Rows) -> "Texts":
        columns = [pick(rows, column, (), "text", "--text-column") for column in self.columns]
        return Texts(rows, columns, pick(rows, self.label, (), "label", "--label-column"), self.multilabel)

    def texts(self) -> Iterator[list[str]]:
        for place in self._at:
            values = self.rows[place].values
            yield [values[column] for column in self.columns]

    def every(self) -> Iterator[str]:
        for row in self.texts():
            yield from row

    def joined(self) -> Iterator[str]:
        return ("\x1f".join(row) for row in self.texts())

    def digest(self) -> str:
        """Return a hash of the texts and labels, in order."""
        content = hashlib.sha256()
        for text, labels in zip(self.joined(), self.labels(), strict=True):
            content.update("\x1e".join([text, *labels, ""]).encode())
        return content.hexdigest()

    def labels(self) -> Iterator[list[str]]:
        for place in self._at:
            text = self.rows[place].values[self.label]
            yield [text] if self.multilabel is None else split_labels(text, self.multilabel)

    def first_label(self, wanted: set[str]) -> tuple[str, str]:
        for place, labels in zip(self._at, self.labels(), strict=True):
            for label in labels:
                if label in wanted:
                    return self.rows.where(place), label
        raise AssertionError("a label that is there")


def sides(spec: Spec) -> tuple[SideSpec, SideSpec]:
    if spec.source is None or spec.target is None:
        raise InputError("classify needs a source (texts) and a target (labels) in its spec.")
    return spec.source, spec.target


def label_column(target: SideSpec) -> str | None:
    """Return the label column asked for, if any. Raises InputError for several."""
    if isinstance(target.column, list):
        raise InputError(f"one column holds the labels, given {len(target.column)}: {', '.join(target.column)}.")
    return None if target.column is None else str(target.column)


def text_columns(source: SideSpec) -> list[str]:
    column = source.column
    return [str(column)] if isinstance(column, str | int) else [str(name) for name in column or []]


def read_rows(spec: Spec, path: str, say: Say) -> Rows:
    source, target = sides(spec)
    wanted = [*text_columns(source), *([] if target.column is None else [str(label_column(target))])]
    format, train = str(spec.data.format), spec.data.train
    if path == "-" and format == "auto" and train not in (None, "-"):
        format = choose(str(train), format, b"").name  # standard input is read as the training file was
    rows = read(path, format=format, header=spec.data.header, wanted=wanted, on_bad_row=spec.data.on_bad_row)
    for note in rows.notes:
        say(note)
    return rows


def settle_columns(spec: Spec, rows: Rows, say: Say) -> None:
    """Write the columns found into the spec, so that the run remembers them."""
    source, target = sides(spec)
    if source.column is None and target.column is None and not set(rows.columns) & {*TEXT_COLUMNS, *LABEL_COLUMNS}:
        label, texts, note = guess_label(rows)
        target.column, source.column = label, list(texts)
        say(note)
        return
    target.column = pick(rows, label_column(target), LABEL_COLUMNS, "label", "--label-column")
    asked: list[str | None] = [*text_columns(source)] or [None]
    source.column = [pick(rows, name, TEXT_COLUMNS, "text", "--text-column") for name in asked]
    if target.column in source.column:
        raise InputError(f"{rows.path}: column '{target.column}' is both text and label; name them apart.")


def check_labels(spec: Spec, texts: Texts, labels: list[str], say: Say) -> None:
    _, target = sides(spec)
    path, column = texts.rows.path, target.column
    if len(labels) < 2 and target.multilabel is None:
        only = f"only {labels[0]!r}" if labels else "no label"
        raise InputError(f"{path}: column '{column}' holds {only}; there must be at least two labels to tell apart.")
    if not labels:
        raise InputError(f"{path}: column '{column}' holds no label at all.")
    if len(labels) > 20 and all(is_number(label) for label in labels):
        say(f"{path}: column '{column}' holds {len(labels)} different numbers; each is taken for a name of its own.")
    elif len(labels) > max(20, len(texts) // 2):
        say(f"{path}: column '{column}' holds {len(labels)} labels for {len(texts)} rows; is it the right column?")
    if "" in labels:
        say(f"{path}: some rows have an empty label, taken for a label of its own.")
