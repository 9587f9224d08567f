"""Where real data lies, for the tests that read some where it is there: SEQLOOM_DATA, or the folder beside this one."""

import os
from pathlib import Path

REAL = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
