"""The compose file: its commands and settings are there, nothing secret stands in it, and nothing starts too early."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from hub.cli import application
from hub.settings import unknown_names

FOLDER = Path(__file__).parents[2] / "deploy" / "compose"


class Loader(yaml.SafeLoader):
    """Takes compose's own tags."""


def _list(loader: Loader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node)


Loader.add_constructor("!override", _list)
FILE = yaml.load((FOLDER / "compose.yaml").read_text(), Loader)
THREE = yaml.load((FOLDER / "compose.three.yaml").read_text(), Loader)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("fulfilment-hub:")}


@pytest.mark.parametrize("name", [name for name, each in OURS.items() if "entrypoint" not in each])
def test_a_service_is_a_command_that_there_is_with_settings_that_there_are(name: str) -> None:
    command: Any = typer.main.get_command(application())
    for word in OURS[name]["command"]:
        if word.startswith("-"):
            break
        command = command.commands[word]
    assert unknown_names(OURS[name]["environment"]) == []


@pytest.mark.parametrize("name", list(OURS))
def test_a_container_of_the_hub_may_do_no_more_than_it_must(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert ("user" in service) == (name == "secrets")


def test_no_secret_stands_in_the_file() -> None:
    text = (FOLDER / "compose.yaml").read_text() + (FOLDER / "compose.three.yaml").read_text()
    assert not re.search(r"PASSWORD:|_KEY:|postgres(ql)?://", text)
    assert "POSTGRES_PASSWORD_FILE" in text


def test_what_is_published_is_for_this_machine_alone() -> None:
    published = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_nothing_starts_before_what_it_needs() -> None:
    for name in ("run", "api", "webhooks", "payments", "partners"):
        assert SERVICES[name]["depends_on"] == {
            "schema": {"condition": "service_completed_successfully"},
            "topics": {"condition": "service_completed_successfully"},
        }
    assert SERVICES["schema"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert SERVICES["topics"]["depends_on"]["kafka"] == {"condition": "service_healthy"}
    assert "healthcheck" in SERVICES["postgres"]
    assert "healthcheck" in SERVICES["kafka"]
    assert SERVICES["run"]["deploy"]["replicas"] == 2


def test_images_have_versions_and_each_volume_is_declared() -> None:
    for service in SERVICES.values():
        assert not service["image"].endswith(":latest")
        assert ":" in service["image"]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in FILE["volumes"] or (FOLDER / source).exists(), volume
    assert set(THREE["volumes"]) == {"kafka-2", "kafka-3"}
    ids = [THREE["services"][name]["environment"]["KAFKA_NODE_ID"] for name in ("kafka-2", "kafka-3")]
    assert [SERVICES["kafka"]["environment"]["KAFKA_NODE_ID"], *ids] == [1, 2, 3]
