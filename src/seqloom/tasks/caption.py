"""Caption: a picture, or a film, to a sentence that says what is in it."""

from typing import Any

from seqloom.metrics.chrf import ChrF
from seqloom.metrics.cider import CIDEr
from seqloom.metrics.edits import Exact
from seqloom.metrics.orders import Orders
from seqloom.metrics.written import Written
from seqloom.tasks.media_pairs import MediaPairTask
from seqloom.tasks.pair_rows import sides


class Caption(MediaPairTask):
    """Captions by words. The rows of one picture are one question, and each of their texts is a right answer to it."""

    name = "caption"
    about = "a picture or a film to a sentence that says what is in it"
    texts = ("caption", "text", "sentence", "description", "comment", "title", "target", "캡션", "설명")
    reads = ("image", "video")

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: lower-cased words, several right captions a picture, early stopping on CIDEr."""
        return {
            "source": {"tokens": "image", "size": 256, "front": {"kind": "cnn"}},
            "target": {"tokens": "word", "vocab": 10000, "size": 256, "lowercase": True, "dropout": 0.2},
            "heads": {"words": {"kind": "tokens", "dropout": 0.2}},
            "data": {"valid": 0.1, "variants": True},
            "decode": {"beam": 3},
            "fit": {"epochs": 30, "batch_tokens": 2048, "lr": 1e-3, "patience": 6, "metric": "cider"},
        }

    @classmethod
    def suited(cls, data: str, tokens: str | None, format: str | None) -> dict[str, Any]:
        """Return the kind of media that the data holds, and the front that makes steps of it."""
        found = super().suited(data, tokens, format)
        kind = tokens or found["source"]["tokens"]
        return {"source": {"tokens": kind, "front": {"kind": "frames"}}} if kind == "video" else found

    @classmethod
    def default_arch(cls, form: str | None) -> str | None:
        """Return the architecture where none is named: one that shows where it looks."""
        return "show-attend-tell"

    def scores(self) -> list[Written]:
        """Return CIDEr, BLEU of each order, chrF, and how many captions are one of the right ones word for word."""
        lower = sides(self.spec)[1].lowercase
        return [CIDEr(), Orders(tokenize=self.decode.bleu, lowercase=lower), ChrF(lowercase=lower), Exact()]
