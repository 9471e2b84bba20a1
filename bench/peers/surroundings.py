"""What a peer's process is told, by variables `BENCH_…`; standard library only, as peers have their own packages."""

import os
from typing import Final

BOOTSTRAP: Final = os.environ.get("BENCH_BOOTSTRAP", "")
DATABASE_URL: Final = os.environ.get("BENCH_DATABASE_URL", "")
PREFIX: Final = os.environ.get("BENCH_IN_PREFIX", "")
OUT_PREFIX: Final = os.environ.get("BENCH_OUT_PREFIX", "")
GROUP: Final = os.environ.get("BENCH_GROUP", "bench")
FOLDER: Final = os.environ.get("BENCH_DIR", "")
