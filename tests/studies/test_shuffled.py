"""Shuffled rows: the same words in another order, padding where it was."""

from pathlib import Path

import pytest
import torch

from seqloom.errors import InputError
from seqloom.studies.shuffled import labelled, mixed


def write(path: Path, rows: int) -> str:
    text = "".join(f"word{row % 7} and thing{row % 3}{' more' * (row % 4)}\t{'ab'[row % 2]}\n" for row in range(rows))
    path.write_text("text\tlabel\n" + text, encoding="utf-8")
    return str(path)


def test_mixing_permutes_each_row_within_its_mask() -> None:
    values = torch.arange(1, 41).view(4, 10)
    mask = torch.arange(10) < torch.tensor([10, 6, 1, 0])[:, None]
    values = values * mask
    g = torch.Generator().manual_seed(0)
    one, other = mixed(values, mask, g), mixed(values, mask, g)
    for found in (one, other):
        assert torch.equal(found.sort(1).values, values.sort(1).values)
        assert not found[~mask].any()
    assert not torch.equal(one[0], values[0]) and not torch.equal(one[0], other[0])
    assert torch.equal(one[2:], values[2:])


def test_rows_are_held_out_once_and_trained_on_without_end(tmp_path: Path) -> None:
    rows = labelled(write(tmp_path / "rows.tsv", 200), "auto", "word", 7, lambda note: None)
    assert rows.labels == 2
    g = torch.Generator().manual_seed(0)
    held = [batch.rows for batch in rows.held(g, False)]
    count = sum(map(len, held))
    assert 20 < count < 60
    stream, trained = rows.batches(g, False), 0
    while trained < 3 * (200 - count):
        batch = next(stream)
        trained += len(batch.rows)
        assert int(batch.inputs["source"].values.max()) < rows.vocabulary
    assert trained == 3 * (200 - count)


def test_mixed_batches_hold_the_words_of_plain_ones(tmp_path: Path) -> None:
    rows = labelled(write(tmp_path / "rows.tsv", 200), "auto", "word", 7, lambda note: None)
    plain, mixed_up = (
        [batch.inputs["source"].values for batch in rows.held(torch.Generator().manual_seed(0), way)]
        for way in (False, True)
    )
    assert all(torch.equal(a.sort(1).values, b.sort(1).values) for a, b in zip(plain, mixed_up, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(plain, mixed_up, strict=True))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"nowhere\.tsv"):
        labelled("nowhere.tsv", "auto", "word", 7, lambda note: None)


def test_a_format_is_named_where_the_file_does_not_tell(tmp_path: Path) -> None:
    path = tmp_path / "rows.train"
    path.write_text("".join(f"{row % 2} word{row % 9} and thing{row % 4}\n" for row in range(80)), encoding="utf-8")
    with pytest.raises(InputError, match="the name does not tell the format"):
        labelled(str(path), "auto", "word", 7, lambda note: None)
    assert labelled(str(path), "labelled", "word", 7, lambda note: None).labels == 2
    with pytest.raises(InputError, match="format='lines' cannot be used"):
        labelled(str(path), "lines", "word", 7, lambda note: None)
