"""Writing characters one by one, one text at a time: beside plain torch and onnxruntime.

python bench/speed_generation.py [--quick] [--cpu] [--rows TEXT]
"""

from sidebyside.command import run
from sidebyside.table import Row, Side, Table

WORK = {"size": 512, "vocabulary": 100, "length": 256}
EACH = ({"threads": 1}, {"threads": 2})


def _row(name: str, arch: str) -> Row:
    """Return the row of a model."""
    goals = {f"eager torch, {arch}": 3.0, "onnxruntime": 1.0}
    return Row(name, {"arch": arch, **WORK}, goals, amount=WORK["length"], unit="characters")


TABLE = Table(
    name="generation",
    title="Writing characters, one text at a time",
    intro="256 characters drawn one by one from a model of 100, by `run.generate` and by loops written by hand: torch "
    "over nn.LSTM or nn.LSTMCell, whichever is faster, or over a GPT that keeps its keys and values; and the same "
    "models exported for onnxruntime, with draws by numpy. Every peer has the better of one and two threads.",
    sides=(
        Side("Seqloom", "seqloom_generate.py"),
        Side(
            "eager torch, lstm",
            "torch_generate.py",
            settings=tuple({"way": way, **threads} for way in ("layer", "cell") for threads in EACH),
        ),
        Side("eager torch, gpt", "torch_generate.py", settings=EACH),
        Side("onnxruntime", "onnx_generate.py", environment="serving", settings=EACH),
    ),
    rows=(_row("characters, LSTM 512", "lstm"), _row("characters, GPT 4x256", "gpt")),
)

if __name__ == "__main__":
    run(TABLE)
