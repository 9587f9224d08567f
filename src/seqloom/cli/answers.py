"""What `predict` shows of a run that writes: an answer for each row, or the best of several with their scores."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seqloom.cli.output import field, json_line, say

if TYPE_CHECKING:
    from seqloom.tasks.answers import Answer


class Answers:
    """Writes answers as lines of text, of TSV where a row has several, or of JSON; of files, with their names first."""

    def __init__(self, several: bool, json: bool) -> None:
        self._several, self._json, self._row = several, json, 0

    def __call__(self, answer: "Answer", values: Mapping[str, str]) -> None:
        """Write the answer to one row."""
        self._row += 1
        if self._json:
            names = ("text", "logprob", "score", "finished")
            guesses = [{name: getattr(guess, name) for name in names} for guess in answer.hypotheses]
            json_line({**named(values), "text": answer.text, "hypotheses": guesses})
        elif not self._several:
            print("\t".join([*map(field, named(values).values()), field(answer.text)]))
        else:
            if self._row == 1:
                first = "row, file" if named(values) else "row"
                say(f"columns: {first}, answer, ln of its probability, score by which answers are ranked")
            before = "".join(f"{field(name)}\t" for name in named(values).values())
            for guess in answer.hypotheses:
                print(f"{self._row}\t{before}{field(guess.text)}\t{guess.logprob:.4f}\t{guess.score:.4f}")


def named(values: Mapping[str, str]) -> dict[str, str]:
    """Return the name of a row that is a file, as {"file": name}; of another row nothing."""
    from seqloom.data.media import NAME

    return {"file": values[NAME]} if NAME in values else {}
