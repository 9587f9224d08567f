"""Scheduled sampling: what a decoder hears, step by step by hand; the paper's rises; and who cannot have it."""

import itertools
import math
from collections import Counter
from typing import Any

import pytest
import torch
from translators import Translator, sources, translator

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK
from seqloom.decoding.scheduled import check_sampling, mix, share_at
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec, Spec, parse
from seqloom.state import each

LENGTHS = [5, 2, 4]


def pairs(one: Translator, seed: int = 0, repeats: int = 1) -> Batch:
    """Return sources with targets of LENGTHS, the start and padding included, `repeats` times over."""
    g = torch.Generator().manual_seed(seed)
    read = sources(one, [3, 1, 2], seed)
    ids = torch.randint(5, one.vocabulary, (3, max(LENGTHS)), generator=g)
    ids[:, 0] = BOS
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    inputs = {**read.inputs, "target": Field(ids.masked_fill(~mask, PAD), mask)}
    answer = torch.where(mask, ids, PAD)
    inputs = {
        name: Field(part.values.repeat(repeats, 1), part.mask.repeat(repeats, 1))  # type: ignore[union-attr]
        for name, part in inputs.items()
    }
    words = Field(answer.repeat(repeats, 1), mask.repeat(repeats, 1))
    return Batch(inputs, {"words": words}, tuple(range(3 * repeats)), 11)


def plain(seed: int, family: str) -> Translator:
    return translator(seed, family, 4, copies=False)


@pytest.mark.parametrize("family", ["recurrent", "transformer"])
def test_nothing_but_its_words_change(family: str) -> None:
    for seed in range(10):
        one = translator(seed, family, 4)
        batch = pairs(one, seed)
        torch.manual_seed(seed)
        mixed = mix(one.model, batch, 0.9)
        before, after = batch.inputs["target"], mixed.inputs["target"]
        assert torch.equal(mix(one.model, batch, 0.0).inputs["target"].values, before.values)
        assert before.mask is not None and after.mask is before.mask
        assert torch.equal(after.values[:, 0], before.values[:, 0])
        assert torch.equal(after.values[~before.mask], before.values[~before.mask])
        assert not torch.equal(after.values, before.values)
        assert mixed.target is batch.target and mixed.inputs["source"] is batch.inputs["source"]
        assert (mixed.rows, mixed.tokens) == (batch.rows, batch.tokens)
        assert not {PAD, BOS, EOS, SEP} & set(after.values[:, 1:][before.mask[:, 1:]].tolist())
        assert int(after.values.max()) < one.vocabulary, "a copied word is heard as unknown"


@pytest.mark.parametrize("family", ["recurrent", "transformer"])
def test_each_word_is_drawn_from_what_was_heard_before(family: str) -> None:
    """With a share of 1 the words of a row are a chain of the model's own; their frequencies against its products."""
    one = plain(4, family)
    repeats = 3000
    batch = pairs(one, repeats=repeats)
    torch.manual_seed(1)
    values = mix(one.model, batch, 1.0).inputs["target"].values
    words = range(UNK, one.vocabulary)
    for row in range(3):
        got = Counter(tuple(ids) for ids in values[row::3, 1 : min(3, LENGTHS[row])].tolist())
        assert sum(got.values()) == repeats
        alone = Batch({**pairs(one).inputs})
        for ids in itertools.product(words, repeat=min(3, LENGTHS[row]) - 1):
            given = torch.tensor([[BOS, *ids]])
            inputs = {name: Field(part.values[row : row + 1], part.mask[row : row + 1])  # type: ignore[index]
                      for name, part in alone.inputs.items()}  # fmt: skip
            inputs["target"] = Field(given, torch.ones_like(given, dtype=torch.bool))
            with torch.no_grad():
                logits = one.model(Batch(inputs))[0]["words"][0].clone()
            logits[:, [PAD, BOS, EOS, SEP]] = -math.inf
            chance = math.exp(sum(float(logits[time].log_softmax(-1)[word]) for time, word in enumerate(ids)))
            assert abs(got[ids] - repeats * chance) <= 4.5 * math.sqrt(repeats * chance * (1 - chance)) + 3


def test_the_share_is_the_chance_of_each_place() -> None:
    """Given words that the model never writes are told from its own."""
    one = plain(4, "recurrent")
    batch = pairs(one, repeats=2000)
    given = batch.inputs["target"]
    assert given.mask is not None
    known = given.values.masked_fill(given.mask & (given.values != BOS), EOS)
    torch.manual_seed(0)
    mixed = mix(one.model, Batch({**batch.inputs, "target": Field(known, given.mask)}), 0.3).inputs["target"].values
    for time in range(1, 5):
        here = given.mask[:, time]
        n = int(here.sum())
        own = int((mixed[here, time] != EOS).sum())
        assert abs(own - 0.3 * n) <= 4 * math.sqrt(n * 0.3 * 0.7)


