"""Every model that reads series obeys: padding and company invisible, no weight dead, a Tape changes nothing, weights
survive a file, pieces and steps are the whole, what is told freely is what is told when it is heard, a series in other
units is told in those, and order matters."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import bridged
import grid
import pytest
import told
import torch
from cover import Row, each_once
from grid import close
from test_learning import same_after_a_file
from test_watching import a_tape_changes_nothing
from torch import Tensor

from seqloom import state as states
from seqloom.batch import Batch
from seqloom.decoding.numbers import forecast, sample_paths
from seqloom.heads.numbers import NumberHead
from seqloom.model import SequenceModel
from seqloom.tape import Tape

TOLERANCE = 1e-9
ORDER = [2, 0, 3, 1]
ROWS = told.every()
TELLING = [row for row in ROWS if row["form"] != "labels"]
WRITING = told.rows("sequence")
THIRD = [*(row for row in TELLING if row["form"] != "sequence"), *WRITING[::3]]
"""All that tell at once, and every third of those that tell step after step, which takes its time."""


@contextmanager
def named(row: Row) -> Iterator[None]:
    """Tell which row of the grid an exception comes from."""
    try:
        yield
    except BaseException as error:
        error.add_note(shown(row))
        raise


def shown(row: Row) -> str:
    return "-".join(f"{axis}={value}" for axis, value in row.items())


def by_kind(rows: list[Row]) -> list[object]:
    """Group rows by form and encoder: one test each."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(f"{row['form']}-{row['encoder']}", []).append(row)
    return [pytest.param(group, id=name) for name, group in groups.items()]


def lengths(row: Row) -> tuple[int, ...]:
    """Return lengths of rows; one is empty, where that can be told of."""
    return (6, 3, 1, 5) if row["form"] == "aligned" else (6, 3, 0, 5)


