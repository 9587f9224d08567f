"""The dot score: q . k, widths that must agree, and nothing to learn."""

import re

import pytest
import torch
from readers import CLOSE, QUERY, mixtures, queries, read, reader, seen

from seqloom.errors import InputError


def test_the_score_is_the_definition() -> None:
    made, query, memory = reader("dot", memory=QUERY), queries(), seen(QUERY)
    assert not list(made.parameters())
    got, _ = read(made, query, memory)
    _, wanted = mixtures(lambda place, q, k: q @ k, query, memory)
    torch.testing.assert_close(got, wanted, **CLOSE)
    slopes = [torch.autograd.grad(one.pow(3).sum(), (query, memory.outputs)) for one in (got, wanted)]
    torch.testing.assert_close(slopes[0], slopes[1], **CLOSE)


def test_widths_that_differ_are_told_with_the_fix() -> None:
    said = (
        "score dot compares a decoder of width 3 with an encoder of width 2 as they are. Make them agree (both "
        "directions of an encoder count), or take score: general or scaled_dot."
    )
    with pytest.raises(InputError, match=re.escape(said)):
        reader("dot")
