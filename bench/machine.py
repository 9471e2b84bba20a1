"""The machine and the moment of a measurement: what tells it from another one."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench.candidates.candidate import ROOT


def machine() -> dict[str, Any]:
    """Return the machine, the code, the moment, and the settings of the hub. Keys and addresses are left out."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("HUB_")}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": _version(),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "settings": {name: value for name, value in settings.items() if "KEY" not in name and "URL" not in name},
    }


def _version() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    except OSError:
        return "unknown"


def _cpu_name() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((each.partition(":")[2].strip() for each in told if each.startswith("model name")), "unknown")
