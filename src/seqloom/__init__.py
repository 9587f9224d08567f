"""Seqloom trains, compares, explains and ships sequence models, from the plain recurrent network to the Transformer.

    import seqloom
    run = seqloom.fit("classify", "reviews.tsv", arch="bilstm")
    run.predict(["a fine film"])

The verbs import torch when first used, so `import seqloom` is quick.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "explain", "fit", "load"]

if TYPE_CHECKING:
    from pathlib import Path

    from seqloom.comparing.comparison import Comparison
    from seqloom.explaining.explain import Explanation
    from seqloom.training.run import Run


def fit(task: str, data: str, **options: Any) -> "Run":
    """Train a model on a file and return its Run; see `seqloom.training.run.fit` for the options."""
    from seqloom.training import run

    return run.fit(task, data, **options)


def load(path: "str | Path", device: str = "cpu") -> "Run":
    """Load a run folder, checking its manifest. Raises CheckpointError where it is damaged."""
    from seqloom.training import run

    return run.load(path, device)


def explain(run: "Run", row: Any, **options: Any) -> "Explanation":
    """Explain a run's answer to one row; see `seqloom.explaining.explain` for the options."""
    return run.explain(row, **options)


def compare(task: str, data: str, archs: "str | list[str] | None" = None, **options: Any) -> "Comparison":
    """Train architectures alike, over seeds, and return what can be told apart; see `seqloom.comparing.compare`."""
    from seqloom.comparing import compare as comparing

    return comparing.compare(task, data, archs, **options)