def numbers(model: SequenceModel, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    outputs, _ = model(batch)
    loss, count = model.loss(outputs, batch)["out"]
    assert count == model.counts(batch)["out"] > 0
    return outputs["out"].detach(), grid.gradients(model, loss)


@pytest.mark.parametrize("group", by_kind(ROWS))
def test_a_row_knows_nothing_of_its_company_and_every_weight_learns(group: list[Row]) -> None:
    for row in group:
        with named(row):
            model, sources = told.model(row), told.windows(lengths(row), row)
            wanted, slopes = numbers(model, told.batch(sources, row))
            moved = told.batch([sources[n] for n in ORDER], row, wider=3, junk=5, numbers=ORDER)
            got, same = numbers(model, moved)
            for place, number in enumerate(ORDER):
                steps = len(sources[number]) if row["form"] in ("aligned", "labels") else told.HORIZON
                close(got[place, :steps], wanted[number, :steps], TOLERANCE)
            close(same, slopes, TOLERANCE)
            every_weight_learns(row, model, told.batch(sources, row))


def every_weight_learns(row: Row, model: SequenceModel, batch: Batch) -> None:
    """Hold each number of each weight to a gradient that is not zero; a fifth of them, where units may be dead.

    Errors are weighed unevenly: slopes of a median are +1 or -1 and would cancel to nothing, as those of 0.6 to 0.9
    do where a value lies between the first two.
    """
    outputs, target = model(batch)[0]["out"], batch.target["out"]
    head = model.heads["out"]
    if isinstance(head, NumberHead):
        g = torch.Generator().manual_seed(1)
        known = ~target.values.isnan()
        if target.mask is not None:
            known &= target.mask[..., None, None]
        weight = torch.rand(known.shape, generator=g, dtype=torch.float64) * known
        loss = (head.each(outputs, target.values.nan_to_num()) * weight).sum()
    else:
        loss, _ = head.loss(outputs, target)
    some = row.get("reads") == "max" or {"mlp", "transformer"} & {row["encoder"], row.get("decoder")}
    for name, slope in grid.gradients(model, loss).items():
        assert slope.isfinite().all(), name
        if name.endswith("places.weight"):  # of a decoder that told so many steps, and an encoder that read more
            slope = slope[: told.HORIZON]
        share = (slope.abs() > 1e-13).double().mean()
        least = 0.15 if some else 0.9 if row["head"].startswith("quantiles") else 0.999
        if row["encoder"] in bridged.SHORTER:  # a last step without its pair, and a first one with nothing to forget
            least = min(least, 0.85)
        assert share > least, f"{name}: {share:.2f}"


@pytest.mark.parametrize("group", by_kind(each_once(ROWS)))
def test_a_tape_changes_nothing(group: list[Row]) -> None:
    for row in group:
        with named(row):
            model, sources = told.model(row).train(), told.windows((5, 3), row)
            batch = told.batch(sources, row, junk=1)
            if probed(model, batch):
                a_tape_changes_nothing(model, batch)


def probed(model: SequenceModel, batch: Batch) -> bool:
    """Say whether a model offers anything to be watched."""
    with Tape(model) as tape:
        model(batch)
    return len(tape) > 0


def test_weights_survive_a_file(tmp_path: Path) -> None:
    for row in each_once(ROWS):
        with named(row):
            model, other = told.model(row), told.model(row, seed=1)
            same_after_a_file(model, other, tmp_path / "model.safetensors")
            batch = told.batch(told.windows((5, 3), row), row)
            assert torch.equal(other(batch)[0]["out"], model(batch)[0]["out"])


STREAMED = [*told.rows("aligned"), *(row for row in told.rows("labels") if told.causal(row["encoder"]))]


@pytest.mark.parametrize("group", by_kind(STREAMED))
def test_what_is_told_at_every_step_may_come_in_pieces(group: list[Row]) -> None:
    """The State of what was read goes on: the last pieces are told as if the whole had been read at once."""
    for row in group:
        with named(row):
            model, sources = told.model(row), told.windows((7, 7), row)
            whole = told.batch(sources, row)
            wanted, state, outputs = model(whole)[0]["out"], None, []
            for piece in (slice(0, 3), slice(3, 4), slice(4, 7)):
                cut = {
                    name: replace(
                        part, values=part.values[:, piece], mask=None if part.mask is None else part.mask[:, piece]
                    )
                    for name, part in whole.inputs.items()
                }
                out, state = model(Batch(cut), state)
                outputs.append(out["out"])
            close(torch.cat(outputs, 1), wanted, TOLERANCE)


@pytest.mark.parametrize("group", by_kind(told.rows("aligned")))
def test_what_comes_later_changes_no_earlier_forecast(group: list[Row]) -> None:
    for row in group:
        with named(row):
            model, (source,) = told.model(row), told.windows((7,), row)
            other = torch.cat([source[:4], source[4:] * 3 - 1])
            here, there = (model(told.batch([one], row))[0]["out"] for one in (source, other))
            close(here[:, :4], there[:, :4], TOLERANCE)
            assert row["encoder"] in told.BLIND or (here[:, 4:] - there[:, 4:]).abs().max() > 1e-6


def heard(batch: Batch, points: Tensor) -> Batch:
    """Return a batch whose decoder hears `points` [batch, horizon, channels] after the value before."""
    given, channels = batch.inputs["target"], points.shape[-1]
    before = torch.cat([given.values[:, :1, :channels], points[:, :-1]], 1)
    values = torch.cat([before, given.values[..., channels:]], -1)
    return replace(batch, inputs={**batch.inputs, "target": replace(given, values=values)})


@pytest.mark.parametrize("group", by_kind(WRITING))
def test_told_freely_is_told_when_heard(group: list[Row]) -> None:
    """With horizon 1, and when the model is fed the very values it gives: points, and each path that was drawn."""
    for row in group:
        with named(row):
            sources = told.windows((6, 3, 5), row)
            one, single = told.model(row, horizon=1), told.batch(sources, row, horizon=1)
            close(forecast(one, single, "out"), one(single)[0]["out"], TOLERANCE)
            model, batch = told.model(row), told.batch(sources, row)
            outputs = forecast(model, batch, "out")
            head = model.heads["out"]
            assert isinstance(head, NumberHead)
            close(model(heard(batch, head.point(outputs)))[0]["out"], outputs, TOLERANCE)
            if row["head"].startswith("point"):
                continue
            paths = sample_paths(model, batch, "out", 2, seed=3)
            for number in range(2):
                whole = model(heard(batch, paths[:, number]))[0]["out"]
                low, high = head.quantile(whole, 1e-9), head.quantile(whole, 1 - 1e-9)
                assert ((paths[:, number] > low) & (paths[:, number] < high)).all()
                again = sample_paths(model, heard(batch, paths[:, number]), "out", 2, seed=3)
                close(again, paths, TOLERANCE)  # of what the target holds only the first value is heard


@pytest.mark.parametrize("group", by_kind(THIRD))
def test_rows_are_told_alone_as_together(group: list[Row]) -> None:
    for row in group:
        with named(row):
            model, sources = told.model(row), told.windows((6, 3, 1), row)
            whole = told.batch(sources, row, wider=2, junk=1)
            together = forecast(model, whole, "out")
            drawn = None if row["head"].startswith("point") else sample_paths(model, whole, "out", 3, 5, [0, 1, 2])
            for number, source in enumerate(sources):
                alone = told.batch([source], row, numbers=[number])
                close(forecast(model, alone, "out")[0], together[number], TOLERANCE)
                if drawn is not None:
                    close(sample_paths(model, alone, "out", 3, 5, [number])[0], drawn[number], 1e-7)


SCALES = torch.tensor([0.01, 3.0, 2000.0], dtype=torch.float64)
SHIFTS = torch.tensor([5.0, -700.0, 1e5], dtype=torch.float64)


@pytest.mark.parametrize("group", by_kind([row for row in THIRD if row.get("scale") == "window"]))
def test_a_series_in_other_units_is_told_in_those(group: list[Row]) -> None:
    """forecast(a x + b) = a forecast(x) + b, of points, quantiles and paths; a and b differ by row."""
    for row in group:
        with named(row):
            model, channels = told.model(row), row["channels"]
            sources = told.windows((6, 4, 5), row)
            batch = told.batch(sources, row)
            a, b = SCALES.view(-1, 1, 1), SHIFTS.view(-1, 1, 1)
            inputs = dict(batch.inputs)
            for side in {"source", "target"} & set(inputs):
                given = inputs[side]
                moved = torch.cat([given.values[..., :channels] * a + b, given.values[..., channels:]], -1)
                inputs[side] = replace(given, values=moved)
            other = replace(batch, inputs=inputs)
            head = model.heads["out"]
            assert isinstance(head, NumberHead)
            here, there = forecast(model, batch, "out"), forecast(model, other, "out")
            same(head.point(there), head.point(here) * a + b, a)
            if not row["head"].startswith("point"):
                same(head.quantile(there, 0.95), head.quantile(here, 0.95) * a + b, a)
                one, two = (sample_paths(model, each, "out", 2) for each in (batch, other))
                same(two, one * a.unsqueeze(1) + b.unsqueeze(1), a.unsqueeze(1))
            assert (head.point(here)[0] - head.point(here)[1]).abs().max() > 1e-3, "it does not tell the same of all"


def same(got: Tensor, wanted: Tensor, unit: Tensor) -> None:
    """Assert that numbers agree, measured in their unit."""
    assert ((got - wanted) / unit).abs().max() < 1e-4


@pytest.mark.parametrize("group", by_kind(ROWS))
def test_a_shuffled_past_is_told_otherwise(group: list[Row]) -> None:
    """Order matters, but to encoders that see none (and read no patches), which must say the same of any order."""
    for row in group:
        if row["form"] in ("aligned", "labels"):
            continue
        with named(row):
            model, (source,) = told.model(row), told.windows((6,), row)
            mixed = source[torch.tensor([4, 1, 5, 0, 3, 2])]
            here, there = (model(told.batch([one], row))[0]["out"] for one in (source, mixed))
            places = "location" in row.get("bridge", "")  # a score that looks at where things stand
            if row["encoder"] in told.BLIND and row["patch"] is None and not places:
                close(here, there, TOLERANCE)
            else:
                assert (here - there).abs().max() > 1e-6


@pytest.mark.parametrize("group", by_kind([row for row in THIRD if row.get("known")]))
def test_what_is_known_of_a_step_is_heard(group: list[Row]) -> None:
    """A shifted calendar shifts the forecast: direct and aligned, of that step alone; after a decoder, from it on."""
    for row in group:
        with named(row):
            model, sources = told.model(row), told.windows((5,), row)
            batch = told.batch(sources, row)
            name = "target" if row["form"] == "sequence" else "known"
            values = batch.inputs[name].values.clone()
            values[..., 1, -told.KNOWN :] += 0.7
            other = replace(batch, inputs={**batch.inputs, name: replace(batch.inputs[name], values=values)})
            here, there = forecast(model, batch, "out"), forecast(model, other, "out")
            close(here[:, 0], there[:, 0], TOLERANCE)
            assert (here[:, 1] - there[:, 1]).abs().amax() > 1e-7
            if row["form"] != "sequence":
                close(here[:, 2:], there[:, 2:], TOLERANCE)


@pytest.mark.parametrize("group", by_kind(WRITING[::3]))
def test_paths_may_be_moved_as_a_beam_moves_its_hypotheses(group: list[Row]) -> None:
    """To reorder Memory and State and step is to step and reorder: several paths grow out of one row."""
    index = torch.tensor([1, 0, 0])
    for row in group:
        with named(row):
            model, batch = told.model(row), told.batch(told.windows((6, 3), row), row)
            x = batch.inputs["target"].values
            with torch.no_grad():
                memory = model.read(batch)
                if model.scaling is not None:
                    assert memory.scale is not None
                    x = model.scaling.apply_to(x, memory.scale)
                vectors = model.target(x)
                _, state = model.decoder(vectors[:, :2], None, None, memory)
                hidden, _ = model.decoder(vectors[:, 2:], None, grid.copied(state), memory)
                wanted = model.heads["out"](hidden, memory)
                moved, state = memory.reorder(index), states.reorder(state, index)
                hidden, _ = model.decoder(vectors[index, 2:], None, state, moved)
                close(model.heads["out"](hidden, moved), wanted[index], TOLERANCE)


LEARNED = [
    {"form": form, "encoder": "gru", "head": head, "scale": scale, "gaps": "error", "channels": 2, "known": 2}
    for scale in ("none", "window")
    for form in told.FORMS
    for head in (told.TAGGERS if form == "labels" else told.TELLERS)
    if scale == "none" or form in ("direct", "sequence")
]
BEST = {"point": 0.02, "point-loss=mae": 0.2, "quantiles": 0.12, "normal": 0.5, "student": 0.5}
"""The loss that is left: squared, absolute and pinball errors of numbers of deviation 2 (huber is half of squared), and
nats, which begin near 2.2; nats a label or a row of labels, 0.1."""


@pytest.mark.parametrize("row", LEARNED, ids=shown)
def test_eight_windows_are_learned_by_heart(row: Row) -> None:
    more = {"bridge": "attention-score=additive", "decoder": "gru", "wiring": "bahdanau"}
    row = row | more if row["form"] == "sequence" else row
    model = told.model(row, size=16).train()
    batch = told.batch(told.windows((5, 4, 3, 5, 5, 5, 2, 5), row), row)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    best, least = BEST.get(row["head"], 0.02 if row["head"].startswith("point") else 0.1), torch.inf
    for _ in range(900):
        optimizer.zero_grad()
        total, count = model.loss(model(batch)[0], batch)["out"]
        (total / count).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        least = min(least, (total / count).item())
        if least < best:
            return
    raise AssertionError(f"the loss stays at {least:.3f}, {best} is to be had")


def test_the_grid_holds_every_head_and_what_may_be_set() -> None:
    seen = {(axis, str(value)) for row in ROWS for axis, value in row.items()}
    for heads in (told.TELLERS, told.TAGGERS):
        assert {("head", name) for name in heads} <= seen
    wanted = {("scale", "window"), ("gaps", "missing"), ("patch", "(3, 2)"), ("known", "2"), ("channels", "2")}
    assert wanted <= seen and {("bridge", name) for name in told.BRIDGE_CASES} <= seen
    assert {row["encoder"] for row in told.rows("aligned")} == {one for one in told.encoder_kinds() if told.causal(one)}
