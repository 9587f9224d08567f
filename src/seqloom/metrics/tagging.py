"""Tagging: a tag for each word, counted by word, by tag, by sentence, and among words that training never saw."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from seqloom.errors import InputError


class Tagging:
    """Shares of words and of whole sentences that are right, and F1 of each tag.

    token_accuracy     right words / words
    sentence_accuracy  sentences without a wrong word / sentences
    unseen_accuracy    the same as token_accuracy, of words that training never saw; left out where there is none
    frame_accuracy     sentences whose label (the intent) is right too / sentences; where sentences have labels
    tag_macro_f1       the mean of f1/TAG over the tags that are there or were predicted
    """

    higher: ClassVar = {
        "token_accuracy": True,
        "sentence_accuracy": True,
        "unseen_accuracy": True,
        "frame_accuracy": True,
        "tag_macro_f1": True,
        "f1": True,
    }

    def __init__(self) -> None:
        self._right: Counter[str] = Counter()
        self._predicted: Counter[str] = Counter()
        self._present: Counter[str] = Counter()
        self._sentences = self._whole = self._unseen = self._unseen_right = 0
        self._labelled = self._frames = 0

    def add(
        self, predicted: Sequence[str], true: Sequence[str], unseen: Sequence[bool], label_right: bool | None = None
    ) -> None:
        """Count a sentence: a tag for each word, whether training never saw the word, and whether the sentence's label
        is right where it has one."""
        right = [one == other for one, other in zip(predicted, true, strict=True)]
        self._predicted.update(predicted)
        self._present.update(true)
        self._right.update(tag for tag, good in zip(true, right, strict=True) if good)
        self._sentences += 1
        self._whole += all(right)
        self._labelled += label_right is not None
        self._frames += all(right) and label_right is True
        self._unseen += sum(unseen)
        self._unseen_right += sum(good for good, new in zip(right, unseen, strict=True) if new)

    def per_tag(self) -> list[dict[str, str | float]]:
        """Return a row for each tag: tag, precision, recall, f1, and `words`, how many truly have it."""
        rows: list[dict[str, str | float]] = []
        for tag in sorted({*self._predicted, *self._present}):
            right, predicted, present = self._right[tag], self._predicted[tag], self._present[tag]
            precision, recall = right / max(predicted, 1), right / max(present, 1)
            score = 2 * right / max(predicted + present, 1)
            rows.append({"tag": tag, "precision": precision, "recall": recall, "f1": score, "words": present})
        return rows

    def result(self) -> dict[str, float]:
        """Return the shares, tag_macro_f1 and, for each tag, f1/TAG. Raises InputError where no word was counted."""
        words = self._present.total()
        if not words:
            raise InputError("there is nothing to measure: no word with a tag was seen.")
        each = {f"f1/{row['tag']}": float(row["f1"]) for row in self.per_tag()}
        unseen = {"unseen_accuracy": self._unseen_right / self._unseen} if self._unseen else {}
        return {
            "token_accuracy": self._right.total() / words,
            "sentence_accuracy": self._whole / self._sentences,
            **unseen,
            **({"frame_accuracy": self._frames / self._labelled} if self._labelled else {}),
            "tag_macro_f1": sum(each.values()) / len(each),
            **each,
        }
