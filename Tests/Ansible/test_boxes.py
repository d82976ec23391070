"""Gateways of other platforms: their files, and stand-ins for the collections of their vendors. Needs no machines."""

import json
import os

import pytest
from controller import Controller

POLICY = """gateway branch {
    platform     asa 9.12
    outside      "outside"
    inside       "dmz"
    access list  "outside_access_in"
    external ip  203.0.113.1
}

gateway edge {
    platform     srx 18.1
    outside      "untrust"
    inside       "trust"
    external ip  203.0.113.2
}

publish files {
    gateway        branch
    server         10.1.1.1 vsftpd { certificate "/c.pem"; max clients 20 }
    passive range  50000-50099
    tls            explicit required
}

publish more {
    gateway        edge
    server         10.1.2.1 vsftpd { certificate "/c.pem"; max clients 20 }
    passive range  50000-50099
    tls            explicit required
}
"""

STAND_IN = """from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(argument_spec={OPTIONS}, supports_check_mode=True)
    if not module.check_mode:
        with open("RECORD", "a", encoding="utf-8") as file:
            file.write(json.dumps({key: value for key, value in module.params.items() if value is not None}) + "\\n")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
"""


@pytest.fixture(name="controller")
def _controller(tmp_path):
    controller = Controller(tmp_path, os.environ["SALLYPORT"])
    (tmp_path / "boxes.sally").write_text(POLICY, encoding="utf-8")
    controller.describe(policy="boxes.sally", old=[])
    hosts = {"all": {"vars": {"ansible_connection": "local"}}}
    (tmp_path / "hosts.yml").write_text(json.dumps(hosts), encoding="utf-8")
    return controller


def stand_in(controller, namespace, name, module, options):
    folder = controller.collections / "ansible_collections" / namespace / name / "plugins/modules"
    folder.mkdir(parents=True)
    text = STAND_IN.replace("OPTIONS", options).replace("RECORD", str(controller.folder / "record"))
    (folder / f"{module}.py").write_text(text, encoding="utf-8")


def play(controller, *arguments, **options):
    """The module alone, for every gateway of the policy."""
    task = dict({"name": "{{ sallyport_name }}", "platform": "{{ sallyport_platform }}"}, **options)
    task.update(policy=["boxes.sally"], controller_executable=os.environ["SALLYPORT"])
    plays = [{"hosts": "sallyport_boxes", "gather_facts": False, "tasks": [{"sallyport.ftp.gateway": task}]}]
    (controller.folder / "play.yml").write_text(json.dumps(plays), encoding="utf-8")
    return controller.run("ansible-playbook", "play.yml", *arguments).stdout


def test_files_are_written_once_with_the_way_back(controller):
    out = controller.folder / "out put"
    planned = play(controller, "--check", "--diff", output=str(out))
    assert "changed=1" in planned and "access-list" in planned and not out.exists()
    assert "changed=1" in play(controller, output=str(out))
    assert {path.name for path in (out / "branch").iterdir()} == {"asa.cfg", "asa-way-back.cfg", "README.md"}
    assert "changed=1" not in play(controller, output=str(out))


def test_options_are_looked_at_as_on_other_gateways(controller):
    out = controller.folder / "out"
    assert "changed=1" in play(controller, output=str(out), vendor="false")
    assert "Unsupported parameters" in play(controller, output=str(out), outptu="x")


def test_a_collection_that_is_missing_is_named(controller):
    said = play(controller, vendor=True)
    assert "ansible-galaxy collection install cisco.asa" in said and "junipernetworks.junos is not installed" in said
    assert "name a folder for its files" in play(controller)


def test_vendors_get_the_lines_and_keep_them_over_a_new_connection(controller):
    lines = '"lines": {"type": "list", "elements": "str"}, '
    stand_in(controller, "cisco", "asa", "asa_config", lines + '"match": {"type": "str"}')
    further = '"confirm": {"type": "int"}, "comment": {"type": "str"}, "confirm_commit": {"type": "bool"}'
    stand_in(controller, "junipernetworks", "junos", "junos_config", lines + further)
    assert "changed=1" in play(controller, "--check", vendor=True) and not (controller.folder / "record").exists()
    play(controller, "--forks", "1", vendor=True)
    asa, srx, kept = [json.loads(line) for line in (controller.folder / "record").read_text().splitlines()]
    assert any(line.startswith("access-list") for line in asa["lines"]) and "write memory" not in asa["lines"]
    assert all(line.startswith(("set ", "delete ")) for line in srx["lines"]) and srx["confirm"] == 5
    assert kept == {"confirm_commit": True}
