"""A sentence a line: JSON lines, TSV of words and tags, word:TAG pairs, and plain words."""

import json
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from seqloom.data.blob import Line
from seqloom.data.header import is_header, named
from seqloom.data.tagged_formats import (
    PREDICTED,
    Asked,
    BadSentence,
    Block,
    Layout,
    NoColumn,
    Parsed,
    place_of,
    text_of,
)
from seqloom.errors import InputError, nearest

WORDS = ("words", "tokens", "text", "sentence", "단어", "문장")
TAGS = ("tags", "slots", "labels", "ner_tags", "pos_tags", "ner", "pos", "태그")
LABELS = ("intent", "label", "class", "category", "의도")
ARROW = " <=> "


@dataclass
class Row(Layout):
    """A sentence is one line; blank lines are none."""

    def blocks(self, lines: Iterator[Line]) -> Iterator[Block]:
        """Return each line that is not blank."""
        for line in lines:
            if not line.data.strip():
                continue
            bad = None
            try:
                text_of(line)
            except BadSentence as found:
                bad = found
            yield Block(line.number, line.start, line.data + line.end, bad)

    def parse(self, text: str, line: int) -> Parsed:
        """Read one line."""
        words, tags, label = self.sentence(text.rstrip("\r\n"), line)
        if any(not word for word in words):
            raise BadSentence(line, "an empty word", "Write one space between words")
        if tags is not None and len(words) != len(tags):
            raise BadSentence(line, f"{len(words)} words and {len(tags)} tags", "Give every word one tag")
        return Parsed(words, tags or [], label, [line] * len(words))

    @abstractmethod
    def sentence(self, text: str, line: int) -> tuple[list[str], list[str] | None, str | None]:
        """Return the words, tags and label of a line."""

    def written(self, text: str, tags: list[str], label: str | None) -> str:
        """Add a column of tags after a tab, and one more for the label."""
        body = text.rstrip("\r\n")
        return "\t".join([body, " ".join(tags), *([] if label is None else [label])]) + text[len(body) :]


@dataclass
class Objects(Row):
    """JSON lines: lists (or texts that spaces cut) under keys."""

    name: ClassVar[str] = "jsonl"

    def sentence(self, text: str, line: int) -> tuple[list[str], list[str] | None, str | None]:
        """Read an object."""
        row = _object(text, line)
        words = self._list(row, "words", line)
        tags = self._list(row, "tags", line) if "tags" in self.columns else None
        label = None
        if "label" in self.columns:
            label = row.get(str(self.columns["label"]))
            if not isinstance(label, str | int | float):
                raise BadSentence(line, f"no text under '{self.columns['label']}'", "Give every sentence a label")
        return words, tags, None if label is None else str(label)

    def _list(self, row: dict[str, Any], what: str, line: int) -> list[str]:
        key = str(self.columns[what])
        if key not in row:
            raise BadSentence(line, f"no '{key}'; it has {', '.join(row)}", f"Give every sentence its {what}")
        value = row[key]
        if isinstance(value, str):
            return value.split(" ") if value else []
        if not isinstance(value, list) or any(not isinstance(one, str | int) for one in value):
            raise BadSentence(line, f"'{key}' is no list of {what}", f'Write {{"{key}": ["...", "..."], ...}}')
        return [str(one) for one in value]

    def written(self, text: str, tags: list[str], label: str | None) -> str:
        """Add keys; the others stay as they are, to the last digit."""
        body = text.rstrip()
        new = {PREDICTED: tags, **({} if label is None else {f"{PREDICTED}_label": label})}
        inner = body[:-1].rstrip()
        return f"{inner}, {json.dumps(new, ensure_ascii=False)[1:]}{text[len(body) :]}"


@dataclass
class Table(Row):
    """TSV: words with spaces between, tags with spaces between, perhaps a label."""

    width: int = 2
    places: dict[str, int] = field(default_factory=dict)
    header: str | None = None
    name: ClassVar[str] = "tsv"

    def blocks(self, lines: Iterator[Line]) -> Iterator[Block]:
        """Leave the header out."""
        blocks = super().blocks(lines)
        if self.header is not None:
            next(blocks)
        return blocks

    def sentence(self, text: str, line: int) -> tuple[list[str], list[str] | None, str | None]:
        """Cut at tabs and spaces."""
        cells = text.split("\t")
        if len(cells) != self.width:
            raise BadSentence(line, f"{len(cells)} column{'' if len(cells) == 1 else 's'}, expected {self.width}")
        words = cells[self.places["words"]].split(" ")
        tags = cells[self.places["tags"]].split(" ") if "tags" in self.places else None
        return words, tags, cells[self.places["label"]] if "label" in self.places else None

    def kept(self, text: str) -> str:
        """Name the new columns in the header."""
        if self.header is None or not text.startswith(self.header):
            return text
        more = f"\t{PREDICTED}" + (f"\t{PREDICTED}_label" if "label" in self.places else "")
        return self.header + more + text[len(self.header) :]


