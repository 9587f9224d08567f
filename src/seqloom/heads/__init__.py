"""Heads: from hidden vectors to outputs and their loss, `head(hidden [batch, time, size], memory) -> outputs`."""

from seqloom.table import Table

HEADS = Table(
    "head", "seqloom.heads", {"label": "label:LabelHead", "tokens": "tokens:TokensHead", "copy": "copy:CopyHead"}
)