def test_the_same_noise_gives_the_same_words_and_any_share_takes_as_much_of_it() -> None:
    one = plain(4, "transformer")
    after = []
    for share in (0.0, 0.5, 0.5, 1.0):
        torch.manual_seed(2)
        values = mix(one.model, pairs(one), share).inputs["target"].values
        after.append((values, torch.get_rng_state()))
    assert torch.equal(after[1][0], after[2][0])
    assert all(torch.equal(noise, after[0][1]) for _, noise in after)


def test_no_gradient_and_no_mode_is_left_behind() -> None:
    one = plain(4, "recurrent")
    one.model.train()
    mix(one.model, pairs(one), 0.5)
    assert one.model.training and all(weight.grad is None for weight in one.model.parameters())


def language(**side: Any) -> SequenceModel:
    parts = {"decoder": {"kind": "gru", "size": 4}, "heads": {"words": {"kind": "tokens"}}}
    torch.manual_seed(0)
    return build(parse({"task": "language", "target": {"size": 3, **side}, **parts}), Wiring(target=9)).double()


def test_a_language_model_goes_on_from_its_state() -> None:
    model = language()
    window = Batch({"target": Field(torch.randint(5, 9, (2000, 3), generator=torch.Generator().manual_seed(0)))})
    window.inputs["target"].values[:] = torch.tensor([5, 6, 7])
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight))
        _, state = model(window)
        assert state is not None
        state = each(lambda value: torch.full_like(value, 0.9), state)
        expected, _ = model.step(window.inputs["target"].values[:, :1], state)
        fresh, _ = model.step(window.inputs["target"].values[:, :1], None)
    torch.manual_seed(0)
    drawn = mix(model, window, 1.0, state).inputs["target"].values[:, 1]
    wanted, other = (
        logits[0].index_fill(0, torch.tensor([0, 1, 2, 3]), -math.inf).softmax(0) for logits in (expected, fresh)
    )
    counts = torch.bincount(drawn, minlength=9) / 2000
    assert float((counts - wanted).abs().sum()) < 0.1 < float((wanted - other).abs().sum())


def test_numbers_that_are_no_numbers_are_left_for_the_loss() -> None:
    one = plain(4, "recurrent")
    with torch.no_grad():
        one.model.heads["words"].bias.fill_(math.nan)  # type: ignore[operator, union-attr]
    assert mix(one.model, pairs(one), 1.0).inputs["target"].values.shape == (3, 5)


def shares(rise: str, steps: int = 1001, final: float = 0.5) -> list[float]:
    fit = FitSpec.model_validate({"sampling": final, "sampling_rise": rise})
    return [share_at(step, steps, fit) for step in range(steps)]


@pytest.mark.parametrize("rise", ["linear", "exponential", "sigmoid"])
def test_every_rise_goes_from_nothing_to_the_end(rise: str) -> None:
    found = shares(rise)
    assert found[0] == pytest.approx(0, abs=1e-12) and found[-1] == pytest.approx(0.5)
    assert found == sorted(found)
    fit = FitSpec.model_validate({"sampling": 0.5, "sampling_rise": rise})
    assert share_at(5, None, fit) == 0.0
    assert share_at(0, 1, fit) == pytest.approx(0.5)
    assert share_at(2000, 1001, fit) == pytest.approx(0.5)


def test_the_rises_are_the_papers() -> None:
    """Up to the scale that makes them begin at 0 and end at fit.sampling."""
    linear, exponential, sigmoid = (shares(rise, 1001, 1.0) for rise in ("linear", "exponential", "sigmoid"))
    k = 100.0
    for step in (0, 10, 250, 500, 900, 1000):
        assert linear[step] == pytest.approx(step / 1000)
        decay = 0.01 ** (1 / 1000)  # the paper's k of k^i
        assert exponential[step] == pytest.approx((1 - decay**step) / (1 - decay**1000))
        i = step / 1000 * 2 * k * math.log(k)
        epsilon = k / (k + math.exp(i / k))
        first, last = k / (k + 1), k / (k + k**2)
        assert sigmoid[step] == pytest.approx((first - epsilon) / (first - last))
    assert sigmoid[500] == pytest.approx(0.5)


def test_who_cannot_have_it() -> None:
    some = FitSpec(sampling=0.25)
    check_sampling(language(), some)
    check_sampling(plain(4, "transformer").model, some)
    check_sampling(language(), FitSpec())
    with pytest.raises(InputError, match=r"fit\.sampling=0\.25 lets .* target\.embed=dummy it hears no words at all"):
        check_sampling(language(embed="dummy"), some)
    spec = Spec.model_validate(
        {
            "task": "classify",
            "source": {"size": 3},
            "encoder": {"kind": "gru", "size": 4},
            "heads": {"label": {"kind": "label"}},
        }
    )
    model = build(spec, Wiring(source=9, labels={"label": (["a", "b"], [1, 1])}))
    with pytest.raises(InputError, match="and this model has no decoder: leave it out"):
        check_sampling(model, some)
    with pytest.raises(InputError, match=r"fit\.sampling_rise=sigmoid says how fit\.sampling is reached, which is 0"):
        check_sampling(language(), FitSpec(sampling_rise="sigmoid"))
