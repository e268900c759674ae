"""Dockerfile and compose.yaml fit the program. What their commands do is tried by scripts/wheel.py, in no container."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import training_tracker
from training_tracker.cli import MODULES
from training_tracker.settings import Settings

ROOT = Path(training_tracker.__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "training-tracker"}


def test_the_image_is_built_by_commands_that_every_check_runs() -> None:
    build = DOCKERFILE[: DOCKERFILE.rindex("\nFROM ")].replace("\\\n", "")
    commands = [
        command.strip() for line in re.findall(r"^RUN (.*)$", build, re.MULTILINE) for command in line.split("&&")
    ]
    assert commands == ["make setup", ".venv/bin/python scripts/wheel.py --into /opt/training-tracker"]


def test_the_image_runs_as_nobody_in_particular_and_installs_nothing_more() -> None:
    assert re.search(r"^USER \d+$", FINAL, re.MULTILINE)
    assert not re.search(r"\b(pip|apt-get|apk|uv|npm|make)\b", FINAL)
    assert "-slim-" in FINAL.splitlines()[1]


def test_what_the_image_starts_is_a_verb_of_the_command() -> None:
    assert 'ENTRYPOINT ["training-tracker"]' in FINAL
    command = json.loads(re.findall(r"^CMD (\[.*\])$", FINAL, re.MULTILINE)[-1])
    assert command[0] in MODULES


def test_everything_the_build_wants_is_let_into_the_image() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    wanted = {"Makefile", "README.md", "LICENSE", "pyproject.toml", "requirements", "scripts", "training_tracker"}
    wanted |= {"templates", "migrations", "package.json", "package-lock.json", ".npmrc"}
    assert let_in == wanted
    assert all((ROOT / name).exists() for name in let_in)


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_verbs_with_settings_that_there_are(name: str) -> None:
    service = OURS[name]
    assert service["command"][0] in MODULES
    settings = {setting for setting in service["environment"] if setting.startswith("TRACKER_")}
    assert settings == set(service["environment"])
    assert {setting.removeprefix("TRACKER_").lower() for setting in settings} <= set(Settings.model_fields)


def test_the_worker_is_asked_by_a_command_since_it_answers_no_pages() -> None:
    assert OURS["worker"]["healthcheck"]["test"][1:] == ["training-tracker", "check"]
    assert "check" in MODULES


def test_each_job_has_its_service_and_one_of_them_runs_the_schedule() -> None:
    assert set(OURS) == {"web", "worker", "migrate"}
    assert OURS["web"]["environment"]["TRACKER_SCHEDULER"] == "false"
    assert "TRACKER_SCHEDULER" not in OURS["worker"]["environment"]


def test_nothing_starts_before_what_it_needs() -> None:
    for name in ("web", "worker"):
        assert OURS[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert OURS["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in SERVICES["database"]
    assert "healthcheck" in SERVICES["mail"]


def test_the_password_stands_in_the_example_of_the_environment_and_nowhere_else() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+)", text)) == {"POSTGRES_PASSWORD"}
    assert "POSTGRES_PASSWORD=" in (ROOT / ".env.example").read_text()
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_the_commands_that_its_comments_tell_are_ones_that_there_are() -> None:
    commands = [
        shlex.split(line)
        for line in re.findall(r"# +docker compose run (.*)$", (ROOT / "compose.yaml").read_text(), re.MULTILINE)
    ]
    verbs = [words[words.index("web") + 1] for words in commands]
    assert verbs == ["load", "import"]
    assert set(verbs) <= set(MODULES)
