#!/usr/bin/python
# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Checks a policy, compiles it, and plans in which order its machines are changed. For the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy
short_description: Check and compile a policy, and plan its rollout
description:
  - Checks a Sallyport policy with the program C(sallyport), on the machine where the task runs, usually the controller.
    A policy
    with errors fails the task, with every error, its file, line and column.
  - With O(state=compiled) all that the policy becomes is written into a folder, as C(sallyport build) does it.
  - Tells which machines the policy has, and, with O(old), which of them have to be touched and in which order.
version_added: 0.1.0
author: Sallyport (@sallyport)
options:
  files:
    description: The files of the policy; together they are one policy.
    type: list
    elements: path
    required: true
  state:
    description: Whether the policy is checked alone, or compiled into O(folder) as well.
    type: str
    choices: [checked, compiled]
    default: checked
  folder:
    description: The folder of O(state=compiled). It is new, empty, or from an earlier run.
    type: path
  force:
    description: Write into a folder that holds other files as well, and replace files that somebody has changed.
    type: bool
    default: false
  old:
    description: The files of the policy that the machines have now.
    type: list
    elements: path
    default: []
  batch:
    description: How many machines are changed at the same time at most; 0 for all that have no session in common.
    type: int
    default: 0
  deny_warnings:
    description: Fail for warnings as well.
    type: bool
    default: false
extends_documentation_fragment:
  - sallyport.ftp.program
attributes:
  check_mode:
    support: full
    description: Nothing is written; tells whether files would change.
  diff_mode:
    support: none
    description: The folder holds what is written from the policy; compare policies with C(sallyport diff --policy).
  platform:
    support: full
    description: Wherever the program runs.
    platforms: posix
"""

EXAMPLES = r"""
- name: Check and compile the policy on the controller
  sallyport.ftp.policy:
    files: [fleet.sally]
    state: compiled
    folder: build
    old: [before/fleet.sally]
    batch: 10
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
diagnostics:
  description: Everything that C(sallyport check) has to say.
  returned: always
  type: list
  elements: dict
machines:
  description: The gateways and servers of the policy, as the manifest of C(sallyport build) has them.
  returned: success
  type: list
  elements: dict
sources:
  description: The files of the policy, included ones too.
  returned: success
  type: list
  elements: str
order:
  description: The machines that have to be touched, in an order in which no session breaks in between where there is
    one. All
    machines without O(old).
  returned: success
  type: list
  elements: dict
batches:
  description: The same as keys C(KIND NAME), in batches. No two machines of one batch have a session in common.
  returned: success
  type: list
  elements: list
gone:
  description: Machines of O(old) that the policy has no more, as keys. Nothing changes them.
  returned: success
  type: list
  elements: str
breaks:
  description: What breaks between two steps, or is not known.
  returned: success
  type: list
  elements: str
changes:
  description: What changes from O(old), in the words of the policy.
  returned: success
  type: list
  elements: dict
