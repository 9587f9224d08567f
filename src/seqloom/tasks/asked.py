"""Questions about pictures: rows that name a picture, ask something of it and hold the answer."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from seqloom.data.media import NAME, Collection
from seqloom.data.media_open import open_collection
from seqloom.errors import InputError
from seqloom.metrics.questions import kind_of
from seqloom.spec import BesideSpec, Spec
from seqloom.tasks.clips import ClipReader, Clips, column_of, opening
from seqloom.tasks.media_source import Decoded
from seqloom.tasks.task import Say
from seqloom.tasks.vault import Vault

QUESTION = "question"
"""What is read beside the picture."""
QUESTIONS = ("question", "query", "questions", "text", "질문")
"""Names that the column of questions usually bears."""
TYPES = ("type", "question_type", "kind", "answer_type", "유형")
"""Names that a column of types of question usually bears."""


class Asked(Clips):
    """Some rows, each with the question of its column; rows of one picture are never parted."""

    def __init__(
        self,
        vault: Vault,
        label: str | None,
        question: str,
        at: Sequence[int] | None = None,
    ) -> None:
        super().__init__(vault, label, None, at)
        self.question = question
        there = {name.casefold(): name for name in self.collection.columns}
        self._type = next((there[name] for name in TYPES if name in there), None)

    def at(self, chosen: Sequence[int]) -> "Asked":
        """Pick some rows."""
        return Asked(self.vault, self.label, self.question, [self._at[place] for place in chosen])

    def questions(self) -> list[str]:
        """Return what each row asks. Raises InputError, with the place, for a row that asks nothing."""
        asked = self.column(self.question)
        for place, text in enumerate(asked):
            if not text.strip():
                raise InputError(f"{self.where(place)}: column '{self.question}' is empty, and a question is expected.")
        return asked

    def kinds(self) -> list[str]:
        """Return the type of each question: as a column says, else how it begins."""
        said = [""] * len(self) if self._type is None else self.column(self._type)
        return [kind.strip() or kind_of(text) for kind, text in zip(said, self.questions(), strict=True)]

    def digest(self) -> str:
        """Return a hash of pictures, questions and answers, in order."""
        content = hashlib.sha256(super().digest().encode())
        for text in self.questions():
            content.update(f"{text}\x1e".encode())
        return content.hexdigest()


class AskReader(ClipReader):
    """Reads tables whose rows name a picture and ask something of it."""

    @property
    def columns(self) -> list[str]:
        """What a person is asked for: a path and a question."""
        return ["file", QUESTION]

    def training(self, path: str, say: Say) -> Asked:
        """Read the training rows, and write the columns found into the spec."""
        found = cast(Asked, super().training(path, say))
        side(self.spec).column = found.question
        return found

    def labelled(self, path: str, say: Say) -> Asked:
        """Read another table with answers."""
        return cast(Asked, super().labelled(path, say))

    def rows(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], tuple[Decoded, str]]]:  # type: ignore[override]
        """Yield the cells of each row, with what its picture is called as NAME, and picture and question."""
        asked = self._clips(self.opened(path, say), None, say)
        for place, (ref, text) in enumerate(zip(asked.refs(), asked.questions(), strict=True)):
            yield {**asked.values(place), NAME: ref}, (Decoded(asked.where(place), asked.vault[ref]), text)

    def opened(self, path: str, say: Say) -> Collection:
        """Open a table and say what is odd about it."""
        how, column = opening(self.spec), side(self.spec).column
        wanted = [*how.wanted, *([] if column is None else [str(column)])]
        collection = open_collection(path, replace(how, wanted=wanted))
        for note in collection.notes:
            say(note)
        return collection

    def _clips(self, collection: Collection, label: str | None, say: Say) -> Asked:
        column = side(self.spec).column
        if isinstance(column, list):
            raise InputError(f"one column holds the questions, given {len(column)}: {', '.join(column)}.")
        asked = None if column is None else str(column)
        question = column_of(collection, asked, QUESTIONS, "question", "-s beside.question.column")
        if label == question:
            raise InputError(f"{collection.path}: column '{label}' is both question and answer; name them apart.")
        vault, good = self.vault(collection, say)
        return Asked(vault, label, question, good)


def side(spec: Spec) -> BesideSpec:
    """Return what a spec says of the question. Raises InputError where it says nothing."""
    found = (spec.beside or {}).get(QUESTION)
    if found is None or len(spec.beside or {}) > 1:
        raise InputError(
            f"{spec.task} reads a picture and, beside it, a question: its spec needs the section beside.question alone."
        )
    return found
