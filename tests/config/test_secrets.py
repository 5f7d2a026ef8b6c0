"""A secret is taken from a file or the environment, and shows itself nowhere."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.config import Loaded, load
from agent.model import Secret

CANARY = "CANARY-7f3a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    user: str = ""
    auth: str = ""
    retries: int = 1
    community: Secret | None = None
    key: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    password: Secret


def loaded(tmp_path: Path, text: str, cls: type = Login) -> Loaded[Login]:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return load(cls, path)


def everything(result: Loaded[Login]) -> str:
    """Whatever of a result could ever be shown."""
    return "\n".join([repr(result), str(result), *result.render("en"), *result.render("zh"), f"{result.value}"])


def test_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "ro"
    secret.write_text(f"{CANARY}\n\n")
    secret.chmod(0o600)
    result = loaded(tmp_path, "community_file: ro")
    assert result.problems == ()
    assert result.value is not None
    assert result.value.community == Secret(CANARY + "\n")
    assert CANARY not in everything(result)


def test_from_systemds_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "ro").write_text(CANARY)
    (credentials / "ro").chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    result = loaded(tmp_path, "community_file: secrets/ro")
    assert result.value is not None
    assert result.value.community == Secret(CANARY)


def test_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPUS_TEST_SECRET", CANARY)
    result = loaded(tmp_path, "community_env: CAMPUS_TEST_SECRET")
    assert result.value is not None
    assert result.value.community == Secret(CANARY)


def test_inline_is_only_warned_of(tmp_path: Path) -> None:
    result = loaded(tmp_path, f"community: {CANARY}")
    assert result.value is not None
    assert result.value.community == Secret(CANARY)
    said = f"{tmp_path}/s.yaml:1: community: warning: the secret stands in the file itself; better community_file or"
    assert result.render("en")[0].startswith(said)
    assert CANARY not in everything(result)


def test_a_file_that_everybody_can_read(tmp_path: Path) -> None:
    secret = tmp_path / "ro"
    secret.write_text(CANARY)
    secret.chmod(0o644)
    result = loaded(tmp_path, "community_file: ro")
    assert result.value is not None
    assert result.render("en") == [
        f"{tmp_path}/s.yaml:1: community_file: warning: everybody on this machine can read {secret}; chmod o-r"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("community_file: ro", "the secret's file {folder}/ro does not exist"),
        ("community_file: .", "the secret's file {folder} is not a plain file"),
        ("community_file: empty", "the secret's file {folder}/empty is empty"),
        ("community_file: binary", "the secret's file {folder}/binary is not UTF-8"),
        ("community_file: large", "the secret's file {folder}/large is larger than 64 KiB"),
        ("community_file: /dev/null", "the secret's file /dev/null is not a plain file"),
        ("community_env: CAMPUS_NO_SUCH", "the environment variable CAMPUS_NO_SUCH is not set"),
        ("community: [a]", "a secret must be a word"),
        ("community_file: empty\ncommunity_env: X", "'community' is given in more than one way"),
    ],
)
def test_what_goes_wrong(tmp_path: Path, text: str, said: str) -> None:
    for name, content in (("empty", b"\n"), ("binary", b"\xff\xfe\x80"), ("large", b"x" * 70_000)):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    result = loaded(tmp_path, text)
    assert result.value is None
    assert said.format(folder=tmp_path) in "\n".join(result.render("en"))


def test_a_secret_that_must_be_there(tmp_path: Path) -> None:
    assert loaded(tmp_path, "{}", Needs).render("en") == [f"{tmp_path}/s.yaml:1: 'password' is missing"]


SLIPS = [
    "{canary}",
    "[{canary}]",
    "community: [{canary}]",
    "community: {{{canary}: 1}}",
    "comunity: {canary}",
    "{canary}: 1",
    "retries: {canary}",
    "community_env: {canary}",
    "community: {canary}\ncommunity: {canary}",
    "community: !{canary} x",
    "community: *{canary}",
    "community: &{canary}",
    "community: !{canary}",
    "community: '{canary}",
    'community: "{canary}\\q"',
    "community: {canary}: {canary}",
    "community: {canary}\n\tx: 1",
    "community: {canary}\x07",
    "community: {canary}\n- {canary}",
    "community: @{canary}",
]


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_of_the_finger_do_not_show_it(tmp_path: Path, slip: str) -> None:
    result = loaded(tmp_path, slip.format(canary=CANARY))
    assert result.problems
    assert CANARY not in everything(result)


def test_no_traceback_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of our own making, right after reading: neither text nor local variables tell."""
    secret = tmp_path / "ro"
    secret.write_text(CANARY)
    monkeypatch.setenv("CAMPUS_TEST_SECRET", CANARY)
    try:
        result = loaded(tmp_path, "community_file: ro\nkey_env: CAMPUS_TEST_SECRET\nuser: [x]")
        raise RuntimeError(f"{result}")
    except RuntimeError as wrong:
        told = "".join(traceback.TracebackException.from_exception(wrong, capture_locals=True).format())
        assert CANARY not in told
        assert CANARY not in traceback.format_exc()
