"""The chart's examples as helm renders them; whether what is kept is of the chart as it stands needs no helm."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "deploy" / "chart"
EXAMPLES: Final = tuple(sorted(path.stem for path in (CHART / "examples").glob("*.yaml")))
RENDERED: Final = CHART / "rendered"
HELM: Final = shutil.which("helm")


def head(example: str) -> str:
    """Return the first line of a rendered example: what it was rendered from."""
    files = [
        CHART / "Chart.yaml",
        CHART / "values.yaml",
        *(CHART / "templates").iterdir(),
        ROOT / "deploy/telemetry/alerts.yaml",
        *(ROOT / "deploy/telemetry/dashboards").glob("*.json"),
        CHART / "examples" / f"{example}.yaml",
    ]
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return f"# Rendered by `make chart` from {found.hexdigest()}"


def render(example: str) -> str:
    """Return what helm makes of an example."""
    assert HELM is not None, "helm is not installed"
    values = CHART / "examples" / f"{example}.yaml"
    command = [HELM, "template", "orders", str(CHART), "--values", str(values), "--namespace", "hub", "--kube-version"]
    done = subprocess.run([*command, "1.35"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return f"{head(example)}\n{done.stdout}"
