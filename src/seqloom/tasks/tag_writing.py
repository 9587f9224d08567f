"""How a file writes its tags, and how training does: the same, or the same spans in another scheme."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from seqloom.data import spans as schemes
from seqloom.data.corpus import Corpus
from seqloom.data.spans import Scheme
from seqloom.errors import InputError
from seqloom.tasks.task import Say

Asked = Literal["auto", "as-is", "iob1", "iob2", "bioes"]
CONSTRAINED = ("iob1", "iob2", "bioes")
"""Schemes whose moves a CRF can be held to."""


@dataclass(frozen=True)
class Writing:
    """Both ways of writing.

    file     the scheme of the training file; None: its tags are no spans
    learnt   the scheme that training has them in; None: as they are
    typed    spans have types
    odd      tags of the training file that are not as its scheme's rules have them
    """

    file: Scheme | None
    learnt: Scheme | None
    typed: bool
    odd: int = 0

    @classmethod
    def of(cls, corpus: Corpus, asked: Asked, say: Say) -> Self:
        """Find out how a file writes its tags, and say so. Raises InputError where a scheme is asked for and the tags
        are no spans."""
        found = schemes.recognise(corpus.all_tags())
        if found is None:
            if asked not in ("auto", "as-is"):
                other = next((tag for tag in corpus.tags if tag != "O" and schemes.TAG.fullmatch(tag) is None), None)
                which = f"{corpus.path} has no spans" if other is None else f"{corpus.where(other)}: tag {other!r}"
                raise InputError(
                    f"target.scheme={asked} is for tags of spans (B-PER, I-PER, O); {which}: leave it out."
                )
            return cls(None, None, False)
        learnt = None if asked == "as-is" else Scheme("iob2" if asked == "auto" else asked)
        typed = schemes.typed(corpus.tags)
        spans = odd = lost = 0
        for tags in corpus.all_tags():
            spans += len(schemes.spans(tags))
            odd += len(schemes.odd(tags, found))
            lost += len(schemes.lost(tags)) if typed else 0
        oddly = f", {odd} tags not as its rules have them" if odd else ""
        way = "learnt as they are" if learnt is None else f"learnt as {learnt}"
        say(f"{corpus.path}: the tags write {spans:,} spans in {found}{oddly}; {way} (target.scheme).")
        if lost and learnt is not None:
            say(f"{corpus.path}: {lost} tags are an I without a type that goes on with nothing; they are read as O.")
        return cls(found, learnt, typed, odd)

    def read(self, tags: list[str]) -> list[str]:
        """Return the tags of a file, in whatever scheme, as training has them."""
        if self.learnt is None:
            return tags
        found = schemes.spans(tags)
        return self.learnt.tags((span for span in found if span.type or not self.typed), len(tags))

    def write(self, tags: list[str]) -> list[str]:
        """Return tags of training as the file writes them."""
        if self.learnt is None or self.file is None:
            return tags
        return self.file.tags(schemes.spans(tags), len(tags))

    @property
    def constraint(self) -> str:
        """The scheme that answers may be held to; "none" where tags follow none."""
        scheme = self.learnt or self.file
        good = scheme is not None and scheme.kind in CONSTRAINED and scheme.separator == "-" and not scheme.bare
        return scheme.kind if good and scheme is not None else "none"

    def plain(self) -> dict[str, Any]:
        """Return what `again` takes."""
        file, learnt = (None if one is None else asdict(one) for one in (self.file, self.learnt))
        return {"file": file, "learnt": learnt, "typed": self.typed, "odd": self.odd}

    @classmethod
    def again(cls, plain: dict[str, Any]) -> Self:
        """Make one from what `plain` returned."""
        file, learnt = (None if plain[name] is None else Scheme(**plain[name]) for name in ("file", "learnt"))
        return cls(file, learnt, plain["typed"], plain["odd"])
