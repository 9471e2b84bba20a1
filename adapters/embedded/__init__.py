"""A real Apache Kafka and a real PostgreSQL as child processes: nothing to install but the packages."""

from adapters.embedded.errors import (
    ChecksumDiffers,
    DiskIsFull,
    DownloadFailed,
    EmbeddedServerError,
    FolderIsInUse,
    FolderUnusable,
    JavaNotFound,
    NotInstalled,
    PortIsTaken,
    ServerDidNotStart,
    ServersEndedEarly,
    SystemUserMissing,
    UnexpectedJars,
)
from adapters.embedded.progress import Progress
from adapters.embedded.servers import Addresses, EmbeddedServers

__all__ = [
    "Addresses",
    "ChecksumDiffers",
    "DiskIsFull",
    "DownloadFailed",
    "EmbeddedServerError",
    "EmbeddedServers",
    "FolderIsInUse",
    "FolderUnusable",
    "JavaNotFound",
    "NotInstalled",
    "PortIsTaken",
    "Progress",
    "ServerDidNotStart",
    "ServersEndedEarly",
    "SystemUserMissing",
    "UnexpectedJars",
]
