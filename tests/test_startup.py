"""What a start imports, by name: a clock would say another thing on another machine."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COMPILER = ("torch._dynamo", "torch._inductor", "sympy")
"""What torch brings along to compile models, which takes it as long as all else together."""
OTHERS = (
    "pandas",
    "scipy",
    "sklearn",
    "sacrebleu",
    "PIL",
    "av",
    "soundfile",
    "matplotlib",
    "vl_convert",
    "onnx",
    "ray",
)
FAR = (
    "seqloom.explaining",
    "seqloom.comparing",
    "seqloom.studies",
    "seqloom.tuning",
    "seqloom.advising",
    "seqloom.pages",
)


def imported(program: str, text: str = "") -> set[str]:
    """Run a program and return what it has imported when it ends."""
    ends = "\nimport sys; print('\\0'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program + ends], input=text, capture_output=True, text=True, cwd=HERE)
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stderr.splitlines()[-1].split("\0"))


def test_the_package_alone_imports_next_to_nothing() -> None:
    found = imported("import seqloom")
    assert {name for name in found if name.startswith("seqloom")} == {"seqloom"}
    assert not {"torch", "numpy", "typer", "pydantic", "yaml"} & found


@pytest.mark.parametrize("kept", ["classify", "translate", "forecast", "language"])
def test_loading_a_run_imports_no_more_than_it_needs(kept: str) -> None:
    found = imported(f"import seqloom; seqloom.load('kept/format-1-{kept}')")
    assert "torch" in found
    assert not {*COMPILER, *OTHERS, *FAR} & found


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
def test_training_imports_no_compiler(optimizer: str, tmp_path: Path) -> None:
    """torch's own Adam imports it when one is built."""
    (tmp_path / "data.tsv").write_text(
        "text\tlabel\n" + "".join(f"{'ab'[row % 2]} {row}\t{row % 2}\n" for row in range(40))
    )
    settings = ["fit.steps=2", "fit.valid_every=1", f"fit.optimizer={optimizer}", "fit.device=cpu"]
    said = f"'classify', {str(tmp_path / 'data.tsv')!r}, arch='gru', out={str(tmp_path / 'run')!r}, settings={settings}"
    found = imported(f"import seqloom; seqloom.fit({said})")
    assert "torch" in found
    assert not {*COMPILER, *OTHERS, *FAR} & found


def test_predict_on_one_line_imports_no_more_than_it_needs() -> None:
    found = imported(
        "from seqloom.cli.main import main; assert main(['predict', 'kept/format-1-classify']) == 0", "좋다\n"
    )
    assert "torch" in found
    assert not {*COMPILER, *OTHERS, *FAR} & found
