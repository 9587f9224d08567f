"""Blocks that encoders and decoders are made of: embeddings, positions, attention, recurrent stacks."""