"""

import json
import os
import shutil
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sallyport.ftp.plugins.module_utils.plan import batches, key_of
from ansible_collections.sallyport.ftp.plugins.module_utils.program import (
    FINDINGS,
    FINE,
    Program,
    diagnosed,
    diagnostics_of,
)

SPECIFICATION = {
    "files": {"type": "list", "elements": "path", "required": True},
    "state": {"type": "str", "choices": ["checked", "compiled"], "default": "checked"},
    "folder": {"type": "path"},
    "force": {"type": "bool", "default": False},
    "old": {"type": "list", "elements": "path", "default": []},
    "batch": {"type": "int", "default": 0},
    "deny_warnings": {"type": "bool", "default": False},
    "executable": {"type": "str", "default": "sallyport"},
    "include_path": {"type": "list", "elements": "path", "default": []},
}


def with_value(option, values):
    """An option for each value, in one word, so that no value is taken for an option."""
    return ["%s=%s" % (option, value) for value in values]


def plain(path):
    """A path that no program takes for an option."""
    return "./" + path if path.startswith("-") else path


class PolicyTask:
    """One run of the module."""

    def __init__(self, module):
        self.module = module
        self.options = module.params
        self.program = Program(module, self.options["executable"])
        self.files = [plain(path) for path in self.options["files"]]
        self.includes = with_value("--include-path", self.options["include_path"])

    def check(self):
        """The diagnostics; fails the task for errors."""
        strictly = ["--deny-warnings"] if self.options["deny_warnings"] else []
        answer = self.program.run(
            "check", "--format", "json", "--max-findings", "0", *strictly + self.includes + self.files
        )
        found = diagnostics_of(answer.value)
        if answer.status != FINE:
            said = diagnosed(answer.value)
            if answer.status == FINDINGS and not said:
                said = "the policy has warnings, which deny_warnings does not permit"
            self.module.fail_json(msg=said or answer.complaint(), diagnostics=found)
        return found

    def build(self, folder):
        """Writes all that the policy becomes; the manifest."""
        forced = ["--force"] if self.options["force"] else []
        answer = self.program.run("build", "--output", "json", "--out=" + folder, *forced + self.includes + self.files)
        if answer.status != FINE:
            self.module.fail_json(msg=answer.complaint(), diagnostics=diagnostics_of(answer.value))
        manifest = read_manifest(folder)
        if manifest is None:
            self.module.fail_json(
                msg="the program `%s` wrote no manifest: is it sallyport?" % self.options["executable"]
            )
        return manifest

    def compare(self, machines):
        """What `diff --policy` says; all machines where there is no old policy."""
        if not self.options["old"]:
            return {"machines": machines, "breaks": [], "changes": []}
        old = with_value("--policy", self.options["old"])
        answer = self.program.run("diff", "--output", "json", *old + self.includes + self.files)
        value = answer.value
        if answer.status not in (FINE, FINDINGS) or not isinstance(value, dict) or "machines" not in value:
            self.module.fail_json(msg="the policy cannot be compared with the old one: " + answer.complaint())
        return value

    def run(self):
        found = self.check()
        changed, manifest = self.compiled()
        machines = manifest.get("machines")
        if machines is None:
            self.module.fail_json(
                msg="the program `%s` is too old: its manifest names no machines" % self.options["executable"]
            )
        comparison = self.compare(machines)
        order = comparison["machines"]
        known = set(map(key_of, machines))
        self.module.exit_json(
            changed=changed,
            diagnostics=found,
            machines=machines,
            sources=manifest.get("sources", []),
            order=[{"kind": entry["kind"], "name": entry["name"]} for entry in order],
            batches=[
                [key_of(machine) for machine in batch] for batch in batches(machines, order, self.options["batch"])
            ],
            gone=[key for key in map(key_of, order) if key not in known],
            breaks=comparison["breaks"],
            changes=comparison["changes"],
        )

    def compiled(self):
        """Whether the folder changes, or would change, and the manifest of the policy."""
        folder = self.options["folder"]
        wanted = self.options["state"] == "compiled"
        before = read_manifest(folder) if wanted else None
        if wanted and not self.module.check_mode:
            manifest = self.build(folder)
            return manifest != before, manifest
        aside = tempfile.mkdtemp(dir=self.module.tmpdir)
        try:
            manifest = self.build(os.path.join(aside, "build"))
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return wanted and manifest != before, manifest


def read_manifest(folder):
    """What `build` wrote beside its files; None where there is no such thing."""
    try:
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            value = json.load(file)
    except (IOError, OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def main():
    module = AnsibleModule(
        argument_spec=SPECIFICATION, supports_check_mode=True, required_if=[("state", "compiled", ["folder"])]
    )
    if module.params["batch"] < 0:
        module.fail_json(msg="batch is a number of machines, or 0 for all: %d is none" % module.params["batch"])
    PolicyTask(module).run()


if __name__ == "__main__":
    main()
