"""What an install does beside copying files: build the native library where a C++ compiler is there.

Without one the install succeeds all the same; `seqloom doctor` says why the library is not there.
"""

import importlib.util
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent


class CustomBuildHook(BuildHookInterface):
    """Builds the library into the source tree and takes it along."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build; a wheel with the library is for this platform, and one without is for all."""
        builder = _builder()
        reason = builder.attempt(ROOT / "build" / "native")
        if reason:
            self.app.display_warning(f"seqloom: the native library was not built: {reason}")
            return
        build_data["artifacts"].append(f"/src/seqloom/kernels/native/{builder.NAME}")
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"


def _builder() -> ModuleType:
    """Load build.py by its place: the package itself needs torch, which an install may not have yet."""
    spec = importlib.util.spec_from_file_location("seqloom_native_build", ROOT / "src/seqloom/kernels/build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