@dataclass
class Slots(Row):
    """word:TAG word:TAG <=> label; a word may hold colons, its tag none."""

    name: ClassVar[str] = "slots"
    tagged: bool = True

    def sentence(self, text: str, line: int) -> tuple[list[str], list[str] | None, str | None]:
        """Cut at the arrow, at spaces, and at each word's last colon."""
        body, arrow, label = text.rpartition(ARROW)
        if not arrow:
            raise BadSentence(line, f"no '{ARROW.strip()}'", "Write each sentence as word:TAG word:TAG <=> label")
        pairs = [token.rpartition(":") for token in body.split(" ")]
        for pair in pairs:
            if not all(pair):
                raise BadSentence(
                    line, f"'{''.join(pair)}' is no word:TAG", "Write each sentence as word:TAG word:TAG <=> label"
                )
        tags = [tag for *_, tag in pairs] if self.tagged else None
        return [word for word, *_ in pairs], tags, label.strip() if "label" in self.columns else None


@dataclass
class Words(Row):
    """Words with spaces between."""

    name: ClassVar[str] = "text"

    def sentence(self, text: str, line: int) -> tuple[list[str], list[str] | None, str | None]:
        """Cut at spaces, however many."""
        return [word for word in text.split(" ") if word], None, None


def jsonl(path: str, lines: Sequence[str], asked: Asked) -> Objects:
    """Return how to read JSON lines: which keys hold words, tags and a label."""
    try:
        keys = list(_object(lines[0], 1))
    except BadSentence as bad:
        raise InputError(f"{path}:1: {bad.problem}. {bad.fix}.") from None
    made = Objects({})
    wanted: dict[str, tuple[str | int | None, Sequence[str], str]]
    wanted = {"words": (asked.words, WORDS, "--text-column")}
    if asked.tagged:
        wanted["tags"] = (asked.tags, TAGS, "--label-column")
    for what, (name, usual, flag) in wanted.items():
        found = next((key for key in usual if key in keys), None) if name is None else str(name)
        if found is None:
            raise InputError(f"{path}: which key holds the {what}? It has {', '.join(keys)}. Name it with {flag}.")
        if found not in keys:
            raise NoColumn(f"{path} has no key '{found}'" + nearest(found, keys, flag) + ".")
        made.columns[what] = found
    taken = set(made.columns.values())
    if asked.label is None and asked.tagged:
        found = next((key for key in LABELS if key in keys and key not in taken), None)
        if found is not None and isinstance(_object(lines[0], 1)[found], str):
            made.columns["label"] = found
    elif asked.label not in (None, False) and asked.tagged:
        if str(asked.label) not in keys:
            raise NoColumn(
                f"{path} has no key '{asked.label}'" + nearest(str(asked.label), keys, "target.intent") + "."
            )
        made.columns["label"] = str(asked.label)
    return made


def tsv(path: str, lines: Sequence[str], asked: Asked) -> Table:
    """Return how to read TSV: which columns are words, tags and a label, by header, by name or in this order."""
    rows = [line.rstrip("\r").split("\t") for line in lines]
    made = Table({}, width=len(rows[0]))
    wanted = [str(one) for one in (asked.words, asked.tags, asked.label) if one not in (None, False)]
    header = is_header(rows[0], rows[1:], wanted) if asked.header is None else asked.header
    names = named(rows[0], f"{path}:1") if header else []
    if header:
        made.header = lines[0].rstrip("\r")
    folded = [name.casefold() for name in names]
    parts: list[tuple[str, str | int | None, Sequence[str], str, int]] = [
        ("words", asked.words, WORDS, "--text-column", 0)
    ]
    if asked.tagged:
        parts.append(("tags", asked.tags, TAGS, "--label-column", 1))
        if asked.label is not False:
            parts.append(("label", asked.label, LABELS, "target.intent", 2))
    for what, name, usual, flag, place in parts:
        if name is None:
            found = next((folded.index(one) for one in usual if one in folded), None) if names else place
            if found is None or found >= made.width:
                if what == "label":
                    continue
                raise InputError(f"{path}: which of its {made.width} columns holds the {what}? Name it with {flag}.")
        else:
            found = place_of(path, name, names, made.width, flag)
        made.places[what] = found
        made.columns[what] = names[found] if names else found + 1
    if len(set(made.places.values())) < len(made.places):
        raise InputError(f"{path}: one column is taken for two of {', '.join(made.places)}; name them apart.")
    return made


def slots(path: str, lines: Sequence[str], asked: Asked) -> Slots:
    """Return how to read word:TAG lines; they have no columns to choose from."""
    for name, flag in ((asked.words, "--text-column"), (asked.tags, "--label-column")):
        if name not in (None, "word", "tag"):
            raise NoColumn(f"{path} has no column '{name}': its lines are word:TAG word:TAG <=> label ({flag}).")
    made = Slots({"words": "word"}, tagged=asked.tagged)
    if asked.tagged:
        made.columns["tags"] = "tag"
        if asked.label is not False:
            made.columns["label"] = "intent"
    return made


def text(path: str, lines: Sequence[str], asked: Asked) -> Words:
    """Return how to read lines of words."""
    return Words({})


def _object(text: str, line: int) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
        raise BadSentence(line, f"not JSON: {problem}", "Write one whole object a line") from None
    if not isinstance(row, dict) or not row:
        raise BadSentence(line, "no JSON object with keys", 'Write each sentence as {"words": [...], "tags": [...]}')
    return row
