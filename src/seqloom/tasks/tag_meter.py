"""The meter of a tagger: words, sentences, unseen words, spans where the tags write them, and the sentence's label."""

from typing import Any, cast

from torch import Tensor

from seqloom.batch import Batch
from seqloom.heads.label import LabelHead
from seqloom.heads.tags import TagsHead
from seqloom.metrics.spans import Spans
from seqloom.metrics.tagging import Tagging
from seqloom.model import SequenceModel
from seqloom.tasks.tag_data import TagData
from seqloom.tasks.task import Losses

ANY = ";"
"""Between labels of which any one is right (the ATIS corpus has sentences of two intents)."""


class TagMeter:
    """Count a pass over data; `spans` says whether tags write spans."""

    def __init__(self, model: SequenceModel, data: TagData, spans: bool) -> None:
        self._head = cast(TagsHead, model.heads["tags"])
        self._intent = cast(LabelHead, model.heads["intent"]) if "intent" in model.heads else None
        self._data, self._weights = data, model.weights
        self._losses: dict[str, list[float]] = {}
        self._tagging = Tagging()
        self._spans = Spans() if spans else None
        self._labels = self._labels_right = 0

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch."""
        for name, (total, count) in losses.items():
            kept = self._losses.setdefault(name, [0.0, 0.0])
            kept[0] += float(total)
            kept[1] += float(count)
        mask = batch.target["tags"].mask
        assert mask is not None
        told = self._head.tag(outputs["tags"], mask)
        labels = self._intent.probabilities(outputs["intent"].float()).argmax(-1).tolist() if self._intent else None
        for number, (row, ids) in enumerate(zip(batch.rows, told, strict=True)):
            tags, label = self._data.truth(row)
            predicted = [self._head.labels[one] for one in ids]
            right = None
            if labels is not None and self._intent is not None and label is not None:
                answer = self._intent.labels[labels[number]]
                right = answer == label or answer in label.split(ANY)
                self._labels += 1
                self._labels_right += right
            self._tagging.add(predicted, tags, self._data.unseen(row), right)
            if self._spans is not None:
                self._spans.add(predicted, tags)

    def result(self) -> dict[str, float]:
        """Return the loss (of each head too where there are two), and every share."""
        means = {name: total / max(count, 1e-12) for name, (total, count) in self._losses.items()}
        values = {"loss": sum(self._weights[name] * mean for name, mean in means.items())}
        if len(means) > 1:
            values |= {f"{name}.loss": mean for name, mean in means.items()}
        if self._spans is not None:
            values |= self._spans.result()
        if self._labels:
            values["intent.accuracy"] = self._labels_right / self._labels
        return values | self._tagging.result()

    def details(self) -> dict[str, Any]:
        """Return values by tag, and by type of span."""
        details: dict[str, Any] = {"per_tag": self._tagging.per_tag()}
        if self._spans is not None:
            details["per_type"] = self._spans.per_type()
        return details
