"""The rows that costs are measured on are real, whole, alone and without padding."""

import numpy as np
import torch

from seqloom.batch import Batch, Field
from seqloom.comparing.cost_rows import _spread, trimmed


def test_rows_are_spread_over_all_batches() -> None:
    assert _spread(0, 8) == [] and _spread(1, 8) == [0] and _spread(3, 8) == [0, 1, 2]
    assert _spread(80, 8) == [5, 15, 25, 35, 45, 55, 65, 75]


def test_padding_that_all_rows_have_is_cut_and_no_more() -> None:
    lengths = np.array([2, 4])
    mask = torch.arange(6) < torch.tensor(lengths)[:, None]
    late = torch.zeros(2, 6, dtype=torch.bool)
    late[:, 4:] = True
    batch = Batch(
        {"source": Field(torch.arange(12).view(2, 6), mask), "known": Field(torch.ones(2, 6, 1))},
        {"words": Field(torch.ones(2, 6), late, prefix=False)},
        (3, 9),
        6,
    )
    cut = trimmed(batch)
    assert cut.inputs["source"].values.tolist() == [[0, 1, 2, 3], [6, 7, 8, 9]]
    assert cut.inputs["source"].mask is not None and cut.inputs["source"].mask.sum() == 6
    assert cut.inputs["known"].values.shape == (2, 6, 1), "what has no mask stays whole"
    assert cut.target["words"].values.shape == (2, 6), "what is no prefix stays whole"
    assert (cut.rows, cut.tokens) == ((3, 9), 6)
