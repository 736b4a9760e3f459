"""What is committed names no machine and no package registry, and holds no patient's file and no secret."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

# Put together here, so that this file does not find itself.
PATHS_OF_MACHINES = re.compile("|".join(f"/{name}/" for name in ("work", "root", "tmp", "home")) + "|/Users" + "/")  # fmt: skip
REGISTRIES = re.compile(
    "https?://[^ \"']*(" + "|".join(("pypi", "npm" + "js", "/simple/?", "registry")) + ")"
)
PRIVATE_KEYS = re.compile("-----BEGIN " + "[A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{40}")


def committed() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("This is no checkout.")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in committed():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT)
        found += [f"{name}: {match[0][:80]}" for match in pattern.finditer(text)]
    return found


def test_no_path_of_a_machine_is_committed():
    # What people are told to type on their own machines is not a path of one.
    assert [
        each for each in lines_with(PATHS_OF_MACHINES) if not each.startswith("README.md")
    ] == []


def test_no_address_of_a_package_registry_is_committed():
    assert lines_with(REGISTRIES) == []


def test_no_private_key_is_committed():
    assert lines_with(PRIVATE_KEYS) == []


def test_no_dicom_file_is_committed():
    dicom = [path for path in committed() if path.open("rb").read(132)[128:] == b"DICM"]
    assert dicom == []


def test_no_build_and_no_data_directory_is_committed():
    kept_out = {".web", ".venv", "node_modules", "__pycache__", "pacscribe-data"}
    assert [path for path in committed() if kept_out & set(path.relative_to(ROOT).parts)] == []
