"""The locked requirements: everything that pyproject asks for, each file by its hash, and no address of a registry."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker

from tests.deploy.given import CHECKOUT, DEPLOY

LOCK = DEPLOY / "requirements.lock"
PIN = re.compile(
    r"^([a-z0-9-]+)==(\S+)(?P<marker> ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def pins() -> dict[str, str]:
    """Those for this machine: another system's, or another Python's, have a marker."""
    found = PIN.finditer(LOCK.read_text("utf-8"))
    return {each[1]: each[2] for each in found if each["marker"] is None or Marker(each["marker"][3:]).evaluate()}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_line_is_a_pin_with_hashes() -> None:
    left = PIN.sub("", LOCK.read_text("utf-8"))
    assert [line for line in left.splitlines() if not line.lstrip().startswith("#")] == []
    assert "://" not in LOCK.read_text("utf-8")


def test_what_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {plain(re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0]) for line in project["dependencies"]}
    assert asked <= set(pins())


@pytest.mark.net
def test_pip_takes_these_files_and_no_others(tmp_path: Path) -> None:
    """A fresh environment, hashes required; then the same list with one letter of a hash changed is refused."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    builder = tmp_path / "builder.lock"
    builder.write_text(re.search(r"^setuptools==.*(?:\n .*)*\n", LOCK.read_text("utf-8"), re.MULTILINE)[0], "utf-8")  # type: ignore[index]
    _pip(tmp_path, "install", "-r", str(builder))
    done = _pip(tmp_path, "install", "-r", str(LOCK))
    if done.returncode and "hash" not in done.stderr.lower():
        pytest.skip(f"no package index: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    listed = _pip(tmp_path, "list", "--format=freeze").stdout.split()
    have = {plain(name): version for name, _, version in (line.partition("==") for line in listed)}
    for name, version in pins().items():
        assert have.get(name, version) == version
    forged = tmp_path / "forged.lock"
    turned = re.sub(r"(?<=sha256:)[0-9a-f]{64}", "0" * 64, LOCK.read_text("utf-8"))
    forged.write_text(turned, "utf-8")
    refused = _pip(tmp_path, "install", "--force-reinstall", "-r", str(forged))
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr


def _pip(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """pip as the installer calls it: what is published as source only is built by the list's own setuptools."""
    source = ["--no-binary", "onvif-zeep", "--no-build-isolation"]
    more = ["--only-binary", ":all:", "--require-hashes", *source] if words[0] == "install" else []
    argv = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *words, *more]
    return subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.net
def test_no_known_vulnerability() -> None:
    """pip-audit over the locked list, where it and an advisory service are within reach; else it skips and says so."""
    if importlib.util.find_spec("pip_audit") is None:
        pytest.skip("pip-audit is not installed in this environment: nothing was audited")
    for service in ("pypi", "osv"):
        done = _audit(service)
        audited = json.loads(done.stdout)["dependencies"] if done.stdout.startswith("{") else []
        if {package["name"] for package in audited if "vulns" in package} == set(pins()):
            assert [package for package in audited if package["vulns"]] == []
            return
    pytest.skip(f"no advisory service within reach, nothing was audited: {done.stderr.strip()[-200:]}")


def _audit(service: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "pip_audit", "--vulnerability-service", service, "--disable-pip", "--require-hashes",
            "--requirement", str(LOCK), "--timeout", "20", "--format", "json", "--progress-spinner", "off"]  # fmt: skip
    return subprocess.run(argv, capture_output=True, text=True, timeout=180, check=False)
