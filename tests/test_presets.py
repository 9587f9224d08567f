"""Every preset builds in every structure it claims, and refuses the others with a reason."""

import pytest
import torch

from seqloom.build import Wiring, build
from seqloom.errors import InputError
from seqloom.presets import PRESETS, preset
from seqloom.spec import parse

HEADS = {"summary": {"label": {"kind": "label"}}, "language": {"words": {"kind": "tokens"}}}
NAMED = {"mlp", "rnn", "lstm", "gru", "birnn", "bilstm", "bigru", "deep-lstm"}
NAMED |= {"transformer", "gpt", "mingru", "minlstm", "bag"}


@pytest.mark.parametrize("structure", ["summary", "language"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_builds_or_says_why_not(name: str, structure) -> None:  # type: ignore[no-untyped-def]
    wiring = Wiring(source=20, target=20, labels={"label": (["a", "b"], [1, 1])})
    try:
        parts = preset(name, structure)
    except InputError as error:
        assert f"architecture '{name}' cannot do this task: " in str(error) and "These can: " in str(error)
        return
    spec = parse({"task": "x", "source": {}, "target": {}, "heads": HEADS[structure], **parts})
    model = build(spec, wiring)
    assert (model.encoder is None) == (structure == "language") and (model.decoder is None) == (structure == "summary")
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_every_preset_that_was_promised_is_there_and_names_its_paper() -> None:
    assert set(PRESETS) >= NAMED
    assert all(any(digit.isdigit() for digit in one.paper) for one in PRESETS.values())


def test_what_reads_ahead_cannot_write_and_what_writes_is_no_encoder() -> None:
    with pytest.raises(InputError, match="it would read the tokens it has yet to write; take 'lstm'"):
        preset("bilstm", "language")
    with pytest.raises(InputError, match="take 'transformer'"):
        preset("gpt", "summary")
    with pytest.raises(InputError, match="unknown architecture 'lstn'; did you mean 'lstm'"):
        preset("lstn", "summary")


def test_an_expansion_is_a_copy() -> None:
    preset("lstm", "summary")["encoder"]["size"] = 1
    assert preset("lstm", "summary")["encoder"]["size"] != 1
