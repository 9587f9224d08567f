"""Tagged sentences: words, a tag for each, perhaps a label for the whole, from any of the formats that hold them.

One pass checks every sentence and notes where its lines are; a sentence is parsed when it is used, and knows the text
it came from, so that an answer can be written back beside it.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, overload

from seqloom.data import blob as blobs
from seqloom.data.blob import MEMORY_LIMIT, Blob
from seqloom.data.tagged_formats import Asked, BadSentence, Layout, Parsed, choose
from seqloom.errors import InputError

OnBadRow = Literal["error", "skip"]


@dataclass(frozen=True)
class Sentence:
    """One sentence, and how to write it back.

    tags   one for each word; empty where the file has none, or they were not asked for
    label  what the whole sentence is, where the file says so
    lines  the line of the file of each word
    """

    words: list[str]
    tags: list[str]
    label: str | None
    lines: list[int]
    path: str
    raw: str = field(repr=False)
    before: str = field(repr=False)
    after: str = field(repr=False)
    layout: Layout = field(repr=False)
    first: bool = False
    """It is the first of its file."""

    def written(self, tags: Sequence[str], label: str | None = None) -> str:
        """Return the sentence's own lines with a column more: `tags`, one for each word, and `label` where there is
        one. What stands before the sentence in its file (comments, blank lines) and after the last is kept."""
        before, after = self.layout.kept(self.before), self.layout.kept(self.after)
        before = (self.layout.opening() if self.first else "") + before
        return before + self.layout.written(self.raw, list(tags), label) + after


class Sentences(Sequence[Sentence]):
    """The sentences of one file.

    layout   how its lines are read: its format, and which columns were found to be what
    skipped  how many bad sentences were left out
    notes    what to say aloud
    """

    def __init__(self, blob: Blob, layout: Layout, found: "_Found") -> None:
        """`read` makes Sentences."""
        self.path, self.layout = blob.name, layout
        self.skipped, self.notes = found.skipped, [*layout.notes, *found.notes]
        self._blob = blob
        self._starts, self._ends, self._lines = found.starts, found.ends, found.lines
        self._size = found.size

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Sentence: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sentence]: ...
    def __getitem__(self, index: int | slice) -> Sentence | list[Sentence]:
        if isinstance(index, slice):
            return [self._sentence(place) for place in range(*index.indices(len(self)))]
        return self._sentence(range(len(self))[index])

    def __iter__(self) -> Iterator[Sentence]:
        return map(self._sentence, range(len(self)))

    def where(self, index: int, word: int = 0) -> str:
        """Return the place of a word of a sentence for messages, such as "train.conll:12"."""
        return f"{self.path}:{self[index].lines[word]}"

    def _sentence(self, index: int) -> Sentence:
        start, end = self._starts[index], self._ends[index]
        raw = self._blob.read(start, end).decode()
        parsed = self.layout.parse(raw, self._lines[index])
        before = self._gap(self._ends[index - 1] if index else 0, start)
        after = self._gap(end, self._size) if index == len(self) - 1 else ""
        return Sentence(*parsed, self.path, raw, before, after, self.layout, index == 0)

    def _gap(self, start: int, end: int) -> str:
        return self._blob.read(start, end).decode("utf-8", "replace").removeprefix("\ufeff") if end > start else ""


class _Found:
    """What one pass over a file finds."""

    def __init__(self, name: str, skip: bool) -> None:
        self.name, self.skip = name, skip
        self.starts, self.ends, self.lines = array("q"), array("q"), array("q")
        self.size = self.skipped = 0
        self.first_bad = ""
        self.notes: list[str] = []

    def refuse(self, bad: BadSentence) -> None:
        """Raise InputError for a bad sentence, or count it."""
        place = f"{self.name}:{bad.line}: {bad.problem}"
        if not self.skip:
            raise InputError(f"{place}. {bad.fix}, or skip such sentences with --on-bad-row skip.")
        self.skipped += 1
        self.first_bad = self.first_bad or place


def read(
    path: str | Path,
    *,
    format: str = "auto",
    words: str | int | None = None,
    tags: str | int | None = None,
    label: str | int | Literal[False] | None = None,
    tagged: bool = True,
    header: bool | None = None,
    on_bad_row: OnBadRow = "error",
    memory_limit: int = MEMORY_LIMIT,
) -> Sentences:
    """Read and check a file of sentences; "-" is standard input, and gzip is undone.

    `words`, `tags` and `label` name columns, by name or by number from 1 (-1 is the last); None: the usual ones, and
    `label` False: none. `tagged=False` asks for the words alone, as predicting does.

    Raises InputError for a file or a sentence that cannot be used; `on_bad_row="skip"` leaves such sentences out.
    """
    blob = blobs.load(path, memory_limit)
    layout = choose(blob, format, Asked(words, tags, label, tagged, header))
    found = _Found(blob.name, on_bad_row == "skip")
    for block in layout.blocks(blob.lines()):
        found.size = max(found.size, block.end)
        try:
            if block.bad is not None:
                raise block.bad
            parsed: Parsed = layout.parse(block.data.decode(), block.line)
        except BadSentence as wrong:
            found.refuse(wrong)
            continue
        if parsed.words:
            found.starts.append(block.start)
            found.ends.append(block.end)
            found.lines.append(block.line)
    if found.skipped:
        plural = "" if found.skipped == 1 else "s"
        found.notes.append(f"{found.skipped} bad sentence{plural} skipped, the first: {found.first_bad}")
    if not found.starts:
        bad = f": {found.skipped} bad, the first: {found.first_bad}" if found.skipped else ""
        raise InputError(f"{blob.name}: holds no sentence as {layout.name} has them{bad}.")
    with blob.open() as stream:
        found.size = stream.seek(0, 2)
    return Sentences(blob, layout, found)
