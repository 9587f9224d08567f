"""Lets every law import the grid beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
