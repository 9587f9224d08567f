"""Batch normalisation of pictures (Ioffe & Szegedy 2015, arXiv:1502.03167), whose running statistics are weights.

In training each channel is brought to mean 0 and deviation 1 over the pictures and places of a batch (algorithm 1);
afterwards by running means of those statistics (algorithm 2). A run saves, averages and copies the parameters of a
model; the running statistics are parameters that learn nothing, so that they go wherever the weights go.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

MOMENTUM = 0.1
"""Share of the newest batch in the running statistics."""


class BatchNorm(nn.Module):
    """Normalises x [n, channels, height, width] by channel; names of parameters are torch's."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.running_mean = nn.Parameter(torch.zeros(channels), requires_grad=False)
        self.running_var = nn.Parameter(torch.ones(channels), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise by the batch and move the running statistics in training, by those statistics afterwards.

        One value a channel has no deviation, so that a batch of one place goes by the running ones.
        """
        learn = self.training and x.numel() > x.shape[1]
        return batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, learn, MOMENTUM)
