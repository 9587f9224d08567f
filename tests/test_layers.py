"""The layer table of the design, enforced on every source file, and the checker shown to catch each violation."""

import ast
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "seqloom"

LAYERS = [
    {"state", "tape", "memory", "batch", "table", "errors"},
    {"data", "kernels", "report"},
    {"ops"},
    {"cells", "layers"},
    {"encoders", "fronts", "bridges", "decoders", "heads"},
    {"model", "build", "refuse", "override", "plan"}
    | {"architecture", "presets", "presets_media", "section", "spec", "spec_media"},
    {"losses", "metrics", "decoding"},
    {"tasks"},
    {"training"},
    {"explaining", "export", "checking"},
    {"comparing", "studies", "tuning"},
    {"advising", "pages"},
    {"cli", "serve"},
]
FILES = LAYERS[0] | LAYERS[5]  # these are files of the top folder, the others are folders
# layers/stack.py puts cells over one another, and a decoder is built around a bridge; no cell and no bridge knows them
WITHIN = {("layers", "cells"), ("decoders", "bridges")}
LAYER = {unit: number for number, units in enumerate(LAYERS) for unit in units}
VERBS = {"fit", "load", "predict", "generate", "explain", "compare", "train", "evaluate"}
SHAPELESS = {"utils", "util", "common", "base", "helpers", "helper", "misc"}
CORE = {"torch", "numpy", "safetensors", "tokenizers", "typer", "rich", "pydantic", "yaml"}
PINNING = {"torchvision", "torchaudio", "torchtext", "lightning", "pytorch_lightning", "hydra", "omegaconf"}
UNSAFE = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "__import__", "importlib.import_module", "import_module", "torch.load"}
LAZY = {"__init__.py", "training/run.py"}  # `seqloom.fit` and the methods of Run reach upward when they are called
LINES = 400


