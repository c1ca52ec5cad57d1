"""docker-compose.yaml as an implementation of the Compose specification reads it.

podman-compose resolves a file without any container engine; all that it asks its engine for is a version.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yaml"
EXAMPLE = ROOT / ".env.example"
IMAGE = "sendepause:latest"

Compose = dict[str, Any]


def demanded() -> set[str]:
    """The variables without which the file must not be accepted."""
    return set(re.findall(r"\$\{(\w+):\?", FILE.read_text()))


def filled_in() -> dict[str, str]:
    """A value for each variable that is demanded."""
    made = {name: secrets.token_hex(32) for name in demanded()}
    return made | {"AIRFLOW_FERNET_KEY": Fernet.generate_key().decode()}


def resolve(variables: dict[str, str], folder: Path) -> Compose:
    """The file with the variables put in; ``folder`` is for what the reading needs.

    :raises subprocess.CalledProcessError: where the file is not accepted.
    """
    engine = folder / "podman"
    engine.write_text("#!/bin/sh\necho podman version 5.0.0\n")
    engine.chmod(0o755)
    given = folder / "env"
    given.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    done = subprocess.run(
        [sys.executable, "-m", "podman_compose", "--file", FILE, "--env-file", given, "config"],
        env={"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found: Compose = yaml.safe_load(done.stdout)
    return found


def ours(compose: Compose) -> dict[str, Compose]:
    """The services that run the project's own image."""
    return {name: service for name, service in compose["services"].items() if service.get("image") == IMAGE}
