"""Character models in plain torch, one token at a time: what bench/peers/torch_generate.py runs and
bench/peers/onnx_generate.py exports. GPT keeps the keys and values of what it read."""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

SIZE, LAYERS, HEADS, CONTEXT = 256, 4, 4, 512
EMBEDDED = 128


class CharLstm(nn.Module):
    """Embedding, one layer of LSTM, output layer."""

    def __init__(self, vocabulary: int, size: int) -> None:
        super().__init__()
        self.embed, self.lstm = nn.Embedding(vocabulary, EMBEDDED), nn.LSTM(EMBEDDED, size)
        self.out = nn.Linear(size, vocabulary)

    def forward(self, token: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read a token [1]; return logits [vocabulary], h and c [1, 1, size]."""
        hidden, (h, c) = self.lstm(self.embed(token).unsqueeze(0), (h, c))
        return self.out(hidden[0, 0]), h, c


class CharLstmCell(nn.Module):
    """The same over nn.LSTMCell, which does less around its products."""

    def __init__(self, vocabulary: int, size: int) -> None:
        super().__init__()
        self.embed, self.cell = nn.Embedding(vocabulary, EMBEDDED), nn.LSTMCell(EMBEDDED, size)
        self.out = nn.Linear(size, vocabulary)

    def forward(self, token: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read a token [1]; return logits [vocabulary], h and c [1, size]."""
        h, c = self.cell(self.embed(token), (h, c))
        return self.out(h[0]), h, c


class Block(nn.Module):
    """Attention over what was read, and a feed-forward network; norms before."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(SIZE), nn.LayerNorm(SIZE)
        self.qkv, self.join = nn.Linear(SIZE, 3 * SIZE), nn.Linear(SIZE, SIZE)
        self.up, self.down = nn.Linear(SIZE, 4 * SIZE), nn.Linear(4 * SIZE, SIZE)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read x [1, size] after keys and values [heads, read, part]; return them with its own behind."""
        q, k, v = (part.view(HEADS, 1, -1) for part in self.qkv(self.before(x)).chunk(3, -1))
        keys, values = torch.cat([keys, k], 1), torch.cat([values, v], 1)
        x = x + self.join(scaled_dot_product_attention(q[None], keys[None], values[None]).reshape(1, -1))
        return x + self.down(gelu(self.up(self.between(x)))), keys, values


class CharGpt(nn.Module):
    """Embeddings of tokens and places, blocks, a norm and an output layer."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embed, self.places = nn.Embedding(vocabulary, SIZE), nn.Embedding(CONTEXT, SIZE)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.out = nn.LayerNorm(SIZE), nn.Linear(SIZE, vocabulary)

    def forward(self, token: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read a token [1] after keys and values [layers, heads, read, part]; return logits [vocabulary] and both."""
        x = self.embed(token) + self.places.weight[keys.shape[2]]
        after = []
        for layer, block in enumerate(self.blocks):
            x, *read = block(x, keys[layer], values[layer])
            after.append(read)
        keys, values = (torch.stack([read[side] for read in after]) for side in (0, 1))
        return self.out(self.norm(x))[0], keys, values


def start(arch: str, way: str, size: int) -> tuple[Tensor, Tensor]:
    """Return the State before anything was read."""
    if arch == "gpt":
        empty = torch.zeros(LAYERS, HEADS, 0, SIZE // HEADS)
        return empty, empty
    zero = torch.zeros(1, size) if way == "cell" else torch.zeros(1, 1, size)
    return zero, zero


def build(arch: str, way: str, vocabulary: int, size: int) -> nn.Module:
    """Build a model in evaluation mode, with the weights of a seed."""
    torch.manual_seed(0)
    if arch == "gpt":
        return CharGpt(vocabulary).eval()
    return (CharLstmCell if way == "cell" else CharLstm)(vocabulary, size).eval()
