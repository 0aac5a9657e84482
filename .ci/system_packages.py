"""Sees to the system packages that the tests need: chromium, and fonts with Chinese characters."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = {"chromium": "/usr/bin/chromium", "fonts-noto-cjk": "/usr/share/fonts/opentype/noto"}


def main() -> int:
    """Install what is missing, or say what it is; the exit code."""
    missing = [name for name, path in PACKAGES.items() if not Path(path).exists()]
    if not missing:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(
            f"The tests need {' and '.join(missing)}: "
            f"run apt-get install {' '.join(missing)} as root, then make test again.",
            file=sys.stderr,
        )
        return 2
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing],
    ):
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
