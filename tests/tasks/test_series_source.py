"""What a model reads of series: laws of padding, batches and noise, and rows of every shape a person may give."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rows_of import again, learn, ts

from seqloom.build import build
from seqloom.errors import InputError
from seqloom.tasks.classify import Classify
from seqloom.tasks.series_source import SeriesNumbers, laid

LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=6)


@pytest.fixture
def task(tmp_path: Path) -> Classify:
    (tmp_path / "a.ts").write_text(ts())
    found, _ = learn("classify", tmp_path / "a.ts", "source.size=8", "encoder.size=6", arch="bigru")
    assert isinstance(found, Classify)
    return found


@given(LENGTHS)
def test_laid_series_keep_their_numbers_and_a_mask_of_their_lengths(lengths: list[int]) -> None:
    series = [np.arange(2 * steps, dtype=np.float32).reshape(steps, 2) + 1 for steps in lengths]
    field = laid(series)
    assert field.mask is not None and field.mask.sum(1).tolist() == lengths
    for row, one in enumerate(series):
        assert np.array_equal(field.values[row, : len(one)].numpy(), one) and not field.values[row, len(one) :].any()


@pytest.mark.parametrize("arch", ["bigru", "lstm", "transformer", "mingru", "bag"])
def test_neighbours_and_padding_are_invisible(tmp_path: Path, arch: str) -> None:
    (tmp_path / "a.ts").write_text(ts())
    task, _ = learn("classify", tmp_path / "a.ts", "source.size=8", arch=arch)
    torch.manual_seed(0)
    model = build(task.spec, task.wiring()).double().eval()
    generator = np.random.default_rng(3)
    rows = [generator.normal(10, 3, (steps, 2)) for steps in (2, 7, 4)]

    def told(some: list[np.ndarray], pad: int = 0) -> torch.Tensor:
        batch = task.batch(some)
        source = batch.inputs["source"]
        values = torch.nn.functional.pad(source.values.double(), (0, 0, 0, pad), value=99.0)
        mask = torch.nn.functional.pad(source.mask, (0, pad))
        with torch.no_grad():
            return model(type(batch)({"source": type(source)(values, mask)}))[0]["label"]

    together = told(rows)
    alone = torch.cat([told([row]) for row in rows])
    assert torch.allclose(together, alone, atol=1e-12) and torch.allclose(told(rows, pad=3), together, atol=1e-12)
    assert together.std() > 1e-6


def test_noise_follows_from_seed_epoch_and_row_alone(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text(ts())

    def rows(epoch: int, seed: int = 7, size: int = 40) -> dict[int, list[float]]:
        settings = ["source.noise=0.5", f"fit.seed={seed}", f"fit.batch_tokens={size}"]
        task, _ = learn("classify", tmp_path / "a.ts", *settings, valid=str(tmp_path / "a.ts"))
        train, valid = task.training(lambda note: None, False)
        found = {}
        for key in train.order(epoch):
            batch = train.load(key)
            source = batch.inputs["source"]
            assert source.mask is not None and not source.values[~source.mask].any(), "padding stays 0"
            for place, row in enumerate(batch.rows):
                found[row] = source.values[place][source.mask[place]].flatten().tolist()
        assert valid is not None and valid.load(valid.order(0)[0]).inputs["source"].values.abs().max() < 4
        return found

    plain = rows(0)
    assert rows(0) == plain and rows(0, size=200) == plain, "batches make no difference"
    assert all(plain[row] != one for row, one in rows(1).items())
    assert all(plain[row] != one for row, one in rows(0, seed=8).items())


def test_noise_has_its_deviation_and_leaves_missing_values_and_flags() -> None:
    series = np.zeros((4000, 4), np.float32)
    series[:, 2:] = [1, 0]  # the second channel was never observed
    stored = SeriesNumbers([series], 2, 0.3)
    values = stored.field([0], lambda row: np.random.default_rng(row)).values[0]
    assert values[:, 0].std().item() == pytest.approx(0.3, rel=0.05) and not values[:, 1].any()
    assert torch.equal(values[:, 2:], torch.from_numpy(series[:, 2:]))
    assert torch.equal(stored.field([0], None).values[0], torch.from_numpy(series))


def test_rows_to_answer_are_arrays_lists_or_cells(task: Classify) -> None:
    asked = [np.array([[1.0, 2.0], [3.0, 4.0]]), [[1, 2], [3, 4]], "1,3:2,4", ["1 3", "2 4"], ["1,3:2,4"]]
    (chunk,) = task.source.chunks(asked)
    assert all(np.array_equal(one, asked[0]) for one in chunk)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,2,3", "'1,2,3' has 1 channel, and training had 2 channels; write a channel as numbers"),
        ("1,x:2,3", "'1,x:2,3' is no series: column '1': 'x' is no number"),
        ("1,2:3", "channels of different lengths"),
        ("?:?", "it has no value"),
        ([[1.0, float("inf")]], "give finite numbers"),
        ([1.0, 2.0], r"an array \[2, 1\]' has 1 channel|has 1 channel"),
    ],
)
def test_rows_that_are_no_series(task: Classify, row: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(task.source.chunks([row]))


def test_long_series_are_cut_and_said_and_far_numbers_refused(tmp_path: Path, task: Classify) -> None:
    (tmp_path / "far.ts").write_text("@classLabel true\n@data\n1,2:3,4:up\n1,1e200:3,4:up\n")
    with pytest.raises(InputError, match=r"far\.ts:4: 1e\+200 is too far from what training has seen"):
        task.evaluation(str(tmp_path / "far.ts"), lambda note: None, False)
    cut, _ = learn("classify", tmp_path / "a.ts", "source.max_length=4", "data.valid=0")
    notes: list[str] = []
    train, _ = cut.training(notes.append, False)
    assert max(train.load(key).inputs["source"].values.shape[1] for key in train.order(0)) == 4
    assert any("14 of 24 series are longer than 4 steps and are cut there" in note for note in notes)


def test_saved_and_loaded_it_reads_the_same(task: Classify, tmp_path: Path) -> None:
    other = again(task, tmp_path)
    row = [np.array([[1.0, 2.0], [3.0, 4.0]])]
    assert other.digest() == task.digest() and torch.equal(
        other.batch(row).inputs["source"].values, task.batch(row).inputs["source"].values
    )
