"""Operations that are counted are those of the formulas, worked out by hand."""

from typing import Any

import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.comparing import cost_flops
from seqloom.comparing.cost_flops import count, flops_of
from seqloom.fronts.front import MediaShape
from seqloom.model import SequenceModel
from seqloom.ops.unroll import scannable
from seqloom.spec import parse

E, H, T, LABELS = 6, 10, 7, 3
NAMES = [str(one) for one in range(LABELS)]


def classifier(**encoder: Any) -> SequenceModel:
    spec = {"task": "x", "source": {"size": E}, "encoder": encoder, "heads": {"label": {"kind": "label"}}}
    return build(parse(spec), Wiring(source=20, labels={"label": (NAMES, [1] * LABELS)}))


def rows(steps: int = T, batch: int = 1) -> Batch:
    ids = torch.randint(4, 20, (batch, steps))
    mask = torch.ones_like(ids, dtype=torch.bool)
    return Batch(
        {"source": Field(ids, mask)}, {"label": Field(torch.zeros(batch, dtype=torch.long))}, tokens=ids.numel()
    )


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_a_recurrent_network_has_the_products_of_its_gates(kind: str, gates: int) -> None:
    forward, both = count(classifier(kind=kind, size=H), rows())
    each = 2 * gates * H * (E + H)
    head = 2 * H * LABELS
    assert forward == T * each + head
    # back: each product has two, for its weights and for what it reads; nothing learns the state before the first step
    assert both == 3 * (T * each + head) - 2 * gates * H * H


def test_gates_that_read_no_past_have_products_of_the_input_alone() -> None:
    forward, _ = count(classifier(kind="mingru", size=H), rows())
    assert forward == T * 2 * 2 * H * E + 2 * H * LABELS


def test_both_directions_and_layers_add_up() -> None:
    forward, _ = count(classifier(kind="lstm", size=H, layers=2, bidirectional=True), rows())
    assert forward == T * 2 * (2 * 4 * H * (E + H) + 2 * 4 * H * (2 * H + H)) + 2 * 2 * H * LABELS


@pytest.mark.parametrize("steps", [1, 7, 32])
def test_a_transformer_grows_with_the_square_of_its_steps(steps: int) -> None:
    size, inner, layers = 8, 20, 2
    model = classifier(kind="transformer", size=size, inner=inner, layers=layers, heads=2)
    forward, both = count(model, rows(steps))
    block = 2 * 4 * size * size + 2 * 2 * size * inner  # query, key, value, out; up and down
    looks = 2 * 2 * steps * size  # scores and mixture, for each step
    head, adapt = 2 * size * LABELS, 2 * E * size
    assert forward == steps * (adapt + layers * (block + looks)) + head
    assert both == 3 * forward


def test_additive_attention_counts_its_last_product_too() -> None:
    size, width = 4, 5
    spec = {
        "task": "x",
        "source": {"size": E},
        "target": {"size": E},
        "encoder": {"kind": "rnn", "size": H},
        "bridge": {"kind": "attention", "score": "additive", "size": width},
        "decoder": {"kind": "rnn", "size": size, "wiring": "bahdanau"},
        "heads": {"words": {"kind": "tokens"}},
    }
    model = build(parse(spec), Wiring(source=20, target=20))
    steps = 3
    field = Field(torch.randint(4, 20, (1, steps)), torch.ones(1, steps, dtype=torch.bool))
    batch = Batch({"source": rows().inputs["source"], "target": field}, {"words": field}, tokens=steps)
    start, keys = 2 * H * size, T * 2 * H * width
    read = 2 * size * width + T * 2 * width + T * 2 * H  # query, v . tanh(...), mixture
    step = 2 * size * (E + H + size) + 2 * (size + E + H) * size + 2 * size * 20
    assert count(model, batch)[0] == T * 2 * H * (E + H) + start + keys + steps * (read + step)


def test_convolutions_of_a_picture_are_counted() -> None:
    spec = {
        "task": "x",
        "source": {"tokens": "image", "size": E, "front": {"kind": "cnn", "widths": [8]}},
        "encoder": {"kind": "bag"},
        "heads": {"label": {"kind": "label"}},
    }
    labels = {"label": (NAMES, [1] * LABELS)}
    model = build(parse(spec), Wiring(labels=labels, media=MediaShape("image", (4, 4, 3))))
    picture = Field(torch.rand(1, 4, 4, 3), torch.ones(1, 4, dtype=torch.bool))
    batch = Batch({"source": picture}, {"label": Field(torch.zeros(1, dtype=torch.long))}, tokens=4)
    places, block = 16, 2 * 8 * 8 * 9
    assert count(model, batch)[0] == places * (2 * 3 * 8 * 9 + 2 * block + 2 * 8 * E) + 2 * E * LABELS


def test_what_is_frozen_has_no_way_back() -> None:
    model = classifier(kind="rnn", size=H)
    whole = count(model, rows())[1]
    model.source.requires_grad_(False)  # type: ignore[union-attr]
    assert whole - count(model, rows())[1] == T * 2 * E * H


def test_tokens_share_the_operations_of_all_rows() -> None:
    model = classifier(kind="lstm", size=H)
    short, long = rows(2), rows(9)
    forward, training = flops_of(model, [short, long], 60.0)
    assert forward == (count(model, short)[0] + count(model, long)[0]) / 11
    assert training == (count(model, short)[1] + count(model, long)[1]) / 11
    assert flops_of(model, [short, long], 0.0)[0] == count(model, short)[0] / 2, "one row whatever it takes"
    assert flops_of(model, [], 60.0) == (None, None)


def test_rows_of_one_shape_are_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, run = classifier(kind="gru", size=H), list[Batch]()
    plain = cost_flops.count

    def noted(one: SequenceModel, batch: Batch) -> tuple[int, int]:
        run.append(batch)
        return plain(one, batch)

    monkeypatch.setattr(cost_flops, "count", noted)
    alike = [rows(5) for _ in range(3)]
    told = flops_of(model, [*alike, rows(6)], 60.0)
    assert len(run) == 2
    assert told[0] == (3 * plain(model, rows(5))[0] + plain(model, rows(6))[0]) / 21


def test_counting_leaves_the_model_as_it_was() -> None:
    model = classifier(kind="gru", size=H).train()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    count(model, rows())
    assert model.training and all(weight.grad is None for weight in model.parameters())
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
    (cell,) = (one for *_, one in model.encoder.stack.each_cell())  # type: ignore[union-attr, operator]
    assert scannable(cell), "fused again"
