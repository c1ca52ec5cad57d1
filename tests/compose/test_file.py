"""What docker-compose.yaml, Dockerfile and .env.example promise, without starting anything."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.compose.reading import EXAMPLE, FILE, ROOT, Compose, demanded, filled_in, ours, resolve

SECRET = re.compile(r"PASSWORD|SECRET|_KEY$|BROKER_URL|RESULT_BACKEND|SQL_ALCHEMY_CONN|_CONN_")


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    return filled_in()


@pytest.fixture(scope="module")
def compose(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Compose:
    return resolve(variables, tmp_path_factory.mktemp("compose"))


@pytest.mark.parametrize("missing", sorted(demanded()))
def test_without_one_of_its_secrets_nothing_starts(
    missing: str, variables: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        resolve(variables | {missing: ""}, tmp_path)
    assert missing in refused.value.stderr


def test_the_example_of_an_env_file_names_every_variable_and_leaves_the_secrets_empty() -> None:
    example = EXAMPLE.read_text()
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == demanded()
    named = set(re.findall(r"^#?(\w+)=", example, re.MULTILINE))
    assert named == set(re.findall(r"(?<!\$)\$\{(\w+)", FILE.read_text()))


def test_no_password_stands_in_the_file(tmp_path: Path) -> None:
    services = yaml.safe_load(FILE.read_text())["services"]
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            assert not SECRET.search(name) or "${" in value, name
    assert not re.search(r"://[^/\s]*:(?!\$\{)[^/\s@]*@", FILE.read_text())


def test_a_slack_connection_reaches_airflow_as_it_was_written(
    variables: dict[str, str], tmp_path: Path
) -> None:
    shown = re.search(r"^#(AIRFLOW_CONN_SLACK_API_DEFAULT)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    assert shown
    resolved = resolve(variables | {shown[1]: shown[2]}, tmp_path)
    for service in ours(resolved).values():
        assert service["environment"][shown[1]] == shown[2].strip("'")


def test_every_service_says_how_it_is(compose: Compose) -> None:
    unwatched = {name for name, service in compose["services"].items() if "healthcheck" not in service}
    assert unwatched == {"airflow-init"}
    assert compose["services"]["airflow-init"]["restart"] == "no"


def test_every_service_waits_for_what_it_needs(compose: Compose) -> None:
    for name, service in ours(compose).items():
        needed = {"postgres", "redis"} | ({"airflow-init"} if name != "airflow-init" else set())
        assert needed <= set(service["depends_on"]), name


def test_image_and_pins_agree_on_airflow() -> None:
    image = re.search(r"^FROM apache/airflow:([\d.]+)-python3\.\d+$", (ROOT / "Dockerfile").read_text(), re.M)
    pin = re.search(r"^apache-airflow==([\d.]+)$", (ROOT / "requirements.txt").read_text(), re.M)
    assert image
    assert pin
    assert image[1] == pin[1]


def test_every_airflow_service_has_the_same_environment(compose: Compose) -> None:
    shared = yaml.safe_load(FILE.read_text())["x-airflow"]["environment"]
    places = (ROOT / "include" / "sendepause" / "places.py").read_text()
    assert set(re.findall(r'environ\.get\("(\w+)"\)', places)) <= set(shared)
    services = ours(compose)
    assert len(services) == 7
    first = next(iter(services.values()))["environment"]
    for name, service in services.items():
        assert {key: service["environment"][key] for key in shared} == {key: first[key] for key in shared}, (
            name
        )


def test_the_example_brings_its_own_configuration(
    compose: Compose, variables: dict[str, str], tmp_path: Path
) -> None:
    with_example = resolve(variables | {"SENDEPAUSE_EXAMPLE": "1"}, tmp_path)
    for name, folder in ((compose, "config"), (with_example, "data/example/config")):
        for service in ours(name).values():
            assert service["environment"]["SENDEPAUSE_CONFIG"] == f"/opt/sendepause/{folder}"


def test_only_the_web_ui_is_reached_from_outside_and_only_from_this_machine(compose: Compose) -> None:
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert published == {"airflow-apiserver": ["127.0.0.1:8080:8080"]}


def test_the_image_is_built_from_what_the_build_may_see() -> None:
    copied = re.findall(r"^COPY (?:--\S+ )?(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    let_in = set((ROOT / ".dockerignore").read_text().splitlines())
    assert {f"!{source}" for source in copied} <= let_in
    assert all((ROOT / source).exists() for source in copied)
