"""Lets every test of a view import the small models beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
