"""Saliency: attributions to tokens, numbers, pixels and films, by the subject's own score."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from looked import ATTENTION, GRU, KEPT, TRANSFORMER, model_of, subject_on
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.data.vocabulary import UNK
from seqloom.errors import InputError
from seqloom.explaining.inputs import Read, baselines, heard, inputs_read, score_of
from seqloom.explaining.saliency_figures import strongest
from seqloom.explaining.saliency_view import SaliencyView, agreement, parts_of
from seqloom.explaining.subject import Axis, Subject, numbered
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.fronts.frames import Frames
from seqloom.layers.embedding import TokenEmbedding
from seqloom.layers.words import WordInput
from seqloom.report.figures import Heat, Lines, Marked, Shaded
from seqloom.tape import Patch
from seqloom.training.run import fit, load


def look(subject: Subject, **options: Any) -> View:
    return SaliencyView(**options).view(subject, lambda note: None)


MODELS = {
    "gru": {"encoder": GRU},
    "bidirectional": {"encoder": {**GRU, "bidirectional": True}},
    "transformer": {"encoder": TRANSFORMER},
    "seq2seq": {"encoder": GRU, "bridge": ATTENTION, "decoder": GRU},
    "language": {"decoder": GRU},
}


def subject_in(kind: str) -> Subject:
    parts = MODELS[kind]
    return subject_on(
        model_of(**parts).double(), source=6 if "encoder" in parts else 0, target=5 if "decoder" in parts else 0
    )


@pytest.mark.parametrize("kind", MODELS)
def test_integrated_gradients_of_tokens_are_complete_and_captums(kind: str) -> None:
    subject = subject_in(kind)
    view = look(subject, method="integrated", points=1000)
    reads = inputs_read(subject)
    inputs, score = heard(subject, reads), score_of(subject, reads)
    nothing = {side: torch.zeros_like(value) for side, value in inputs.items()}
    assert set(reads) == {"source", "target"} & set(subject.batch.inputs)

    for side, value in inputs.items():
        facts = view.facts["completeness"][side]
        alone = {**inputs, side: nothing[side]}
        assert facts["complete"] and abs(facts["error"]) <= facts["tolerance"]
        assert facts["difference"] == pytest.approx(subject.told() - float(score(alone).detach()), abs=1e-9)
        assert view.values[f"{side}.integrated"].sum() == pytest.approx(facts["sum"], abs=1e-9)

        def called(one: Tensor, side: str = side) -> Tensor:
            return score({**inputs, side: one}).reshape(1)

        theirs = IntegratedGradients(called).attribute(value, nothing[side], n_steps=150, internal_batch_size=1)
        near = 2e-2 * float(theirs.abs().max())
        assert np.allclose(view.values[f"{side}.integrated"], theirs[0].sum(-1).numpy(), atol=near)


def test_an_occluded_word_is_worth_what_the_score_loses() -> None:
    """Two tokens of one word go together, and each is told half of what the word is worth."""
    subject = subject_on(
        model_of(GRU), source=4, axes={"source": Axis(("a", "b", "c", "d"), (0, 1, 1, 2), ("a", "bc", "d"))}
    )
    view = look(subject, method="occlusion")
    whole = subject.told()

    def without(*places: int) -> float:
        def change(vectors: Tensor) -> Tensor:
            changed = vectors.clone()
            changed[:, list(places)] = 0
            return changed

        with Patch(subject.run.model, {"source.vectors": change}):
            return whole - subject.told()

    wanted = [without(0), without(1, 2) / 2, without(1, 2) / 2, without(3)]
    assert view.values["source.occlusion"].tolist() == pytest.approx(wanted, abs=1e-6)
    (figure,) = view.figures
    assert isinstance(figure, Marked) and list(figure.tokens) == ["a", "bc", "d"]
    assert figure.weights.tolist() == pytest.approx([without(0), without(1, 2), without(3)], abs=1e-6)
    names = [one["name"] for one in view.facts["strongest"]["source.occlusion"]]
    assert sorted(names) == ["a", "bc", "d"]


def test_the_strongest_are_so_whatever_their_sign() -> None:
    read = Read("source", "source.values", None, numbered(4), "numbers")
    found = strongest(read, np.array([[0.1, 0.0], [-1.0, -2.0], [1.0, 1.5], [0.0, 0.0]]))
    assert [(one["place"], one["name"], one["value"]) for one in found[:2]] == [(2, "2", -3.0), (3, "3", 2.5)]


def test_the_mean_of_a_picture_is_a_colour() -> None:
    subject = subject_on(model_of(GRU), source=2)
    picture = torch.rand(1, 4, 5, 3, generator=torch.Generator().manual_seed(0))
    mean = baselines(subject, {}, {"source": picture}, "mean")["source"]
    assert torch.allclose(mean, picture.mean((1, 2)).expand(1, 4, 5, 3))


def test_the_baseline_is_what_was_asked_for() -> None:
    subject = subject_on(model_of(GRU), source=5)
    reads = inputs_read(subject)
    inputs = heard(subject, reads)
    table = table_of(subject)
    assert torch.equal(inputs["source"], table[subject.batch.inputs["source"].values])
    assert not baselines(subject, reads, inputs, "zero")["source"].any()
    mean = baselines(subject, reads, inputs, "mean")["source"]
    assert torch.allclose(mean[0], inputs["source"][0].mean(0).expand(5, -1))
    assert torch.equal(baselines(subject, reads, inputs, "unknown")["source"][0], table[UNK].expand(5, -1))
    told = [look(subject, method="integrated", baseline=one) for one in ("zero", "mean", "unknown")]
    differences = {round(one.facts["completeness"]["source"]["difference"], 5) for one in told}
    assert len(differences) == 3 and all(one.facts["completeness"]["source"]["complete"] for one in told)
    with Patch(subject.run.model, {"source.vectors": lambda value: table[UNK].expand_as(value)}):
        assert told[2].facts["completeness"]["source"]["difference"] == pytest.approx(
            told[2].facts["score"] - subject.told(), abs=1e-5
        )


def table_of(subject: Subject) -> Tensor:
    return cast(Any, subject.run.model.source).table.weight.detach()


def test_unknown_words_have_no_letters() -> None:
    run = load(str(KEPT / "format-1-tag"))
    subject = subject_of(run, "fly to New York on 내일")
    view = look(subject, method="integrated", baseline="unknown")
    assert view.facts["completeness"]["source"]["complete"]
    assert np.isfinite(view.values["source.integrated"]).all()


def test_an_unknown_word_keeps_how_it_is_cased() -> None:
    subject = subject_on(model_of(GRU), source=2)
    subject.run.model.source = WordInput(TokenEmbedding(11, size=2), 7, letters_size=2, casing=True).eval()
    subject.run.model.encoder = model_of({"kind": "gru", "size": 6}, source={"size": 12}).encoder
    words = torch.tensor([[[6, 3, 5, 6, 0], [8, 2, 4, 0, 0]]])
    bare = torch.tensor([[[UNK, 3, 0, 0, 0], [UNK, 2, 0, 0, 0]]])
    subject = replace(subject, batch=Batch({"source": Field(words, torch.ones(1, 2, dtype=torch.bool))}))
    reads = inputs_read(subject)
    told = baselines(subject, reads, heard(subject, reads), "unknown")["source"]
    assert torch.equal(told, subject.run.model.source(bare))


def test_numbers_have_no_unknown(series: Subject) -> None:
    with pytest.raises(InputError, match="baseline=zero or mean"):
        look(series, baseline="unknown")


@pytest.fixture
def series() -> Subject:
    run = load(str(KEPT / "format-1-regress"))
    return subject_of(run, np.array([[0.1, 1.0], [0.3, -1.0], [0.7, 0.2], [0.9, 0.4], [1.2, -0.3]]))


def test_numbers_are_told_by_step_and_channel(series: Subject) -> None:
    view = look(series)
    values = series.batch.inputs["source"].values
    assert view.values["source.gradient"].shape == tuple(values.shape[1:])
    model = series.run.model
    whole = series.told()
    for step, channel in ((0, 1), (3, 0)):
        changed = values.clone()
        changed[0, step, channel] = 0
        batch = replace(series.batch, inputs={"source": replace(series.batch.inputs["source"], values=changed)})
        with torch.no_grad():
            lost = whole - float(series.score(model(batch)[0]))
        assert view.values["source.occlusion"][step, channel] == pytest.approx(lost, abs=1e-5)
    leaf = values.clone().requires_grad_()
    batch = replace(series.batch, inputs={"source": replace(series.batch.inputs["source"], values=leaf)})
    (slope,) = torch.autograd.grad(series.score(model(batch)[0]), leaf)
    assert np.allclose(view.values["source.gradient"], (slope * values)[0].numpy(), atol=1e-6)
    lines, *heats = view.figures
    assert isinstance(lines, Lines) and [one.name for one in lines.lines][1] == "integrated gradients"
    assert all(isinstance(one, Heat) and one.signed for one in heats) and len(heats) == 3


def test_a_picture_is_told_by_pixels_and_drawn() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (12, 12, 3), np.uint8)
    subject = subject_of(load(str(KEPT / "format-1-vqa")), (picture, "what colour is it?"))
    view = look(subject)
    height, width = subject.batch.inputs["source"].values.shape[1:3]
    for method in ("gradient", "integrated", "occlusion"):
        assert view.values[f"source.{method}"].shape == (height, width)
        assert view.values[f"question.{method}"].shape == (len(subject.axes["question"]),)
    kinds = [type(one) for one in view.figures]
    assert kinds.count(Heat) == 3 and kinds.count(Shaded) == 1 and kinds.count(Marked) == 3
    squares = parts_of(inputs_read(subject)["source"], subject.batch.inputs["source"].values, 16)
    assert squares.shape == (1, height, width, 1) and int(squares.max()) == 15


def test_parts_are_at_most_as_many_as_asked_for() -> None:
    read = inputs_read(subject_on(model_of(GRU), source=30))["source"]
    assert int(parts_of(read, torch.zeros(1, 30, 5), 7).max()) == 6
    assert int(parts_of(read, torch.zeros(1, 30, 5), 100).max()) == 29
    view = look(subject_on(model_of(GRU), source=30), method="occlusion", parts=7)
    assert any("30 steps were occluded in 7 parts" in note for note in view.notes)


def test_methods_are_compared_by_rank() -> None:
    values = {"source.gradient": np.array([1.0, 2, 3, 3]), "source.occlusion": np.array([1.0, 4, 9, 9])}
    assert agreement(values) == {"source: gradient and occlusion": pytest.approx(1)}
    values["source.occlusion"] = -values["source.occlusion"]
    assert agreement(values) == {"source: gradient and occlusion": pytest.approx(-1)}
    values["source.occlusion"] = np.zeros(4)
    assert agreement(values) == {"source: gradient and occlusion": None}


def test_an_answer_that_cannot_be_is_refused() -> None:
    subject = subject_on(model_of(GRU), source=3)
    never = replace(subject, score=lambda outputs: outputs["label"].sum() * 0 - torch.inf)
    said = SaliencyView().refusal(never)
    assert said is not None and "explain another answer" in said
    assert SaliencyView().refusal(subject) is None


def test_a_row_without_steps_is_refused() -> None:
    run = load(str(KEPT / "format-1-classify"))
    subject = subject_of(run, "")
    if inputs_read(subject):
        assert SaliencyView().refusal(subject) is None
    else:
        said = SaliencyView().refusal(subject)
        assert said is not None and "no step" in said


def test_long_rows_are_thinned_for_drawing_and_it_is_said() -> None:
    subject = subject_on(model_of(GRU), source=1200)
    view = look(subject, parts=10, points=8)
    assert view.values["source.gradient"].shape == (1200,)
    marked = [one for one in view.figures if isinstance(one, Marked)]
    assert all(len(one.tokens) == 1000 for one in marked) and len(marked) == 3
    assert marked[0].weights.sum() == pytest.approx(view.values["source.gradient"].sum(), rel=1e-5)
    assert any("1200 words are drawn as 1000" in note for note in view.notes)


def test_a_film_is_told_by_its_frames() -> None:
    subject = subject_on(model_of(GRU), source=5)
    model = subject.run.model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        model.source = Frames((8, 8, 3), 5, widths=(8, 16)).eval()
        film = torch.rand(1, 5, 8, 8, 3)
    mask = torch.ones(1, 5, dtype=torch.bool)
    subject = replace(subject, batch=Batch({"source": Field(film, mask)}), axes={"source": numbered(5, "frame")})
    view = look(subject)
    assert view.values["source.gradient"].shape == view.values["source.integrated"].shape == (5, 8, 8)
    whole, dark = subject.told(), film.clone()
    dark[0, 2] = 0
    lost = whole - replace(subject, batch=Batch({"source": Field(dark, mask)})).told()
    assert view.values["source.occlusion"].shape == (5,)
    assert view.values["source.occlusion"][2] == pytest.approx(lost, abs=1e-6)
    (lines,) = view.figures
    assert isinstance(lines, Lines) and lines.x == "frame" and len(lines.lines) == 3


def test_what_is_known_ahead_has_its_share(tmp_path: Path) -> None:
    """A forecast that hears of the months to come: what they say of the answer is told too."""
    draw = np.random.default_rng(3)
    rows = [f"{2015 + at // 12}-{1 + at % 12:02d},{draw.normal():.3f},{at % 2}" for at in range(48)]
    rows += [f"2019-{month:02d},,1" for month in (1, 2, 3)]
    path = tmp_path / "sales.csv"
    path.write_text("month,sales,holiday\n" + "\n".join(rows) + "\n", encoding="utf-8")
    run = fit(
        "forecast",
        str(path),
        arch="gru",
        out=str(tmp_path / "run"),
        device="cpu",
        steps=2,
        series={"horizon": 3, "look_back": 6, "known": ["holiday"], "values": ["sales"]},
        source={"size": 5},
        encoder={"size": 5},
    )
    subject = subject_of(run, str(path))
    reads = inputs_read(subject)
    assert set(reads) == {"source", "known"}
    view = look(subject)
    assert view.values["known.gradient"].shape[0] == 3 and view.facts["completeness"]["known"]["complete"]
    assert np.abs(view.values["known.gradient"]).max() > 0


def test_what_keeps_integrated_gradients_from_telling_is_said() -> None:
    """A score that jumps has no slope to add up; one that does not depend on an input gives it nothing."""
    subject = subject_on(model_of(GRU), source=4)
    flat = replace(subject, score=lambda outputs: outputs["label"].sum() * 0 + 2)
    (said,) = [note for note in look(flat, method="integrated").notes if "score is the same" in note]
    assert "saliency.baseline=mean" in said
    smooth = replace(subject, score=lambda outputs: outputs["label"][0, 0])
    with Patch(subject.run.model, {"source.vectors": torch.zeros_like}):
        empty = smooth.told()
    middle = (empty + smooth.told()) / 2
    jumps = replace(subject, score=lambda outputs: (outputs["label"][0, 0] > middle) * 9.0 + outputs["label"][0, 0])
    view = look(jumps, method="integrated", points=40)
    assert not view.facts["completeness"]["source"]["complete"]
    assert any("is missing after 40 points" in note for note in view.notes)
