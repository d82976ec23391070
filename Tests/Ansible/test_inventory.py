"""The inventory of a policy, and what the rollout refuses before it asks any machine. Needs no machines."""

import json
import os

import pytest
from controller import Controller
from test_units import POLICY


@pytest.fixture(name="controller")
def _controller(tmp_path):
    folder = tmp_path / 'a "folder" ö'
    folder.mkdir()
    controller = Controller(folder, os.environ["SALLYPORT"])
    # Nobody answers there.
    hosts = {"all": {"vars": {"ansible_host": "127.0.0.1", "ansible_port": 1}}}
    (folder / "hosts.yml").write_text(json.dumps(hosts), encoding="utf-8")
    write(controller, POLICY)
    return controller


def write(controller, text, **options):
    (controller.folder / "fleet.sally").write_text(text, encoding="utf-8")
    controller.describe(old=[], **options)


def listed(controller, *options):
    done = controller.run("ansible-inventory", "--graph", *options)
    return done.stdout


def test_a_policy_below_the_home_folder(controller, monkeypatch):
    monkeypatch.setenv("HOME", str(controller.folder))
    controller.describe(policy="~/fleet.sally", old=[])
    assert "--edge" in listed(controller)


@pytest.mark.parametrize("name", ["all", "ungrouped", "localhost", "sallyport"])
def test_a_name_that_means_something_to_ansible_is_refused(controller, name):
    text = POLICY.replace("edge", name)
    write(controller, text)
    said = listed(controller)
    assert f"has `{name}` for something else" in said and "@sallyport" not in said
    write(controller, text, gateway_prefix="gw-")
    assert f"--gw-{name}" in listed(controller)


def test_of_two_policies_the_second_is_refused_and_nothing_is_rolled_out(controller):
    folder = controller.folder
    (folder / "second.sally").write_text(POLICY.replace("edge", "inner").replace("files", "others"), encoding="utf-8")
    second = {"plugin": "sallyport.ftp.policy", "policy": ["second.sally"], "executable": str(controller.executable)}
    (folder / "second.sallyport.yml").write_text(json.dumps(second), encoding="utf-8")
    inventories = [part for name in ("hosts", "fleet.sallyport", "second.sallyport") for part in ("-i", f"{name}.yml")]
    said = listed(controller, *inventories)
    assert "there is an inventory of another policy" in said and "--edge" in said and "--inner" not in said
    done = controller.run("ansible-playbook", *inventories, "sallyport.ftp.rollout")
    assert done.returncode != 0 and "is an inventory of another policy than" in done.stdout


def test_a_limit_without_localhost_does_not_end_well(controller):
    done, report = controller.rollout("--limit", "edge")
    assert done.returncode != 0 and "--limit has to name it" in done.stdout and not report


def test_a_policy_of_a_site_lies_beside_the_inventory_and_a_report_where_ansible_runs(controller):
    (controller.folder / "site.sally").write_text("publish\n", encoding="utf-8")
    variables = {"sallyport_site_policy": ["site.sally"], "sallyport_report": "report of it.json"}
    done = controller.rollout("--limit", "localhost,edge", **variables)[0]
    report = json.loads((controller.folder / "report of it.json").read_text(encoding="utf-8"))
    assert done.returncode != 0 and f"{controller.folder}/site.sally:1:" in report["edge"]["message"]
    assert report["files"]["outcome"] == "outside the limit"
