"""Short trainings: they follow from the seed alone, learn a puzzle, and refuse what is not finite."""

from itertools import combinations

import pytest
import torch

from seqloom.build import Wiring
from seqloom.errors import NumberError
from seqloom.model import SequenceModel
from seqloom.studies import puzzles
from seqloom.studies.learning import accuracy, exact, learn, loss, model_of, numbers, outputs, seeded, written


def reader(seed: int = 0, **encoder: object) -> SequenceModel:
    wiring = Wiring(source=puzzles.vocabulary(6), labels={"label": (list("abcd"), [1] * 4)})
    return model_of(
        wiring,
        seed=seed,
        source={"size": 8},
        encoder={"kind": "gru", "size": 16, **encoder},
        heads={"label": {"kind": "label"}},
    )


def writer() -> SequenceModel:
    size = puzzles.vocabulary(3)
    return model_of(
        Wiring(source=size, target=size),
        seed=1,
        source={"size": 16},
        target={"size": 16},
        encoder={"kind": "gru", "size": 32, "bidirectional": True},
        bridge={"kind": "attention", "score": "general"},
        decoder={"kind": "gru", "size": 32},
        heads={"words": {"kind": "tokens"}},
    )


def recalled(g: torch.Generator):
    return puzzles.recall(g, 32, 3, symbols=4)


def test_weights_follow_from_the_seed_and_leave_the_numbers_of_others():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, same, other = reader(0), reader(0), reader(1)
    assert torch.equal(torch.get_rng_state(), before)
    first = [dict(model.named_parameters())["encoder.stack.cells.0.forwards.w_ih"] for model in (one, same, other)]
    assert torch.equal(first[0], first[1])
    assert not torch.equal(first[0], first[2])


def test_a_puzzle_is_learnt_and_a_second_training_is_the_same():
    one, two = reader(), reader()
    batch = recalled(numbers(0, 1))
    before = accuracy(one, batch, "label")
    course, again = (learn(model, recalled, seed=0, steps=120, lr=1e-2) for model in (one, two))
    assert course == again
    assert course.steps == 120 and not course.done
    assert before < 0.7 < accuracy(one, batch, "label") + 0.01
    assert accuracy(one, batch, "label") == 1.0
    assert loss(one, batch) < 0.1 < course.losses[0]


def test_enough_ends_a_training():
    model = reader()
    batch = recalled(numbers(0, 1))
    course = learn(
        model, recalled, seed=0, steps=2000, lr=1e-2, every=10, enough=lambda: accuracy(model, batch, "label") == 1.0
    )
    assert course.done
    assert course.steps < 200
    assert course.steps % 10 == 0


def test_to_look_on_the_way_changes_nothing():
    one, two = reader(layers=2, dropout=0.5), reader(layers=2, dropout=0.5)
    plain = learn(one, recalled, seed=0, steps=12, lr=1e-2)
    looked = learn(two, recalled, seed=0, steps=12, lr=1e-2, every=3, enough=lambda: two.training)
    assert looked == plain and not looked.done, "dropout goes on after a look, and is off while one looks"


def test_accuracy_counts_the_steps_that_count_and_knows_two_labels():
    wiring = Wiring(source=puzzles.vocabulary(6), labels={"tags": (list("abcd"), [1] * 4)})
    parts = {"source": {"size": 8}, "encoder": {"kind": "gru", "size": 16}}
    model = model_of(wiring, seed=0, **parts, heads={"tags": {"kind": "tags"}})
    batch = puzzles.copy(numbers(0), 64, 6, items=2, symbols=4)
    target = batch.target["tags"]
    right = (outputs(model, batch)["tags"].argmax(-1) == target.values)[:, -2:].float().mean()
    assert accuracy(model, batch, "tags") == pytest.approx(float(right))

    two = Wiring(source=puzzles.vocabulary(4), labels={"label": (list("ab"), [1] * 2)})
    model = model_of(two, seed=0, **parts, heads={"label": {"kind": "label"}})
    batch = puzzles.recall(numbers(0), 64, 2, symbols=2)
    model.heads["label"].out.bias.data -= outputs(model, batch)["label"].mean()
    logits = outputs(model, batch)["label"]
    assert logits.shape == (64, 1) and (logits > 0).any() and (logits < 0).any()
    right = ((logits[:, 0] > 0).long() == batch.target["label"].values).float().mean()
    assert accuracy(model, batch, "label") == pytest.approx(float(right))


def test_what_is_measured_is_not_what_is_learnt():
    drawn = [recalled(numbers(seed, part)).inputs["source"].values for seed in (0, 1) for part in (0, 1)]
    assert all(not torch.equal(one, other) for one, other in combinations(drawn, 2))


def test_a_writer_learns_to_reverse_and_writes_by_itself():
    model = writer()

    def draw(g):
        return puzzles.reversal(g, 32, 3, symbols=3)

    learn(model, draw, seed=1, steps=200, lr=1e-2)
    batch = draw(numbers(1, 1))
    assert exact(model, batch) > 0.9
    assert accuracy(model, batch, "words") > 0.9
    told = written(model, batch, 5)
    assert told[0] == batch.inputs["target"].values[0, 1:].tolist()


def test_an_update_that_is_not_finite_is_an_error():
    model = reader()
    with torch.no_grad():
        model.heads["label"].out.weight.fill_(float("nan"))
    with pytest.raises(NumberError, match=r"update 1 of the study.*heads\.label\.out"):
        learn(model, recalled, seed=0, steps=2)
    assert not model.training


def test_what_is_drawn_inside_seeded_leaves_no_trace():
    torch.manual_seed(3)
    want = torch.rand(2)
    torch.manual_seed(3)
    with seeded(9):
        torch.rand(5)
    assert torch.equal(torch.rand(2), want)
