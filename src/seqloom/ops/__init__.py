"""Pure functions over tensors: unroll a cell, turn a sequence by its length, pool, attend, place."""
