"""What the tests of the collection have in common: a controller with the collection in place, and its playbooks."""

import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "packaging/ansible"


def install_collection(folder):
    """A copy of the collection where Ansible and its tests want it; the folder of collections."""
    place = folder / "collections/ansible_collections/sallyport/ftp"
    if not place.exists():
        shutil.copytree(COLLECTION, place, ignore=shutil.ignore_patterns("__pycache__", "output", ".ansible"))
    return folder / "collections"


class Controller:
    """Runs Ansible with an inventory of a policy."""

    def __init__(self, folder, executable):
        self.folder = folder
        self.executable = executable
        self.collections = install_collection(folder)
        self.report_file = folder / "report.json"
        self.write_configuration()

    def write_configuration(self):
        (self.folder / "ansible.cfg").write_text(
            f"""[defaults]
collections_path = {self.collections}
inventory = {self.folder}/hosts.yml,{self.folder}/fleet.sallyport.yml
home = {self.folder}/home
remote_tmp = /tmp/ansible
pipelining = true
forks = 12
host_key_checking = true
interpreter_python = /usr/bin/python3
deprecation_warnings = false
[inventory]
enable_plugins = sallyport.ftp.policy, yaml
""",
            encoding="utf-8",
        )

    def describe(self, policy="fleet.sally", old=("before/fleet.sally",), batch=10, **further):
        """Writes the inventory of a policy."""
        value = dict(
            {
                "plugin": "sallyport.ftp.policy",
                "policy": [policy],
                "old": list(old),
                "batch": batch,
                "executable": str(self.executable),
            },
            **further,
        )
        (self.folder / "fleet.sallyport.yml").write_text(json.dumps(value), encoding="utf-8")

    def run(self, *command, timeout=900):
        environment = dict(
            os.environ,
            ANSIBLE_CONFIG=str(self.folder / "ansible.cfg"),
            ANSIBLE_FORCE_COLOR="0",
            NO_COLOR="1",
            SWIFT_BACKTRACE="enable=no",
        )
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )

    def rollout(self, *arguments, **variables):
        """One rollout: what Ansible did, and what the report says of each machine."""
        self.report_file.unlink(missing_ok=True)
        extra = dict({"sallyport_report": str(self.report_file)}, **variables)
        done = self.run("ansible-playbook", "sallyport.ftp.rollout", "-e", json.dumps(extra), *arguments)
        report = json.loads(self.report_file.read_text(encoding="utf-8")) if self.report_file.exists() else {}
        return done, report


def outcomes(report):
    return {host: entry["outcome"] for host, entry in report.items()}


def changed_tasks(output):
    """How many tasks changed anything, by the recap at the end; what is planned counts as well."""
    lines = output[output.rindex("PLAY RECAP") :].splitlines()
    return sum(
        int(word.removeprefix("changed=")) for line in lines for word in line.split() if word.startswith("changed=")
    )
