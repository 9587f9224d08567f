"""Keras' recurrent layers on jax, jitted, forward and backward. The work is that of bench/peers/jax_recurrent.py."""

import os

os.environ["KERAS_BACKEND"] = "jax"  # read when keras is imported

import jax
import keras
from answering import Once, Refused, Work, serve, sizes

KINDS = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


def make(work: Work) -> Once:
    """Build the jitted gradient of one layer and its batch [batch, time, input]."""
    if "shortest" in work or work.get("type", "float32") != "float32":
        raise Refused("lengths and bfloat16 are not written for it here")
    time, batch, width, size = sizes(work, "time", "batch", "input", "size")
    layer = KINDS[work["cell"]](size, return_sequences=True)
    layer.build((batch, time, width))
    keys = jax.random.split(jax.random.key(0))
    x, back = (jax.random.normal(key, (batch, time, n)) for key, n in zip(keys, (width, size), strict=True))
    fixed = [one.value for one in layer.non_trainable_variables]

    def loss(weights: list[jax.Array], x: jax.Array) -> jax.Array:
        out, _ = layer.stateless_call(weights, fixed, x)
        return (out * back).sum()

    gradient = jax.jit(jax.grad(loss, (0, 1) if work.get("hidden", True) else 0))
    weights = [one.value for one in layer.trainable_variables]

    def once() -> None:
        jax.block_until_ready(gradient(weights, x))

    return once


if __name__ == "__main__":
    serve(f"Keras {keras.__version__} on jax {jax.__version__}", make)
