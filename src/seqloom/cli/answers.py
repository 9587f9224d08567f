"""What `predict` shows of a run that writes: an answer for each row, or the best of several with their scores."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seqloom.cli.output import field, json_line, say

if TYPE_CHECKING:
    from seqloom.tasks.answers import Answer


class Answers:
    """Writes answers as lines of text, of TSV where a row has several, or of JSON."""

    def __init__(self, several: bool, json: bool) -> None:
        self._several, self._json, self._row = several, json, 0

    def __call__(self, answer: "Answer", values: Mapping[str, str]) -> None:
        """Write the answer to one row."""
        self._row += 1
        if self._json:
            names = ("text", "logprob", "score", "finished")
            guesses = [{name: getattr(guess, name) for name in names} for guess in answer.hypotheses]
            json_line({"text": answer.text, "hypotheses": guesses})
        elif not self._several:
            print(field(answer.text))
        else:
            if self._row == 1:
                say("columns: row, answer, ln of its probability, score by which answers are ranked")
            for guess in answer.hypotheses:
                print(f"{self._row}\t{field(guess.text)}\t{guess.logprob:.4f}\t{guess.score:.4f}")
