"""The page of runbooks: its sections by alert, and the commands by which people look."""

import re
from pathlib import Path
from typing import Final

PAGE: Final = (Path(__file__).parents[2] / "docs" / "runbooks.md").read_text()
SECTIONS: Final = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
LOOKS: Final = tuple(
    dict.fromkeys(
        line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().splitlines()
    )
)
