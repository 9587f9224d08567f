"""Labelled recordings, pictures and films: rows of a collection, whose items are decoded and checked."""

from collections import Counter
from collections.abc import Iterator, Sequence

from seqloom.data.media import NAME, Collection, Kind
from seqloom.data.media_open import Opening, open_collection
from seqloom.errors import InputError, nearest
from seqloom.spec import MEDIA, Spec
from seqloom.spec_media import MediaSpec
from seqloom.tasks.examples import Examples, Reader
from seqloom.tasks.labelled import label_column, sides
from seqloom.tasks.media_source import Decoded, media_class
from seqloom.tasks.task import Say
from seqloom.tasks.vault import Vault, settled


class Clips(Examples):
    """Some rows of a collection; `label` is the column of what is told of each, None where nothing is."""

    def __init__(
        self, vault: Vault, label: str | None, multilabel: str | None = None, at: Sequence[int] | None = None
    ) -> None:
        self.vault, self.label, self.multilabel = vault, label, multilabel
        self.collection = vault.collection
        self.path = self.collection.path
        self._at = range(len(self.collection)) if at is None else at

    def __len__(self) -> int:
        return len(self._at)

    def at(self, chosen: Sequence[int]) -> "Clips":
        """Pick some rows."""
        return Clips(self.vault, self.label, self.multilabel, [self._at[place] for place in chosen])

    def refs(self) -> list[str]:
        """Return the reference of each row's item, as its vault knows it."""
        return [self.collection.refs[row] for row in self._at]

    def rows(self) -> list[int]:
        """Return the numbers of the rows in their collection."""
        return list(self._at)

    def values(self, place: int) -> dict[str, str]:
        """Return the cells of a row."""
        return self.collection.rows[self._at[place]]

    def keys(self) -> Iterator[str]:
        """Yield a hash of what each row's item holds."""
        return (self.vault.digests[ref] for ref in self.refs())

    def cells(self) -> Iterator[str]:
        """Yield the cell of the label."""
        assert self.label is not None
        return (self.collection.rows[row][self.label] for row in self._at)

    def where(self, place: int) -> str:
        """Return the place of a row."""
        return self.collection.where(self._at[place])

    def names(self) -> list[str]:
        """Return the columns of the collection."""
        return list(self.collection.columns)

    def column(self, name: str) -> list[str]:
        """Return the cells of a column, "" where a row has none."""
        return [self.values(place).get(name, "") for place in range(len(self))]


class ClipReader(Reader):
    """Reads a folder of classes, a table of paths, an archive, and for prediction a file alone."""

    @property
    def columns(self) -> list[str]:
        """What a person is asked for: a path."""
        return ["file"]

    @property
    def whole(self) -> bool:
        """Never: a line is a path."""
        return False

    def training(self, path: str, say: Say) -> Clips:
        """Read the training rows, settle what only data knows (sizes, rates), and check every item."""
        _, target = sides(self.spec)
        collection = self.opened(path, say)
        label = self.label_of(collection)
        target.column = label
        kind = media_class(self.spec)
        settled(collection, lambda item: kind.settle(self.spec, item), self._skip)
        return self._clips(collection, label, say)

    def labelled(self, path: str, say: Say) -> Clips:
        """Read another collection with labels."""
        collection = self.opened(path, say)
        return self._clips(collection, self.label_of(collection), say)

    def rows(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Decoded]]:
        """Yield the cells of each row, with what its item is called as NAME, and the item; labels may be absent. Bad
        items are refused or left out as in training."""
        clips = self._clips(self.opened(path, say), None, say)
        for place, ref in enumerate(clips.refs()):
            yield {**clips.values(place), NAME: ref}, Decoded(clips.where(place), clips.vault[ref])

    def opened(self, path: str, say: Say) -> Collection:
        """Open a collection and say what is odd about it."""
        collection = open_collection(path, opening(self.spec))
        for note in collection.notes:
            say(note)
        return collection

    def vault(self, collection: Collection, say: Say) -> tuple[Vault, list[int]]:
        """Return the decoded items of a collection and its good rows; how many are left out is said."""
        kind, spec = media_class(self.spec), self.spec
        memory = (spec.media or MediaSpec()).memory
        vault = Vault(collection, lambda item: kind.raw(spec, item), lambda raw: kind.length(spec, raw), memory)
        good, bad = vault.good(self._skip)
        if bad:
            say(f"{collection.path}: {len(bad)} items cannot be used and are left out, the first: {bad[0]}")
        if not good:
            raise InputError(
                f"{collection.path}: none of its items can be used, the first: {bad[0] if bad else 'none'}"
            )
        rows = list({collection.refs[row]: row for row in reversed(good)}.values())
        changes = Counter(kind.changed(spec, collection.item(row)) for row in rows)
        for change, count in changes.items():
            if change is not None:
                say(f"{collection.path}: {count} of {len(rows)} items are {change}.")
        return vault, good

    def label_of(self, collection: Collection) -> str:
        """Return the column of the label: the one asked for, else a usual one, else the only one there is."""
        _, target = sides(self.spec)
        asked = label_column(target)
        return column_of(collection, asked, self.usual, "label", "--label-column")

    @property
    def _skip(self) -> bool:
        return self.spec.data.on_bad_row == "skip"

    def _clips(self, collection: Collection, label: str | None, say: Say) -> Clips:
        vault, good = self.vault(collection, say)
        without = [row for row in good if label is not None and label not in collection.rows[row]]
        if without:
            problem = f"{collection.where(without[0])}: no value for '{label}'"
            if not self._skip:
                raise InputError(f"{problem} ({len(without)} of {len(good)} rows lack it). Or skip: --on-bad-row skip.")
            say(f"{problem}; {len(without)} such rows are left out")
            good = [row for row in good if row not in set(without)]
        return Clips(vault, label, sides(self.spec)[1].multilabel, good)


def opening(spec: Spec) -> Opening:
    """Return how the collections of a spec are read."""
    source, target = sides(spec)
    media = spec.media or MediaSpec()
    kind: Kind = source.tokens  # type: ignore[assignment]
    assert kind in MEDIA
    if isinstance(source.column, list) and len(source.column) != 1:
        raise InputError(f"one column holds the paths, given {len(source.column)}: {', '.join(source.column)}.")
    column = source.column[0] if isinstance(source.column, list) else source.column
    asked = label_column(target)
    return Opening(
        kind,
        media.root,
        media.id,
        None if column is None else str(column),
        [] if asked is None else [asked],
        spec.data.format,
        spec.data.header,
        spec.data.on_bad_row,
    )


def column_of(collection: Collection, asked: str | None, usual: Sequence[str], what: str, flag: str) -> str:
    """Return a column by its name or number (from 1), else the first of the `usual` ones, else the only one beside the
    paths. Raises InputError where there is none."""
    there = {name.casefold(): name for name in reversed(collection.columns)}
    shown = ", ".join(collection.columns) or "none"
    if asked is not None:
        if asked.casefold() in there:
            return there[asked.casefold()]
        if asked.isdigit() and 1 <= int(asked) <= len(collection.columns):
            return collection.columns[int(asked) - 1]
        raise InputError(f"{collection.path} has no column '{asked}'" + nearest(asked, collection.columns, flag))
    for name in usual:
        if name in there:
            return there[name]
    refs = list(collection.refs[:50])
    others = [name for name in collection.columns if [row.get(name) for row in collection.rows[:50]] != refs]
    if len(others) == 1:
        return others[0]
    raise InputError(f"{collection.path}: which column is the {what}? It has: {shown}. Name it with {flag}.")
