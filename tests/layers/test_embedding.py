"""Ids to vectors: one-hot, learned, pretrained; the padding id is zero in all of them."""

import pytest
import torch

from seqloom.layers.embedding import PAD, TokenEmbedding, VectorInput

IDS = torch.tensor([[2, 3, PAD], [1, PAD, PAD]])


def test_one_hot_has_the_width_of_the_vocabulary_and_no_weights() -> None:
    embedding = TokenEmbedding(4, embed="onehot", size=99)
    assert embedding.size == 4 and not list(embedding.parameters()) and not embedding.state_dict()
    assert embedding(IDS).tolist() == [[[0, 0, 1, 0], [0, 0, 0, 1], [0] * 4], [[0, 1, 0, 0], [0] * 4, [0] * 4]]
    assert embedding.double()(IDS).dtype == torch.float64


def test_learned_vectors_have_variance_one_over_size_and_none_for_padding() -> None:
    torch.manual_seed(0)
    embedding = TokenEmbedding(2000, size=64)
    assert embedding.table is not None and embedding.size == 64
    assert not embedding.table.weight[PAD].any()
    assert embedding.table.weight[1:].std().item() == pytest.approx(64**-0.5, rel=0.02)
    assert not embedding(IDS)[IDS == PAD].any()


def test_the_padding_row_never_learns() -> None:
    embedding = TokenEmbedding(4, size=3)
    embedding(IDS).sum().backward()
    assert embedding.table is not None and embedding.table.weight.grad is not None
    assert embedding.table.weight.grad.any(1).tolist() == [False, True, True, True]


def test_known_vectors_replace_the_drawn_and_unknown_words_keep_theirs() -> None:
    vectors = torch.full((4, 3), 7.0)
    vectors[2] = float("nan")
    torch.manual_seed(0)
    embedding = TokenEmbedding(4, size=3, pretrained=vectors)
    torch.manual_seed(0)
    drawn = TokenEmbedding(4, size=3)
    assert embedding.table is not None and drawn.table is not None
    assert embedding.table.weight[[1, 3]].eq(7).all()
    assert torch.equal(embedding.table.weight[2], drawn.table.weight[2])
    assert not embedding.table.weight[PAD].any(), "whatever the file says of padding"


@pytest.mark.parametrize("freeze", [False, True])
def test_frozen_vectors_do_not_learn(freeze: bool) -> None:
    embedding = TokenEmbedding(4, size=3, freeze=freeze)
    assert [weight.requires_grad for weight in embedding.parameters()] == [not freeze]


def test_dropout_is_in_training_only() -> None:
    embedding = TokenEmbedding(4, size=50, drop=0.5)
    full = embedding.eval()(IDS)
    assert torch.equal(full, embedding(IDS))
    torch.manual_seed(0)
    dropped = embedding.train()(IDS)
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], 2 * full[kept])
    assert 0.3 < kept[IDS != PAD].double().mean() < 0.7


def test_vectors_are_projected_and_dropped_in_training_only() -> None:
    layer, x = VectorInput(2, 200, 0.5), torch.randn(3, 1, 2)
    full = layer.eval()(x)
    torch.testing.assert_close(full, x @ layer.matrix.weight.T)
    dropped = layer.train()(x)
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], 2 * full[kept])
    assert 0.3 < kept.double().mean() < 0.7
