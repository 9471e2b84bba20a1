"""What goes wrong is told in a sentence with an exit code: never a traceback, nothing on stdout."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hub.cli.application import _sentence

NOWHERE = {
    "HUB_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "HUB_DATABASE__URL": "postgresql://hub:secret-word@127.0.0.1:1/hub",
}


def hub(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in an empty folder."""
    clean: Mapping[str, str] = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        [sys.executable, "-m", "hub", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", ["run", "verify", "db current", "topics plan", "order show 1", "shard list"])
def test_without_servers_every_command_says_how_to_name_them(tmp_path: Path, command: str) -> None:
    done = hub(tmp_path, *command.split())

    assert done.returncode == 2
    assert done.stdout == ""
    assert "hub up" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"HUB_SHARDS": "4", "HUB_PARTITIONS": "10"}, "HUB_PARTITIONS: Value error, must be a multiple of HUB_SHARDS"),
        ({"HUB_SHARDS": "3", "HUB_DATABASE__PART": "1/2"}, "HUB_SHARDS: Value error, must be a multiple of the 2 data"),
        ({"HUB_DATABASE__PART": "2/2"}, "HUB_DATABASE__PART: Value error, the parts of 2 databases are 0/2 to 1/2"),
    ],
)
def test_numbers_that_do_not_divide_are_refused(tmp_path: Path, settings: Mapping[str, str], sentence: str) -> None:
    done = hub(tmp_path, "shard", "list", **settings)

    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())


@pytest.mark.parametrize("command", ["demo --orders 1", "db upgrade", "topics apply", "verify"])
def test_a_wrong_port_is_named_and_the_password_is_not(tmp_path: Path, command: str) -> None:
    done = hub(tmp_path, *command.split(), **NOWHERE)

    assert done.returncode == 5
    assert "Traceback" not in done.stderr
    assert "secret-word" not in done.stdout + done.stderr
    assert "127.0.0.1" in done.stderr or "hub check" in done.stderr


@pytest.mark.parametrize("name", ["HUB_KAFKA__BOOTSTRAP_SERVERS", "HUB_DATABASE__URL"])
@pytest.mark.parametrize("command", ["run", "failed list", "db upgrade", "topics apply"])
def test_one_server_alone_is_never_named(tmp_path: Path, command: str, name: str) -> None:
    """Beside the servers of a `hub up` it would be a database of one hub and the log of another."""
    (tmp_path / ".hub").mkdir()
    (tmp_path / ".hub" / "running.json").write_text("{}")

    done = hub(tmp_path, *command.split(), **{name: NOWHERE[name]})

    assert done.returncode == 2
    assert f"{name} names a server" in " ".join(done.stderr.split())


@pytest.mark.parametrize("name", ["HUB_KAFKA__BOOTSTRAP_SERVERS", "HUB_DATABASE__URL"])
@pytest.mark.parametrize("command", ["up", "demo --orders 1"])
def test_what_starts_servers_of_its_own_touches_no_named_one(tmp_path: Path, command: str, name: str) -> None:
    done = hub(tmp_path, *command.split(), **{name: NOWHERE[name]})

    assert done.returncode == 2
    assert f"{name} names a server" in " ".join(done.stderr.split())
    assert not list(tmp_path.glob("**/postgres"))


def test_hub_up_touches_no_named_servers(tmp_path: Path) -> None:
    done = hub(tmp_path, "up", **NOWHERE)

    assert done.returncode == 2
    assert "name servers, and this starts servers of its own" in " ".join(done.stderr.split())
    assert not list(tmp_path.glob("**/postgres"))


def test_check_tells_every_line_and_fails(tmp_path: Path) -> None:
    done = hub(tmp_path, "check", "--json", **NOWHERE)

    lines = {line["name"]: line["ok"] for line in json.loads(done.stdout)}
    assert done.returncode == 1
    assert lines["settings"] is True
    assert lines["contracts"] is True
    assert lines["database"] is lines["kafka"] is lines["topics"] is False


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HUB_SHARDS", "many", "HUB_SHARDS"),
        ("HUB_KAFAK__PREFIX", "x", "HUB_KAFAK__PREFIX"),
        ("HUB_KAFKA__PREFFIX", "x", "PREFFIX"),
        ("HUB_POLICY", '{"closng": "P1D"}', "closng"),
        ("HUB_POLICY", '{"closing": "soon"}', "closing"),
    ],
)
def test_a_setting_that_is_wrong_or_misspelt_is_named(tmp_path: Path, name: str, value: str, told: str) -> None:
    done = hub(tmp_path, "check", **{name: value})

    assert done.returncode == 2
    assert told.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_a_java_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = hub(tmp_path, "demo", "--orders", "1", HUB_JAVA_HOME="/nowhere/java")

    assert done.returncode == 1
    assert "/nowhere/java" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_needs_a_key_and_known_scopes(tmp_path: Path) -> None:
    good = hub(tmp_path, "token", "create", "ann", "--scope", "refund.approve", HUB_TOKEN_KEY="k" * 40)
    wrong = hub(tmp_path, "token", "create", "ann", "--scope", "everything", HUB_TOKEN_KEY="k" * 40)

    assert good.returncode == 0
    assert good.stdout.count(".") == 2
    assert wrong.returncode == 2
    assert "everything" in wrong.stderr


def test_a_message_file_is_validated_offline(tmp_path: Path) -> None:
    file = tmp_path / "scored.json"
    file.write_text('{"verdict": "clear", "score": 200}')

    done = hub(tmp_path, "contracts", "validate", str(file), "--type", "fraud.scored.v1")

    assert done.returncode == 1
    assert "/score" in done.stderr


@pytest.mark.parametrize(
    ("error", "here"),
    [
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found"), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/hub/x"), True),
        (PermissionError(errno.EPERM, "Operation not permitted"), False),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), False),
        (TimeoutError(), False),
    ],
)
def test_a_full_disk_is_no_servers_silence(error: OSError, here: bool) -> None:
    told = _sentence(error)

    assert told.startswith("this machine can't do it: ") == here
    assert told.startswith("a server did not answer: ") != here
