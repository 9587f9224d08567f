"""A mistake to be made on purpose."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One mistake: `old` occurs exactly once in `file`, and `new` in its place is wrong."""

    name: str
    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """Return the file's text with the mistake in it."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)
