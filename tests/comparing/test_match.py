"""Every preset comes to the number of parameters that is asked for, in every structure, or says what it can come to."""

import re
from typing import Any

import pytest
import torch

from seqloom.build import Wiring, build
from seqloom.comparing.match import AIM, WITHIN, embedded, matched, parameters_of, parse
from seqloom.errors import InputError
from seqloom.fronts.front import MediaShape
from seqloom.override import override
from seqloom.plan import merge
from seqloom.presets import PRESETS, parts_of
from seqloom.spec import Spec
from seqloom.spec import parse as parse_spec

LABELS = {"label": (["가", "나"], [1, 1]), "tags": (["O", "B-곳", "I-곳"], [1, 1, 1])}
SHAPES = {
    "audio": MediaShape("audio", (12,)),
    "image": MediaShape("image", (16, 16, 3)),
    "video": MediaShape("video", (16, 16, 3)),
}
HEADS: dict[str, dict[str, Any]] = {
    "summary": {"label": {"kind": "label"}},
    "steps": {"tags": {"kind": "crf"}},
    "language": {"words": {"kind": "tokens"}},
    "sequence": {"words": {"kind": "tokens"}},
    "joined": {"label": {"kind": "label", "hidden": 16}},
}
ASKED = {
    "task": "vqa",
    "source": {"tokens": "image", "size": 16, "front": {"kind": "patches", "patch": 8}},
    "encoder": {"kind": "bag"},
    "beside": {"question": {"size": 16, "encoder": {"kind": "gru", "size": 32}}},
    "fuse": {"kind": "multiply", "size": 32},
}


def plain(name: str, structure: str) -> dict[str, Any] | None:
    """Return a preset as the plain values of a spec; None where it cannot be."""
    parts = parts_of(name, structure, tuple(SHAPES))  # type: ignore[arg-type]
    if isinstance(parts, str):
        return None
    values: dict[str, Any] = {"task": "x", "arch": name, "source": {}, "target": {}, "heads": HEADS[structure]}
    merge(values, ASKED if structure == "joined" else {})
    if PRESETS[name].name == "ctc":
        values["heads"] = {"ctc": {"kind": "ctc"}}
    merge(values, parts)
    return values


def wiring_of(name: str, structure: str) -> Wiring:
    reads = "image" if structure == "joined" else PRESETS[name].reads
    asked = {"question": Wiring(source=20)} if structure == "joined" else {}
    return Wiring(
        source=None if reads else 20, target=20, labels=LABELS, media=SHAPES[reads] if reads else None, beside=asked
    )


TOO_FEW = {("bag", "joined", 0.6), ("cnn", "joined", 0.6)}
"""What reads the picture is nearly all of them, and stays as it is."""
CASES = [(name, structure) for structure in HEADS for name in PRESETS if plain(name, structure) is not None]


@pytest.mark.parametrize(("name", "structure"), CASES)
@pytest.mark.parametrize("share", [0.6, 1.5])
def test_a_preset_comes_to_the_parameters_asked_for(name: str, structure: str, share: float) -> None:
    values, wiring = plain(name, structure), wiring_of(name, structure)
    assert values is not None
    target = round(parameters_of(parse_spec(values), wiring) * share)
    try:
        settings, count = matched(parse_spec(values), wiring, target)
    except InputError as error:
        assert (name, structure, share) in TOO_FEW
        least = re.search(r"at least ([\d,]+) parameters", str(error))
        assert least and int(least[1].replace(",", "")) > target
        return
    assert abs(count - target) <= AIM * target and settings
    override(values, settings)
    assert parameters_of(parse_spec(values), wiring) == count, "the settings are all that it takes"


def spec_of(name: str, structure: str = "summary", *settings: str) -> Spec:
    values = plain(name, structure)
    assert values is not None
    override(values, settings)
    return parse_spec(values)


def test_two_architectures_agree_within_two_per_cent_whatever_their_shape() -> None:
    counts = [
        matched(spec_of(name), wiring_of(name, "summary"), 100_000)[1] for name in ("rnn", "bigru", "transformer")
    ]
    assert max(counts) <= 1.02 * min(counts)


def test_a_count_by_hand() -> None:
    spec = spec_of("lstm", "summary", "source.size=10", "encoder.size=20")
    by_hand = 20 * 10 + 4 * 20 * (10 + 20 + 2) + 20 + 1  # embedding, gates with two biases, a head of two labels
    assert parameters_of(spec, Wiring(source=20, labels=LABELS)) == by_hand
    assert matched(spec, Wiring(source=20, labels=LABELS), by_hand) == ((), by_hand)
    (setting,), count = matched(spec, Wiring(source=20, labels=LABELS), 200 + 4 * 50 * (10 + 50 + 2) + 50 + 1)
    assert (setting, count) == ("encoder.size=50", 12651)


