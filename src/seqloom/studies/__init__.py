"""Studies: claims of the course, each a controlled experiment with a verdict."""

from seqloom.table import Table

STUDIES = Table(
    "study",
    "seqloom.studies",
    {
        "vanishing": "vanishing:Vanishing",
        "exploding": "exploding:Exploding",
        "memory": "memory:Memory",
        "gates": "gates:Gates",
        "truncation": "truncation:Truncation",
        "sharing": "sharing:Sharing",
        "bidirectional": "bidirectional:Bidirectional",
        "bottleneck": "bottleneck:Bottleneck",
        "alignment": "alignment:Alignment",
        "order": "order:Order",
        "scaling": "scaling:Scaling",
        "masking": "masking:Masking",
        "heads": "heads:Heads",
        "depth": "depth:Depth",
        "parallel": "parallel:Parallel",
        "exposure": "exposure:Exposure",
        "embeddings": "embeddings:Embeddings",
        "lstm-vs-gru": "lstm_vs_gru:LstmVsGru",
    },
)