def problems(path: str, text: str) -> list[str]:
    """List what a source file does against the rules; `path` is relative to the package, e.g. "cells/gru.py"."""
    parts = path.removesuffix(".py").split("/")
    found = []
    if text.count("\n") > LINES:
        found.append(f"{text.count(chr(10))} lines, at most {LINES}")
    if SHAPELESS & set(parts):
        found.append(f"a file or folder named {', '.join(SHAPELESS & set(parts))} says nothing of its idea")
    if parts[0] in VERBS:
        found.append(f"'{parts[0]}' is a public verb: the module would hide seqloom.{parts[0]}")
    if parts[0] != "__init__" and parts[0] not in LAYER:
        return [*found, f"'{parts[0]}' is in no layer"]
    tree = ast.parse(text)
    inside = _inside_functions(tree)
    typing_only = _typing_only(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in UNSAFE_CALLS:
            found.append(f"line {node.lineno}: calls {name}")
        for module in _imported(node, path):
            line, top = f"line {node.lineno}: imports {module}", module.split(".")[0]
            lazy = node in inside
            if top in PINNING | UNSAFE:
                found.append(f"{line}, which is never used here")
            elif top == "seqloom":
                unit = module.split(".")[1] if "." in module else None
                if unit not in LAYER:
                    if unit is not None:
                        found.append(f"{line}, which is in no layer")
                elif not _downward(parts[0], unit) and not (path in LAZY and (lazy or node in typing_only)):
                    found.append(f"{line}: layer {LAYER[unit]} from layer {LAYER.get(parts[0], 0)}")
            elif top not in CORE | sys.stdlib_module_names and not lazy:
                found.append(f"{line}: an optional package is imported where it is used, in a function")
    return found


def _downward(importer: str, imported: str) -> bool:
    """Say whether the layer table lets `importer` use `imported`; both are top folders or files."""
    if importer == imported or (importer, imported) in WITHIN:
        return True
    mine, theirs = LAYER.get(importer, 0), LAYER[imported]
    return theirs < mine or (theirs == mine and {importer, imported} <= FILES)


def _imported(node: ast.AST, path: str) -> list[str]:
    """Name the modules that a node imports in full, relative ones resolved; `from seqloom import x` is seqloom.x."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    module = node.module or ""
    if node.level:
        folder = ["seqloom", *path.split("/")[:-1]]
        module = ".".join([*folder[: len(folder) - node.level + 1], *module.split(".")]).rstrip(".")
    if module == "seqloom":
        return [f"seqloom.{alias.name}" for alias in node.names if not alias.name.startswith("__")] or ["seqloom"]
    return [module]


def _inside_functions(tree: ast.AST) -> set[ast.AST]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {inner for function in functions for inner in ast.walk(function)}


def _typing_only(tree: ast.AST) -> set[ast.AST]:
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    return {inner for guard in guards for part in guard.body for inner in ast.walk(part)}


@pytest.mark.parametrize("path", sorted(str(p.relative_to(SOURCE).as_posix()) for p in SOURCE.rglob("*.py")))
def test_a_source_file_keeps_the_rules(path: str) -> None:
    assert problems(path, (SOURCE / path).read_text(encoding="utf-8")) == []


def test_the_files_are_found() -> None:
    assert (SOURCE / "state.py").is_file()


BROKEN = {
    "upward": ("cells/x.py", "from seqloom.encoders.recurrent import Recurrent", "layer 4 from layer 3"),
    "upward, lazily": ("cells/x.py", "def f():\n    from seqloom.tasks import TASKS", "layer 7 from layer 3"),
    "upward, as a type": ("cells/x.py", "if TYPE_CHECKING:\n    import seqloom.model", "layer 5 from layer 3"),
    "upward, from the package": ("ops/x.py", "from seqloom import training", "layer 8 from layer 2"),
    "upward, relative": ("ops/x.py", "from ..model import SequenceModel", "layer 5 from layer 2"),
    "sideways": ("encoders/x.py", "import seqloom.heads.label", "layer 4 from layer 4"),
    "sideways in layer 1": ("report/x.py", "from seqloom.data.rows import Row", "layer 1 from layer 1"),
    "a cell knows no layer": ("cells/x.py", "from seqloom.layers.stack import RecurrentStack", "layer 3 from layer 3"),
    "data knows no spec": ("data/x.py", "from seqloom.spec import Spec", "layer 5 from layer 1"),
    "eager package": ("__init__.py", "from seqloom.training.run import fit", "layer 8 from layer 0"),
    "eager Run": ("training/run.py", "from seqloom.explaining import gates", "layer 9 from layer 8"),
    "no layer": ("models/x.py", "", "'models' is in no layer"),
    "imports of no layer": ("cli/x.py", "import seqloom.extra", "imports seqloom.extra, which is in no layer"),
    "pickle": ("data/x.py", "import pickle", "imports pickle, which is never used here"),
    "pickle, lazily": ("data/x.py", "def f():\n    from pickle import loads", "imports pickle"),
    "lightning": ("training/x.py", "import lightning.pytorch as pl", "imports lightning.pytorch, which is never used"),
    "torchvision": ("data/x.py", "from torchvision import io", "imports torchvision, which is never used here"),
    "eager extra": ("report/x.py", "import altair", "an optional package is imported where it is used"),
    "eval": ("cells/x.py", "y = eval('1')", "calls eval"),
    "import by name": ("cells/x.py", "import importlib\nimportlib.import_module('x')", "calls importlib.import_module"),
    "torch.load": ("training/x.py", "import torch\ntorch.load('x')", "calls torch.load"),
    "long": ("cells/x.py", "x = 1\n" * 401, "401 lines, at most 400"),
    "utils": ("data/utils.py", "", "named utils says nothing"),
    "base folder": ("cells/base/x.py", "", "named base says nothing"),
    "verb": ("fit.py", "", "'fit' is a public verb"),
    "verb folder": ("compare/x.py", "", "'compare' is a public verb"),
}


@pytest.mark.parametrize(("path", "text", "said"), BROKEN.values(), ids=BROKEN)
def test_the_checker_catches(path: str, text: str, said: str) -> None:
    assert said in "; ".join(problems(path, text))


FINE = {
    "downward": ("encoders/x.py", "from seqloom.cells.cell import Cell\nimport seqloom.ops.pool"),
    "layers stack cells": ("layers/x.py", "from seqloom.cells.cell import Cell"),
    "own folder": ("cells/x.py", "from seqloom.cells.cell import Cell\nfrom .lstm import LSTM"),
    "beside": ("memory.py", "from seqloom import state as states\nfrom seqloom.state import State"),
    "version": ("cli/x.py", "from seqloom import __version__"),
    "lazy package": ("__init__.py", "def fit():\n    from seqloom.training import run"),
    "lazy Run": ("training/run.py", "class Run:\n    def explain(self):\n        from seqloom.explaining import gates"),
    "lazy extra": ("report/x.py", "def f():\n    import altair"),
    "a method named eval": ("training/x.py", "model.eval()"),
    "a verb inside a folder": ("decoding/generate.py", "import math"),
    "just long enough": ("cells/x.py", "x = 1\n" * 400),
}


@pytest.mark.parametrize(("path", "text"), FINE.values(), ids=FINE)
def test_the_checker_lets_pass(path: str, text: str) -> None:
    assert problems(path, text) == []
