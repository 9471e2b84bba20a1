"""The chart: each example is rendered from it as it stands, each Kubernetes takes it, and pods may do no more."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml
from jsonschema import Draft202012Validator

from adapters.kafka.access import Resource
from hub.access import ROLES
from hub.cli import application
from hub.settings import unknown_names
from tests.deploy.chart import CHART, EXAMPLES, HELM, RENDERED, ROOT, head, render
from tests.deploy.strimzi import FOLDER, topics_file, users_file

KUBERNETES: Any = kubernetes_validate
VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "deploy/schemas").glob("*.json")}
BY_HAND = ("strimzi/cluster.yaml", "strimzi/topics.yaml", "strimzi/users.yaml", "cnpg/cluster.yaml")


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def rendered(example: str) -> list[dict[str, Any]]:
    return documents(RENDERED / f"{example}.yaml")


def pods(example: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in rendered(example):
        if each["kind"] in {"Deployment", "Job"}:
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def is_written_down_here(document: dict[str, Any]) -> bool:
    return document["kind"] in SCHEMAS and "." in document["apiVersion"].split("/")[0]


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_kept_is_what_the_chart_becomes(example: str) -> None:
    kept = (RENDERED / f"{example}.yaml").read_text()
    assert kept.splitlines()[0] == head(example), "the chart has changed: run `make chart` where helm is"
    if HELM is not None:
        assert kept == render(example)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_kubernetes_takes_it(example: str, version: str) -> None:
    found = [each for each in rendered(example) if not is_written_down_here(each)]
    assert {each["kind"] for each in found} >= {"Deployment", "Job", "Service", "NetworkPolicy", "PodDisruptionBudget"}
    for document in found:
        KUBERNETES.validate(document, version, strict=True)


@pytest.mark.parametrize("path", [*(f"chart/rendered/{each}.yaml" for each in EXAMPLES), *BY_HAND])
def test_resources_of_operators_are_as_their_schemas_say(path: str) -> None:
    for document in filter(is_written_down_here, documents(ROOT / "deploy" / path)):
        Draft202012Validator(SCHEMAS[document["kind"]]).validate(document)


def test_the_schemas_refuse_what_they_do_not_know() -> None:
    for kind, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        some = next(
            document
            for path in (*(f"chart/rendered/{each}.yaml" for each in EXAMPLES), *BY_HAND)
            for document in documents(ROOT / "deploy" / path)
            if document["kind"] == kind
        )
        wrong = {**some, "spec": {**some["spec"], "replicaz": 3}}
        assert list(Draft202012Validator(schema).iter_errors(wrong)), kind


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_pod_may_do_no_more_than_it_must(example: str) -> None:
    for name, pod in pods(example):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["requests"]
            assert "memory" in container["resources"]["limits"]
            assert not any("secretKeyRef" in str(each) for each in container.get("env", ()))
            assert not re.search(r"password|secret_key|token", json.dumps(container["env"]), re.IGNORECASE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_process_is_a_command_that_there_is_with_settings_that_there_are(example: str) -> None:
    known = typer.main.get_command(application())
    for name, pod in pods(example):
        (container,) = pod["containers"]
        command: Any = known
        for word in container["args"]:
            command = command.commands[word]
        environment = {each["name"]: each["value"] for each in container["env"]}
        assert unknown_names(environment) == [], name
        assert environment["HUB_SHARDS"].isdigit()
        if "livenessProbe" in container:
            assert (
                container["startupProbe"]["httpGet"]["path"]
                == container["livenessProbe"]["httpGet"]["path"]
                == "/livez"
            )
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
            assert pod["terminationGracePeriodSeconds"] > 20  # HUB_DRAIN


def test_who_speaks_to_a_kafka_that_asks_for_a_name_has_one_and_its_files_are_there() -> None:
    users = {}
    for name, pod in pods("production"):
        (container,) = pod["containers"]
        environment = {each["name"]: each["value"] for each in container["env"]}
        users[name.removeprefix("orders-")] = environment.get("HUB_KAFKA__SASL_USERNAME")
        sources = [each for v in pod["volumes"] if v["name"] == "certificates" for each in v["projected"]["sources"]]
        mounted = {f"/etc/hub/certificates/{item['path']}" for each in sources for item in each["secret"]["items"]}
        assert {text for key, text in environment.items() if key.endswith("_CA_FILE")} == mounted
    ours = {f"hub-{name}" for name, role in ROLES.items() if role.ours}
    speaking = {name: users[name] for name in ("run", "api", "payments", "topics")}
    assert set(speaking.values()) == ours, "each is a user of its own"


def test_the_schema_comes_before_all_else_and_its_failure_stops_the_rest() -> None:
    jobs = [each for each in rendered("production") if each["kind"] == "Job"]
    weights = {each["metadata"]["name"]: int(each["metadata"]["annotations"]["helm.sh/hook-weight"]) for each in jobs}
    assert weights["orders-schema"] < weights["orders-topics"]
    assert all(each["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade" for each in jobs)
    assert all(each["spec"]["template"]["spec"]["restartPolicy"] == "Never" for each in jobs)


def test_no_more_processes_are_wanted_than_there_are_shards() -> None:
    (scaled,) = [each for each in rendered("autoscaled") if each["kind"] == "ScaledObject"]
    assert scaled["spec"]["maxReplicaCount"] == 12, "forty are wished for, and there are twelve shards"
    (run,) = [
        each
        for each in rendered("autoscaled")
        if each["metadata"]["name"] == "orders-run" and each["kind"] == "Deployment"
    ]
    assert "replicas" not in run["spec"], "two would set the number otherwise"


def test_topics_and_users_of_strimzi_are_those_of_the_hubs_own_tables() -> None:
    assert (FOLDER / "topics.yaml").read_text() == topics_file(), "python -m tests.deploy"
    assert (FOLDER / "users.yaml").read_text() == users_file(), "python -m tests.deploy"
    assert len(documents(FOLDER / "users.yaml")) == len(ROLES)
    assert {kind for each in documents(FOLDER / "users.yaml") for kind in _kinds(each)} == {
        "topic",
        "group",
        "cluster",
        "transactionalId",
    }
    assert len(Resource) == 5


def _kinds(user: dict[str, Any]) -> Iterator[str]:
    for rule in user["spec"]["authorization"]["acls"]:
        yield rule["resource"]["type"]


def test_the_charts_files_are_the_ones_that_are_tested() -> None:
    assert (CHART / "files/alerts.yaml").resolve() == (ROOT / "deploy/telemetry/alerts.yaml").resolve()
    assert (CHART / "files/dashboards").resolve() == (ROOT / "deploy/telemetry/dashboards").resolve()
