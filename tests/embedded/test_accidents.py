"""What a start says when something it needs is missing, broken or full."""

import shutil
import socket
from pathlib import Path

import pytest

from adapters.embedded import (
    ChecksumDiffers,
    DiskIsFull,
    DownloadFailed,
    EmbeddedServers,
    JavaNotFound,
    jars,
    java,
    maven,
    ports,
)
from adapters.embedded.folder import check_space

pytestmark = pytest.mark.integration


def write_java(home: Path, script: str) -> Path:
    binary = home / "bin" / "java"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    return home


def cache_with_all_jars(folder: Path) -> Path:
    jars.provide(maven.default_cache())
    name = f"kafka-{jars.VERSION}"
    shutil.copytree(maven.default_cache() / name, folder / name)
    return folder


def test_a_jar_that_was_changed_is_named_with_what_to_do(tmp_path: Path) -> None:
    cache = cache_with_all_jars(tmp_path)
    changed = next(cache.glob("*/kafka-clients-*.jar"))
    changed.write_bytes(changed.read_bytes() + b"more")

    with pytest.raises(ChecksumDiffers, match=rf"jar {changed.name} .* Delete {changed.parent} and start again"):
        EmbeddedServers(tmp_path / "data", cache=cache).start()


def test_a_jar_that_was_changed_to_one_of_the_same_size_is_noticed_at_the_next_start(tmp_path: Path) -> None:
    cache = cache_with_all_jars(tmp_path)
    changed = next(cache.glob("*/kafka-clients-*.jar"))
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)

    with pytest.raises(ChecksumDiffers, match=changed.name):
        jars.provide(cache)


def test_a_jar_is_checked_by_its_content_before_its_first_use(tmp_path: Path) -> None:
    (tmp_path / "a.jar").write_bytes(b"same size")
    (tmp_path / "list").write_text(f"{jars.checksum(tmp_path / 'a.jar')}  a.jar\n")
    jars.verify(tmp_path, jars.read(tmp_path / "list"))
    (tmp_path / "a.jar").write_bytes(b"SAME SIZE")

    with pytest.raises(ChecksumDiffers, match="jar a"):
        jars.verify(tmp_path, jars.read(tmp_path / "list"))


def test_a_complete_cache_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_MAVEN_MIRROR", "http://127.0.0.1:9/nothing")

    assert len(jars.provide(cache_with_all_jars(tmp_path))) == len(jars.read(jars.LISTING))


def test_without_a_network_the_download_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_MAVEN_MIRROR", "http://127.0.0.1:9/nothing")

    with pytest.raises(DownloadFailed, match=r"Could not download Apache Kafka 4.4.0: no connection"):
        EmbeddedServers(tmp_path / "data", cache=tmp_path / "cache").start()


@pytest.mark.parametrize(
    ("script", "reason"),
    [("exit 3", "failed with exit code 3"), ("echo 'openjdk version \"11.0.2\"' >&2", "is Java 11")],
)
def test_a_java_that_was_asked_for_must_be_usable(tmp_path: Path, script: str, reason: str) -> None:
    home = write_java(tmp_path, script)

    with pytest.raises(JavaNotFound, match=rf"HUB_JAVA_HOME is {home}, but .*{reason}"):
        java.find({"HUB_JAVA_HOME": str(home)})


def test_a_start_without_java_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_JAVA_HOME", str(tmp_path / "nowhere"))

    with pytest.raises(JavaNotFound, match=r"nowhere/bin/java does not exist\. Point HUB_JAVA_HOME"):
        EmbeddedServers(tmp_path / "data").start()


def test_an_unusable_java_home_of_the_machine_is_passed_over(tmp_path: Path) -> None:
    packaged = java.find({})

    assert java.find({"JAVA_HOME": str(write_java(tmp_path, "exit 3"))}) == packaged
    assert java.find({"JAVA_HOME": str(packaged.parent.parent)}) == packaged


def test_a_full_disk_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(DiskIsFull, match=rf"Too little space at {tmp_path}: \d+ MB free"):
        check_space(tmp_path, needed=2**60)


def test_a_port_that_was_taken_since_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    record = tmp_path / "ports.json"
    first = ports.choose(record)
    with socket.create_server((ports.HOST, first.kafka)):
        second = ports.choose(record)

    assert second.kafka != first.kafka
    assert (second.controller, second.postgres) == (first.controller, first.postgres)
