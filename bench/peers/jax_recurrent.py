"""Recurrent layers as jax.lax.scan, jitted, forward and backward; inputs are projected in one product before the scan.

The work is that of bench/peers/torch_recurrent.py, without lengths: x is [time, batch, input]. Gates as torch has them.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from answering import Once, Refused, Work, serve, sizes
from jax.nn import sigmoid

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
Step = Callable[[Any, Any], tuple[Any, Any]]


def step(cell: str, weights: dict[str, jax.Array]) -> Step:
    """Return one step: (carry, projected input [batch, gates * size]) -> (carry, output)."""

    def rnn(h: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = jnp.tanh(x + h @ weights["hh"] + weights["bias"])
        return h, h

    def gru(h: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        x_r, x_z, x_n = jnp.split(x, 3, -1)
        h_r, h_z, h_n = jnp.split(h @ weights["hh"] + weights["bias"], 3, -1)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        h = (1 - z) * jnp.tanh(x_n + r * h_n) + z * h
        return h, h

    def lstm(carry: tuple[jax.Array, jax.Array], x: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        h, c = carry
        i, f, g, o = jnp.split(x + h @ weights["hh"] + weights["bias"], 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
        h = sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return {"rnn": rnn, "gru": gru, "lstm": lstm}[cell]


def make(work: Work) -> Once:
    """Build the jitted gradient of one layer and its batch."""
    if "shortest" in work or work.get("type", "float32") != "float32":
        raise Refused("lengths and bfloat16 are not written for it here")
    time, batch, width, size = sizes(work, "time", "batch", "input", "size")
    gates, keys = GATES[work["cell"]], jax.random.split(jax.random.key(0), 4)
    weights = {
        "ih": jax.random.normal(keys[0], (width, gates * size)) * size**-0.5,
        "hh": jax.random.normal(keys[1], (size, gates * size)) * size**-0.5,
        "bias": jnp.zeros(gates * size),
    }
    x, back = (jax.random.normal(key, (time, batch, n)) for key, n in zip(keys[2:], (width, size), strict=True))
    zero = jnp.zeros((batch, size))

    def loss(weights: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        start = (zero, zero) if work["cell"] == "lstm" else zero
        _, out = jax.lax.scan(step(work["cell"], weights), start, x @ weights["ih"])
        return (out * back).sum()

    gradient = jax.jit(jax.grad(loss, (0, 1) if work.get("hidden", True) else 0))

    def once() -> None:
        jax.block_until_ready(gradient(weights, x))

    return once


if __name__ == "__main__":
    serve(f"jax {jax.__version__}", make)
