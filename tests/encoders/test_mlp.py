"""The multilayer perceptron: each step alone."""

import torch

from seqloom.encoders.mlp import MLP


def test_each_step_is_answered_by_itself() -> None:
    for activation, bend in (("relu", torch.relu), ("tanh", torch.tanh)):
        encoder = MLP(3, size=4, layers=2, activation=activation).double()  # type: ignore[arg-type]
        x = torch.randn(2, 5, 3, dtype=torch.float64)
        memory, _ = encoder(x, torch.ones(2, 5, dtype=torch.bool))
        y = x
        for linear in (encoder.net[0], encoder.net[3]):
            y = bend(y @ linear.weight.T + linear.bias)  # type: ignore[union-attr, operator]
        torch.testing.assert_close(memory.outputs, y)
        torch.testing.assert_close(memory.summary, y.mean(1))


def test_dropout_is_in_training_only() -> None:
    encoder = MLP(3, size=50, dropout=0.5)
    x, mask = torch.randn(1, 2, 3), torch.ones(1, 2, dtype=torch.bool)
    encoder.eval()
    assert torch.equal(encoder(x, mask)[0].outputs, encoder(x, mask)[0].outputs)
    encoder.train()
    assert not torch.equal(encoder(x, mask)[0].outputs, encoder(x, mask)[0].outputs)
