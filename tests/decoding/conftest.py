"""Lets every test of decoding import the tables beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
