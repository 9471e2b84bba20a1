"""The files of others that the console serves: fetched by npm's client with their integrity checked, and compared.

`python -m tests.vendor fetch` needs npm and a network; `check` needs neither.
"""

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent.parent / "hub" / "console" / "static"
FOLDER = STATIC / "vendor"
TABLE = FOLDER / "VENDOR.toml"


@dataclass(frozen=True)
class Package:
    """A package of the registry, the files that are taken of it, and where they go."""

    name: str
    version: str
    licence: str
    integrity: str
    files: tuple[tuple[str, str], ...]
    folder: Path = FOLDER


PACKAGES = (
    Package(
        "htmx.org",
        "4.0.1",
        "0BSD",
        "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        (("dist/htmx.min.js", "htmx.min.js"), ("LICENSE", "licences/htmx.txt")),
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        "sha512-OupL48va4JNofb97w6NYeF9S7W/kHNKM0Er8Dem5nqi4jeOLrVJDoE8tZEpnMJmtkvNbB1EIPPwHcdkF6b1oUA==",
        (("files/inter-latin-wght-normal.woff2", "inter-latin.woff2"), ("LICENSE", "licences/inter.txt")),
    ),
    Package(
        "lucide-static",
        "1.62.0",
        "ISC",
        "sha512-WBZA/m2PvkFpMGHDtsBck5P2A9G4ehLlYu4GwwICcmEm1BvYVgj00lCDxKRWLlbMlOibLaiwdQ88G5pHkSWgwA==",
        (("LICENSE", "licences/lucide.txt"),),
    ),
    Package(
        "axe-core",
        "4.14.1",
        "MPL-2.0",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        (("axe.min.js", "axe.min.js"), ("LICENSE", "licences/axe.txt")),
        Path(__file__).parent / "console" / "vendor",
    ),
)


def main() -> int:
    """Fetch the files, or compare what is there."""
    if sys.argv[1:] == ["fetch"]:
        for package in PACKAGES:
            _fetch(package)
        TABLE.write_text(_head() + "".join(_told()), encoding="utf-8")
        return 0
    faults = list(_faults())
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print("the files of others are what VENDOR.toml says")
    return 1 if faults else 0


def _fetch(package: Package) -> None:
    with opened(package) as files:
        for source, target in package.files:
            _write(package.folder / target, member(files, source))
        if package.name == "lucide-static":
            _write(FOLDER / "icons.svg", _sprite(files).encode())


@contextmanager
def opened(package: Package) -> Iterator[tarfile.TarFile]:
    """Open a package of the registry, which is what it was when its integrity was written down; needs npm."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{package.name}@{package.version}"
        subprocess.run(["npm", "pack", wanted], cwd=folder, check=True, capture_output=True)
        (archive,) = Path(folder).glob("*.tgz")
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != package.integrity:
            raise SystemExit(f"{package.name} {package.version} is not what it was: {found}")
        with tarfile.open(archive) as files:
            yield files


def member(files: tarfile.TarFile, path: str) -> bytes:
    """Return a file of an opened package."""
    found = files.extractfile(f"package/{path}")
    assert found is not None
    return found.read()


def _write(path: Path, held: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(held)


def _sprite(files: tarfile.TarFile) -> str:
    """Return the icons that are used, as one file of symbols."""
    symbols = []
    for name in tomllib.loads(TABLE.read_text(encoding="utf-8"))["icons"]:
        whole = member(files, f"icons/{name}.svg").decode()
        inner = re.sub(r"\s+", " ", whole[whole.index(">", whole.index("<svg")) + 1 : whole.rindex("</svg>")]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>\n')
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'


def _head() -> str:
    return TABLE.read_text(encoding="utf-8").split("[[file]]")[0].rstrip() + "\n"


def _told() -> Iterator[str]:
    for package in PACKAGES:
        if package.folder != FOLDER:
            continue
        targets = [target for _, target in package.files] + (["icons.svg"] if package.name == "lucide-static" else [])
        for target in targets:
            sha = hashlib.sha256((FOLDER / target).read_bytes()).hexdigest()
            yield (
                f'\n[[file]]\nname = "{target}"\npackage = "{package.name}"\nversion = "{package.version}"\n'
                f'licence = "{package.licence}"\nintegrity = "{package.integrity}"\nsha256 = "{sha}"\n'
            )


def _faults() -> Iterator[str]:
    known = tomllib.loads(TABLE.read_text(encoding="utf-8")).get("file", [])
    for each in known:
        path = FOLDER / each["name"]
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != each["sha256"]:
            yield f"{each['name']} is not the file that VENDOR.toml names: run make vendor"
    named = {each["name"] for each in known} | {TABLE.name}
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    yield from (f"{name} is in no row of VENDOR.toml" for name in sorted(there - named))


if __name__ == "__main__":
    sys.exit(main())
