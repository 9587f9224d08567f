"""What a decoder thinks of texts, against what it says of those that it wrote."""

import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.data.vocabulary import BOS, EOS
from seqloom.decoding.given import given_logprobs
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import Memories, decode
from seqloom.model import SequenceModel
from seqloom.spec import parse

VOCABULARY = 9


def model(decoder: str, seed: int = 0) -> SequenceModel:
    torch.manual_seed(seed)
    shape = {"kind": "transformer", "size": 4, "heads": 2, "layers": 1} if decoder == "transformer" else {"size": 4}
    values = {
        "task": "translate",
        "source": {"size": 4},
        "target": {"size": 4},
        "encoder": {"kind": "gru", "size": 4},
        "bridge": {"kind": "attention"},
        "decoder": {"kind": decoder, **shape},
        "heads": {"words": {"kind": "tokens"}},
    }
    made = build(parse(values), Wiring(source=VOCABULARY, target=VOCABULARY)).double().eval()
    with torch.no_grad():
        made.heads["words"].bias[EOS] = 1.5  # type: ignore[union-attr, operator, index]
    return made


def sources() -> Batch:
    ids = torch.tensor([[5, 6, 7, 2], [8, 2, 0, 0]])
    return Batch({"source": Field(ids, ids != 0)})


@pytest.mark.parametrize("decoder", ["gru", "lstm", "transformer"])
def test_texts_that_it_wrote_have_the_probability_it_wrote_them_with(decoder: str) -> None:
    one = model(decoder)
    written = decode([one], sources(), Settings(beam=4, best=4, max_length=6, never=()))
    texts = [(row, list(found.ids)) for row, several in enumerate(written) for found in several if found.finished]
    assert len(texts) > 3
    wanted = [found.logprob for several in written for found in several if found.finished]
    assert given_logprobs([one], Memories((one.read(sources()),)), texts) == pytest.approx(wanted, abs=1e-9)


def test_several_models_think_what_their_mean_thinks() -> None:
    models = [model("gru"), model("lstm", 1)]
    memories = Memories(tuple(one.read(sources()) for one in models))
    texts = [(1, [5, 6]), (0, []), (1, [7])]
    for text, found in zip(texts, given_logprobs(models, memories, texts), strict=True):
        total, fed = 0.0, [BOS]
        for token in [*text[1], EOS]:
            ps = []
            for one, memory in zip(models, memories.of, strict=True):
                row = memory.reorder(torch.tensor([text[0]]))
                ps.append(one.step(torch.tensor([fed]), None, row)[0].softmax(-1)[0, token])
            total += float(torch.stack(ps).detach().mean().log())
            fed.append(token)
        assert found == pytest.approx(total, abs=1e-9)


def test_no_texts_have_no_probabilities() -> None:
    assert given_logprobs([model("gru")], Memories(()), []) == []
