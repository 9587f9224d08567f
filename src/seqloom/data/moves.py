"""Which label may follow which, in the schemes that write spans as a label for each word.

iob1   I-X inside a span of X; B-X only where one of X follows another of X directly
iob2   B-X begins every span of X, I-X goes on
bioes  as iob2, E-X ends a span of several words and S-X is a span of one

Ramshaw & Marcus 1995; Ratnaparkhi 1998; the names are those of Sang & Veenstra 1999.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Scheme = Literal["iob1", "iob2", "bioes"]
PREFIXES = {"iob1": "BI", "iob2": "BI", "bioes": "BIES"}


def moves(labels: Sequence[str], scheme: Scheme | None = None) -> NDArray[np.bool_] | None:
    """Return which label may follow which, [labels + 1, labels + 1]; the last row and column are the outside.

    With no `scheme` it is found from the labels: bioes where one has E- or S-, iob2 where one has B-; None where no
    label is part of a span, so that any may follow any. A label that is no part of a span (O, or any without a prefix
    of the scheme) stands outside.
    """
    scheme = scheme or _scheme(labels)
    if scheme is None:
        return None
    parts = [part(label, scheme) for label in labels] + [("O", "")]
    allowed = [[_may(before, after, scheme) for after in parts] for before in parts]
    return np.array(allowed, bool)


def part(label: str, scheme: Scheme) -> tuple[str, str]:
    """Split a label into its prefix and its type, ("O", "") where it is no part of a span."""
    prefix, dash, kind = label.partition("-")
    return (prefix, kind) if dash and prefix in PREFIXES[scheme] and len(prefix) == 1 else ("O", "")


def _scheme(labels: Sequence[str]) -> Scheme | None:
    prefixes = {label[0] for label in labels if label[1:2] == "-"}
    if prefixes & set("ES") and prefixes & set("BIES") == prefixes:
        return "bioes"
    return "iob2" if "B" in prefixes and prefixes <= set("BI") else "iob1" if prefixes == {"I"} else None


def _may(before: tuple[str, str], after: tuple[str, str], scheme: Scheme) -> bool:
    was, now = before[0], after[0]
    same = before[1] == after[1]
    if scheme == "iob1":
        return now != "B" or (was in "BI" and same)
    if scheme == "iob2":
        return now != "I" or (was in "BI" and same)
    if was in "BI":  # an open span goes on or ends
        return now in "IE" and same
    return now not in "IE"