def test_the_model_that_is_counted_is_the_one_that_is_built() -> None:
    spec, wiring = spec_of("transformer", "sequence"), wiring_of("transformer", "sequence")
    settings, count = matched(spec, wiring, 300_000)
    values = plain("transformer", "sequence")
    assert values is not None
    override(values, settings)
    model = build(parse_spec(values), wiring)
    assert model.parameter_count() == count == sum(one.numel() for one in model.parameters())
    assert embedded(model) == 2 * 20 * 256, "embeddings stay as they are"
    assert not any(setting.startswith(("source", "target")) for setting in settings)


def test_a_table_that_two_sides_share_is_counted_once() -> None:
    spec = spec_of("lstm", "sequence", "source.tie=true", "target.joint=true", "source.size=32", "target.size=32")
    model = build(spec, wiring_of("lstm", "sequence"))
    assert embedded(model) == 20 * 32
    model.requires_grad_(False)
    assert embedded(model) == 0, "what does not learn is no parameter"


@pytest.mark.parametrize(
    "settings",
    [
        ["decoder.start=copy", "bridge={kind: context, to: start}", "decoder.size=128", "encoder.size=128"],
        ["bridge={kind: attention, score: dot}", "encoder.bidirectional=true", "encoder.size=64", "decoder.size=128"],
        ["bridge={kind: attention, score: multihead, heads: 6}", "decoder.size=120"],
        ["encoder=transformer", "encoder.heads=3", "encoder.size=96", "encoder.positions=rotary"],
        ["source.tie=true", "target.joint=true", "encoder.layers=2"],
    ],
    ids=["copied State", "dot", "heads of a bridge", "rotary", "tied inputs"],
)
@pytest.mark.parametrize("target", [3_100, 40_000, 2_000_000])
def test_widths_that_must_agree_go_together(settings: list[str], target: int) -> None:
    spec, wiring = (
        spec_of("lstm", "sequence", *settings, "source.size=32", "target.size=32"),
        wiring_of("lstm", "sequence"),
    )
    _, count = matched(spec, wiring, target)
    assert abs(count - target) <= WITHIN * target


def test_what_has_no_width_but_its_input_is_scaled_there() -> None:
    settings, count = matched(spec_of("bag"), wiring_of("bag", "summary"), 9_000)
    assert [one.partition("=")[0] for one in settings] == ["source.size"] and abs(count - 9_000) <= 90
    settings, count = matched(spec_of("cnn"), wiring_of("cnn", "summary"), 60_000)
    assert any(one.startswith("source.front.widths=[") for one in settings) and abs(count - 60_000) <= 600


def test_vectors_of_a_file_count_as_wide_as_they_are_and_stay_so() -> None:
    wiring = Wiring(source=20, labels=LABELS, vectors={"source": torch.zeros(20, 300)})
    spec = spec_of("gru", "summary", "source.vectors=words.vec")
    settings, count = matched(spec, wiring, 50_000)
    assert count > 20 * 300 and settings == (f"encoder.size={int(settings[0].partition('=')[2])}",)
    frozen = spec_of("bag", "summary", "source.vectors=words.vec", "source.freeze=true")
    with pytest.raises(InputError, match="bag has 301 parameters and no width to scale"):
        matched(frozen, wiring, 50_000)


def test_what_cannot_be_says_what_is_nearest() -> None:
    wiring = Wiring(source=8000, labels=LABELS)
    with pytest.raises(InputError) as error:
        matched(spec_of("rnn"), wiring, 1_000_000)
    said = str(error.value)
    assert "rnn has at least 1,024,133 parameters however narrow, of which 1,024,000 are embeddings" in said
    assert "-s source.size=32" in said
    with pytest.raises(InputError, match=r"target\.size=32"):
        matched(spec_of("rnn", "language"), Wiring(target=8000), 500_000)
    with pytest.raises(InputError, match=r"the nearest that rnn comes to is \d+ \(encoder.size=\d"):
        matched(spec_of("rnn", "summary", "source.embed=onehot"), Wiring(source=20, labels=LABELS), 60)
    with pytest.raises(InputError, match="ask for fewer, or give it more layers"):
        matched(spec_of("mlp"), Wiring(source=20, labels=LABELS), 10**13)
    with pytest.raises(InputError, match="make the front end smaller"):
        matched(spec_of("lrcn"), wiring_of("lrcn", "summary"), 20_000)


def test_what_is_asked_for_is_read() -> None:
    assert [parse(f"params={one}") for one in ("1M", "1.5m", "500k", "250000", " 2e6 ")] == [
        1_000_000,
        1_500_000,
        500_000,
        250_000,
        2_000_000,
    ]
    assert parse("params=lstm") == "lstm" and parse("params=gru+encoder.layers=2") == "gru+encoder.layers=2"
    for wrong in (
        "params",
        "params=",
        "1M",
        "size=3",
        "params=0",
        "params=-5k",
        "params=nan",
        "params=inf",
        "params=3q",
    ):
        with pytest.raises(InputError, match=re.escape(f"--match {wrong}: ")):
            parse(wrong)
    with pytest.raises(InputError, match="did you mean 'lstm'"):
        parse("params=lsmt")
