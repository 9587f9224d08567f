"""Lets every law import the grid beside it, and what made the kept runs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kept"))
sys.path.insert(0, str(Path(__file__).parent))
