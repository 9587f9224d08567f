"""What `seqloom predict` writes for a task of pairs: a text a row, or several with their scores."""

from typing import TYPE_CHECKING

from seqloom.cli.output import field, json_line, say

if TYPE_CHECKING:
    from seqloom.tasks.answers import Answer

COLUMNS = "columns: row, rank, ln p in nats, score after penalties, text"


class Texts:
    """Write answers as lines of text, as TSV where there are `several` for a row, or as JSON."""

    def __init__(self, several: bool, json: bool) -> None:
        self._several, self._json, self._row = several, json, 0

    def __call__(self, answer: "Answer") -> None:
        """Write the answer to one row."""
        self._row += 1
        if self._json:
            guesses = [
                {
                    "text": one.text,
                    "logprob": one.logprob,
                    "score": one.score,
                    "finished": one.finished,
                    "tokens": list(one.tokens),
                }
                for one in answer.hypotheses
            ]
            json_line({"text": answer.text, "hypotheses": guesses})
            return
        if not self._several:
            print(field(answer.text))
            return
        if self._row == 1:
            say(COLUMNS)
        for rank, one in enumerate(answer.hypotheses, 1):
            print(f"{self._row}\t{rank}\t{one.logprob:.4f}\t{one.score:.4f}\t{field(one.text)}")
