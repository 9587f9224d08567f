"""Heads: from hidden vectors to outputs and their loss, `head(hidden [batch, time, size], memory) -> outputs`."""

from seqloom.table import Table

HEADS = Table(
    "head",
    "seqloom.heads",
    {
        "label": "label:LabelHead",
        "tokens": "tokens:TokensHead",
        "copy": "copy:CopyHead",
        "tags": "tags:TagsHead",
        "crf": "crf:CRFHead",
        "ctc": "ctc:CTCHead",
        "point": "point:PointHead",
        "quantiles": "quantiles:QuantilesHead",
        "normal": "normal:NormalHead",
        "student": "student:StudentHead",
    },
)
STEPWISE = ("tags", "crf")
"""Those that tell a label for every step."""
NUMBERS = ("point", "quantiles", "normal", "student")
"""Those that tell numbers."""
