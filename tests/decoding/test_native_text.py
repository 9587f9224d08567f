"""Texts written by a packed decoder are those of the plain one, past the end of a window too."""

from typing import Any

import pytest
import torch

from seqloom.build import Wiring, build
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding import native_text
from seqloom.decoding.native_text import native_stepper
from seqloom.decoding.text import Written, write
from seqloom.errors import NumberError
from seqloom.kernels.library import native, reason
from seqloom.kernels.switch import VARIABLE
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.tape import Tape

DECODERS: dict[str, dict[str, Any]] = {
    "lstm": {"kind": "lstm", "size": 48, "layers": 2},
    "gru": {"kind": "gru", "size": 40, "residual": True},
    "gpt": {"kind": "transformer", "size": 32, "layers": 2, "heads": 4, "positions": "learned", "max_positions": 16},
    "rotary": {"kind": "transformer", "size": 32, "layers": 2, "heads": 2, "positions": "rotary"},
}
WINDOW = 12
LETTERS = "abcdefghijklmnop qrstuvwxyz.\n"


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip where no library was built."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if native() is None:
        pytest.skip(f"no native library: {reason()}")


def made(name: str) -> tuple[SequenceModel, Vocabulary]:
    vocabulary = Vocabulary.train([LETTERS], "char")
    torch.manual_seed(0)
    spec = Spec(task="language", target=SideSpec(size=24), decoder=DECODERS[name], heads={"words": {"kind": "tokens"}})
    model = build(spec, Wiring(target=len(vocabulary))).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model, vocabulary


def told(pieces: list[Written]) -> list[tuple[str, int, list[str]]]:
    return [(piece.text, piece.id, [token for token, _ in piece.alternatives]) for piece in pieces]


@pytest.mark.parametrize(
    "asked", [{}, {"temperature": 0.0}, {"top_k": 5, "top_p": 0.8, "watch_prompt": True, "top": 2}]
)
@pytest.mark.parametrize("name", DECODERS)
def test_the_text_is_the_plain_one(monkeypatch: pytest.MonkeyPatch, name: str, asked: dict[str, Any]) -> None:
    model, vocabulary = made(name)
    prompt = vocabulary.encode("a be")
    assert native_stepper(model, WINDOW) is not None
    quick = list(write(model, vocabulary, prompt, WINDOW, length=40, seed=5, **asked))
    monkeypatch.setenv(VARIABLE, "off")
    assert native_stepper(model, WINDOW) is None
    plain = list(write(model, vocabulary, prompt, WINDOW, length=40, seed=5, **asked))
    assert told(quick) == told(plain)
    assert len(quick) >= 40
    for one, other in zip(quick, plain, strict=True):
        assert one.probability == pytest.approx(other.probability, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", DECODERS)
def test_rows_are_written_side_by_side(name: str) -> None:
    model, vocabulary = made(name)
    step = native_stepper(model, WINDOW)
    assert step is not None
    generator = torch.Generator().manual_seed(2)
    ids = torch.randint(5, len(vocabulary), (3, 30), generator=generator)
    state: dict[str, Any] = {}
    alone: list[dict[str, Any]] = [{}, {}, {}]
    for time in range(30):
        logits, state = step(ids[:, time], state)
        for row in range(3):
            one, alone[row] = step(ids[row : row + 1, time], alone[row])
            torch.testing.assert_close(one[0], logits[row], rtol=1e-4, atol=1e-4)


def test_new_weights_write_another_text() -> None:
    model, vocabulary = made("lstm")

    def text() -> str:
        return "".join(piece.text for piece in write(model, vocabulary, vocabulary.encode("a"), WINDOW, length=30))

    first = text()
    with torch.no_grad():
        next(model.parameters()).add_(torch.randn(24))
    assert text() != first


@pytest.mark.parametrize("name", ["lstm", "rotary"])
def test_scores_that_become_none_are_told_where_they_do(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    model, vocabulary = made(name)
    table: Any = model.target
    with torch.no_grad():
        table.table.weight[vocabulary.encode("k")[0]] = torch.nan  # what is read after a k is nothing

    def heard() -> list[int]:
        found = []
        with pytest.raises(NumberError, match="no token can be chosen"):
            for piece in write(model, vocabulary, vocabulary.encode("a"), 64, length=3000, seed=1):
                found.append(piece.id)
        return found

    quick = heard()
    monkeypatch.setenv(VARIABLE, "off")
    assert quick == heard()
    assert quick[-1] == vocabulary.encode("k")[0]


def test_who_watches_hears_the_plain_steps() -> None:
    model, vocabulary = made("lstm")
    with Tape(model, only="decoder.*i") as tape:
        list(write(model, vocabulary, vocabulary.encode("a"), WINDOW, length=3))
    assert tape["decoder.stack.cells.0.forwards.i"].shape == (1, 3, 48)


def test_a_model_in_float64_has_no_native_steps() -> None:
    model, _ = made("gru")
    assert native_text.native_stepper(model.double(), WINDOW) is None
