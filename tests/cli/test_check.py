"""`check`: everything at once."""

from __future__ import annotations

from .conftest import Campus


def test_good_files_are_0(campus: Campus) -> None:
    said = campus("check")
    assert said.code == 0
    assert said.out == "inventory.yaml: no mistakes, 3 devices, 2 probes\n"


def test_all_mistakes_of_all_files_at_once(campus: Campus) -> None:
    folder = campus.inventory.parent
    text = campus.inventory.read_text("utf-8").replace("kind: switch", "kind: swich").replace("127.0.0.3", "300.0.0.1")
    campus.inventory.write_text(text, "utf-8")
    (folder / "roster.yaml").write_text("people: [{id: wang, name: 王, role: engineer}]\norder: [wnag]\n", "utf-8")
    (folder / "policy.yaml").write_text("contract: {respose: 1}\n", "utf-8")
    (folder / "config.yaml").write_text(
        "version: 1\ninventory: inventory.yaml\nroster: roster.yaml\npolicy: policy.yaml\n", "utf-8"
    )
    said = campus("check", "--config", folder / "config.yaml")
    lines = said.out.splitlines()
    assert said.code == 2
    assert "4 mistakes" in said.err
    assert [line.rpartition("/")[2].split(":")[0] for line in lines] == [
        "inventory.yaml", "inventory.yaml", "policy.yaml", "roster.yaml",
    ]  # fmt: skip
    assert "inventory.yaml:4: devices[0].kind: " in lines[0]
    assert "'wang'?" in lines[3]
    document = campus("--json", "check", "--config", folder / "config.yaml").document
    assert [item["line"] for item in document["items"]] == [4, 5, 1, 2]
    assert document["items"][0]["severity"] == "error"


def test_a_warning_goes_to_stderr_and_is_0(campus: Campus) -> None:
    text = campus.inventory.read_text("utf-8")
    secret = "credentials: {x: {snmp: {community: CANARY}}}\n"
    campus.inventory.write_text(text.replace("devices:\n", f"{secret}devices:\n"), "utf-8")
    said = campus("check")
    assert said.code == 0
    assert "inventory.yaml:3: credentials.x.snmp.community: warning" in said.err
    assert "CANARY" not in said.out + said.err


def test_a_mistake_in_the_configuration_is_2(campus: Campus) -> None:
    config = campus.inventory.parent / "config.yaml"
    config.write_text("listn: 127.0.0.1:1\n", "utf-8")
    said = campus("check", "--config", config)
    assert said.code == 2
    assert "config.yaml:1" in said.out


def test_no_inventory_is_2_and_names_the_demo(campus: Campus) -> None:
    campus.inventory.unlink()
    said = campus("check")
    assert (said.code, said.out) == (2, "")
    assert "demo" in said.err
