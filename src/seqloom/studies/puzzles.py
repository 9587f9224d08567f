"""Puzzles: made sequences whose answer is known, drawn batch by batch.

Ids 0 to 4 mean something to every vocabulary (padding, begin, end, separator, unknown); symbols follow.
"""

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.data.vocabulary import BOS, EOS, UNK

FIRST = UNK + 1
"""The id of the first symbol."""


def vocabulary(symbols: int) -> int:
    """Return the size of a vocabulary of so many symbols."""
    return FIRST + symbols


def symbols_of(g: torch.Generator, rows: int, length: int, symbols: int) -> Tensor:
    """Draw ids of symbols [rows, length]."""
    return torch.randint(FIRST, FIRST + symbols, (rows, length), generator=g)


def all_of(values: Tensor) -> Field:
    """Return values [batch, time, ...] of which every step is data."""
    return Field(values, torch.ones(values.shape[:2], dtype=torch.bool))


def adding(g: torch.Generator, rows: int, length: int) -> Batch:
    """The adding problem (Hochreiter & Schmidhuber 1997, task 4, as Le et al. 2015, arXiv:1504.00941, have it).

    A step holds a number in [0, 1) and a mark; two steps are marked, one in each half, and the target is the sum of
    their numbers. Source [rows, length, 2], head "value" [rows, 1, 1]. Who says 1 always has a squared error of 1/6.
    """
    half = length // 2
    drawn = torch.rand(rows, length, generator=g)
    marks = torch.zeros(rows, length)
    row = torch.arange(rows)
    first = torch.randint(0, half, (rows,), generator=g)
    second = torch.randint(half, length, (rows,), generator=g)
    marks[row, first] = 1
    marks[row, second] = 1
    total = (drawn * marks).sum(1)
    return Batch({"source": all_of(torch.stack([drawn, marks], -1))}, {"value": Field(total[:, None, None])})


def recall(g: torch.Generator, rows: int, lag: int, symbols: int = 8) -> Batch:
    """The first symbol must be told after `lag` more steps, each of which holds one of two distractors.

    Source [rows, lag + 1] of ids, `symbols` + 2 of them; head "label" [rows], 0 to symbols - 1.
    """
    told = torch.randint(0, symbols, (rows,), generator=g)
    rest = torch.randint(FIRST + symbols, FIRST + symbols + 2, (rows, lag), generator=g)
    return Batch({"source": all_of(torch.cat([told[:, None] + FIRST, rest], 1))}, {"label": Field(told)})


def copy(g: torch.Generator, rows: int, lag: int, items: int = 5, symbols: int = 8) -> Batch:
    """The copying problem (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016, arXiv:1511.06464, section 4.2).

    `items` symbols, `lag` blanks, then `items` marks, at each of which the symbol of the same rank must be told.
    Source [rows, items + lag + items] of ids: symbols, the blank (symbols) and the mark (symbols + 1). Head "tags" of
    the same length, of which only the last `items` steps count.
    """
    told = torch.randint(0, symbols, (rows, items), generator=g)
    blank, mark = FIRST + symbols, FIRST + symbols + 1
    source = torch.cat([told + FIRST, torch.full((rows, lag), blank), torch.full((rows, items), mark)], 1)
    wanted = torch.cat([torch.zeros(rows, items + lag, dtype=torch.int64), told], 1)
    counted = torch.zeros(wanted.shape, dtype=torch.bool)
    counted[:, items + lag :] = True
    return Batch({"source": all_of(source)}, {"tags": Field(wanted, counted, prefix=False)})


def pairs(source: Tensor, target: Tensor) -> Batch:
    """Return the batch that teaches a decoder: source and target ids [rows, length] of one length each.

    The source ends with EOS, as in training on files; the decoder hears BOS and then the target (teacher forcing).
    """
    rows = len(source)
    begin, end = torch.full((rows, 1), BOS), torch.full((rows, 1), EOS)
    return Batch(
        {"source": all_of(torch.cat([source, end], 1)), "target": all_of(torch.cat([begin, target], 1))},
        {"words": all_of(torch.cat([target, end], 1))},
        tokens=target.numel() + rows,
    )


def reversal(g: torch.Generator, rows: int, length: int, symbols: int = 8) -> Batch:
    """Write the symbols of the source from its end to its beginning: target step t lies at source place length-1-t."""
    source = symbols_of(g, rows, length, symbols)
    return pairs(source, source.flip(1))
