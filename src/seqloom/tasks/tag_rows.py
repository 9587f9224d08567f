"""The sentences that a tagger learns from and is measured on: read, parted, their columns settled."""

from dataclasses import dataclass

from seqloom.data.corpus import Corpus
from seqloom.data.splits import hold_out
from seqloom.data.tagged import Sentences, read
from seqloom.data.tagged_formats import NoColumn
from seqloom.errors import InputError
from seqloom.spec import SideSpec, Spec
from seqloom.tasks.parts import Parts, parted, say_twice
from seqloom.tasks.tag_writing import Writing
from seqloom.tasks.task import Say


@dataclass(frozen=True)
class Part:
    """Some sentences of a corpus, its tags as training writes them."""

    corpus: Corpus
    at: list[int]

    def __len__(self) -> int:
        return len(self.at)


def sides(spec: Spec) -> tuple[SideSpec, SideSpec]:
    """Return source and target. Raises InputError where the spec lacks one."""
    if spec.source is None or spec.target is None:
        raise InputError("tag needs a source (words) and a target (tags) in its spec.")
    return spec.source, spec.target


def sentences(spec: Spec, path: str, say: Say, tagged: bool = True) -> Sentences:
    """Read a file by the spec's columns; `tagged=False` takes its words alone, from the usual column where the file has
    no such one as training had."""
    source, target = sides(spec)
    data, words = spec.data, _one(source.column, "word")

    def by(column: str | int | None) -> Sentences:
        return read(
            path,
            format=data.format,
            words=column,
            tags=_one(target.column, "tag"),
            label=target.intent,
            tagged=tagged,
            header=data.header,
            on_bad_row=data.on_bad_row,
        )

    try:
        found = by(words)
    except NoColumn as missing:
        if tagged or words is None:
            raise
        found = by(None)
        say(f"{missing} Its words are read from {_called(found.layout.columns['words'])}.")
    for note in found.notes:
        say(note)
    return found


def read_parts(spec: Spec, say: Say) -> tuple[Parts[Part], Writing]:
    """Read the training sentences and those held out, and write the columns found into the spec."""
    source, target = sides(spec)
    if spec.data.train is None:
        raise InputError("tag needs data: a file of words and their tags.")
    rows = sentences(spec, spec.data.train, say)
    columns = rows.layout.columns
    if source.column is None or target.column is None:
        found = ", ".join(f"{what} from {_called(column)}" for what, column in columns.items())
        say(f"{rows.path}: {rows.layout.name}, {found}.")
    if rows.layout.name != "slots":  # which have no columns to name
        source.column, target.column = columns["words"], columns["tags"]
    target.intent = columns.get("label", False)
    corpus = Corpus.collect(rows)
    writing = Writing.of(corpus, target.scheme, say)
    if writing.learnt is not None:
        corpus = corpus.converted(writing.read)

    def hold(part: Part, share: float) -> tuple[Part, Part]:
        kept, held = _held_out(part, share, spec.split_seed, say)
        return Part(corpus, kept), Part(corpus, held)

    def named(name: str, part: Part, why: str) -> tuple[Part, Part]:
        held = Corpus.collect(sentences(spec, name, say)).converted(writing.read)
        say_twice(name, held.keys(), len(held), str(spec.data.train), corpus.keys(part.at), "sentences", why, say)
        return part, Part(held, list(range(len(held))))

    return parted(spec.data, Part(corpus, list(range(len(corpus)))), hold, named), writing


def _held_out(part: Part, share: float, seed: int, say: Say) -> tuple[list[int], list[int]]:
    """Hold out a share of the sentences; one with a tag or label that no other has stays in training."""
    corpus = part.corpus
    kept, held = ([part.at[place] for place in half] for half in hold_out(corpus.keys(part.at), share, seed))
    tags = {tag for row in kept for tag in corpus.tagged[row]}
    labels = None if corpus.labels is None else {corpus.labels[row] for row in kept}
    lone = [
        row
        for row in held
        if not tags.issuperset(corpus.tagged[row])
        or (labels is not None and corpus.labels is not None and corpus.labels[row] not in labels)
    ]
    if lone:
        say(f"{corpus.path}: {len(lone)} sentences with a tag or label that occurs nowhere else stay in training.")
    held = sorted(set(held) - set(lone))
    if not held:
        raise InputError(f"{corpus.path}: too few sentences of each tag to hold any out; give --valid FILE.")
    return sorted(kept + lone), held


def _one(column: list[str] | str | int | None, what: str) -> str | int | None:
    """Return the column asked for. Raises InputError for several."""
    if isinstance(column, list):
        if len(column) != 1:
            raise InputError(f"one column holds each {what}, given {len(column)}: {', '.join(column)}.")
        return column[0]
    return column


def _called(column: str | int) -> str:
    return f"column {column}" if isinstance(column, int) else f"'{column}'"
