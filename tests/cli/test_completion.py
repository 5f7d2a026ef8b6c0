"""The shell's completion: the script is valid, and completes."""

from __future__ import annotations

import subprocess

from .conftest import Campus


def completed(script: str, *words: str) -> list[str]:
    line = " ".join(f'"{word}"' for word in words)
    typed = f"COMP_WORDS=({line})\nCOMP_CWORD={len(words) - 1}\n_campus_agent\n"
    program = f"{script}\n{typed}printf '%s\\n' \"${{COMPREPLY[@]}}\""
    run = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, timeout=20)
    return run.stdout.split()


def test_bash(campus: Campus) -> None:
    script = campus("completion", "bash").out
    assert completed(script, "campus-agent", "tick") == ["tickets", "ticket"]
    assert completed(script, "campus-agent", "ticket", "rest") == ["restore"]
    assert "--override" in completed(script, "campus-agent", "ticket", "restore", "T1", "--o")
    assert completed(script, "campus-agent", "devices", "--bu") == ["--building"]


def test_zsh_loads_the_bash_layer(campus: Campus) -> None:
    assert "bashcompinit" in campus("completion", "zsh").out
