# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""The gateways and servers of a policy as hosts and groups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: policy
short_description: The gateways and servers of a Sallyport policy
version_added: 0.1.0
author: Sallyport (@sallyport)
description:
  - Reads a policy with the program C(sallyport), which has to be on the controller, and makes each of its gateways and
    servers a
    host. What a policy does not know, above all where a machine answers SSH, comes from other inventories with the same
    names.
  - The file of the inventory ends in C(sallyport.yml) or C(sallyport.yaml).
  - A policy with errors gives no host at all.
  - "Groups: C(sallyport_gateways), C(sallyport_servers); C(sallyport_platform_NAME) and C(sallyport_software_NAME),
    with C(_) in
    the place of C(-); C(sallyport_nftables), the gateways that C(sallyport apply) changes; C(sallyport_boxes), the
    gateways that
    get their configuration as text; C(sallyport_rollout), the machines that have to be touched, in their order."
  - "Variables: C(sallyport_kind), C(sallyport_name), C(sallyport_platform), C(sallyport_software),
    C(sallyport_version),
    C(sallyport_addresses), C(sallyport_host) (the host on which a server with C(address local) runs),
    C(sallyport_related) (hosts
    that share sessions with it); for all machines C(sallyport_policy), C(sallyport_old_policy),
    C(sallyport_include_path),
    C(sallyport_controller_executable), C(sallyport_inventory_folder), and C(sallyport_batches), the
    sizes of the
    batches of a rollout."
  - A rollout is of one policy, so of several inventories of this plugin the first one counts, and the others are
    refused.
  - A server without other address is reached at the first one that the policy has for it.
options:
  plugin:
    description: The name of this plugin.
    required: true
    choices: [sallyport.ftp.policy]
  policy:
    description: The files of the policy, relative to the folder of the inventory.
    type: list
    elements: str
    required: true
  old:
    description: The files of the policy that the machines have now. With it only what has to be touched is in
      C(sallyport_rollout), in the order of C(sallyport diff --policy).
    type: list
    elements: str
    default: []
  include_path:
    description: Folders in which C(include) may read besides that of the policy, relative to the folder of the
      inventory.
    type: list
    elements: str
    default: []
  executable:
    description: The program C(sallyport) on the controller.
    type: str
    default: sallyport
    env:
      - name: SALLYPORT_EXECUTABLE
  batch:
    description: How many machines of a rollout are changed at the same time at most; 0 for all that have no session in
      common.
    type: int
    default: 10
  gateway_prefix:
    description: What stands before the name of each gateway.
    type: str
    default: ""
  server_prefix:
    description: What stands before the name of each server.
    type: str
    default: ""
extends_documentation_fragment:
  - constructed
"""

EXAMPLES = r"""
# fleet.sallyport.yml
plugin: sallyport.ftp.policy
policy: [fleet.sally]
old: [before/fleet.sally]
batch: 5
"""

import json
import os
import shutil
import subprocess
import tempfile

from ansible.errors import AnsibleParserError
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible_collections.sallyport.ftp.plugins.module_utils.plan import batches, clashes, host_name, key_of, machine_of
from ansible_collections.sallyport.ftp.plugins.module_utils.program import FINDINGS, FINE, Answer

# The platform whose rules `sallyport apply` changes. What else there is gets its configuration as text.
APPLIED = "nftables"
# Groups that are there whatever machines a policy has.
GROUPS = ("sallyport", "sallyport_gateways", "sallyport_servers", "sallyport_rollout")
# Names that no machine can bear, because they mean something to Ansible.
RESERVED = {"all", "ungrouped", "localhost"}


class InventoryModule(BaseInventoryPlugin, Constructable):
    """See DOCUMENTATION."""

    NAME = "sallyport.ftp.policy"

    def verify_file(self, path):
        return super().verify_file(path) and path.endswith(("sallyport.yml", "sallyport.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        folder = os.path.dirname(os.path.abspath(path))
        self._folder = folder
        self._files, self._old, self._includes = (
            [os.path.join(folder, os.path.expanduser(name)) for name in self.get_option(option)]
            for option in ("policy", "old", "include_path")
        )
        if not self._files:
            raise AnsibleParserError("%s: policy names no file" % path)
        if self.get_option("batch") < 0:
            raise AnsibleParserError("%s: batch is a number of machines, or 0 for all" % path)
        self._refuse_second(path)
        machines = self._machines()
        self._check_names(path, machines)
        self._add(machines, list(batches(machines, self._order(machines), self.get_option("batch"))))

    def _refuse_second(self, path):
        """Variables of all machines are those of one policy. Ansible goes on without an inventory that it cannot read,
        so the rollout is told."""
        group = self.inventory.groups.get("sallyport")
        if group is None or "sallyport_policy" not in group.vars:
            return
        self.inventory.set_variable("sallyport", "sallyport_refused_inventory", path)
        raise AnsibleParserError(
            "%s: there is an inventory of another policy, %s; name all files of one policy in one inventory, or roll "
            "two policies out one after the other" % (path, ", ".join(group.vars["sallyport_policy"]))
        )

    def _ask(self, *arguments):
        """Runs the program; raises where it cannot be run."""
        command = [self.get_option("executable"), *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, env=dict(os.environ, NO_COLOR="1"), stdin=subprocess.DEVNULL
            )
        except OSError as error:
            raise AnsibleParserError(
                "the program `%s` cannot be run on the controller: %s; install sallyport, or name it with executable "
                "or SALLYPORT_EXECUTABLE" % (command[0], error.strerror)
            ) from None
        return Answer(arguments, done.returncode, to_text(done.stdout), to_text(done.stderr))

    def _include_options(self):
        return ["--include-path=" + name for name in self._includes]

    def _machines(self):
        """The machines of the policy; raises for errors in it."""
        folder = tempfile.mkdtemp(prefix="sallyport-inventory-")
        try:
            out = os.path.join(folder, "build")
            answer = self._ask("build", "--output", "json", "--out=" + out, *self._include_options(), *self._files)
            if answer.status != FINE:
                raise AnsibleParserError("the policy is refused, so it has no hosts:\n" + answer.complaint())
            with open(os.path.join(out, "manifest.json"), encoding="utf-8") as file:
                machines = json.load(file).get("machines")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if machines is None:
            raise AnsibleParserError(
                "the program `%s` is too old: its manifest names no machines" % self.get_option("executable")
            )
        return machines

    def _order(self, machines):
        if not self._old:
            return machines
        old = ["--policy=" + name for name in self._old]
        answer = self._ask("diff", "--output", "json", *old, *self._include_options(), *self._files)
        value = answer.value
        if answer.status not in (FINE, FINDINGS) or not isinstance(value, dict) or "machines" not in value:
            raise AnsibleParserError("the policy cannot be compared with the old one:\n" + answer.complaint())
        return value["machines"]

    def _check_names(self, path, machines):
        both = clashes(machines, self.get_option("gateway_prefix"), self.get_option("server_prefix"))
        if both:
            raise AnsibleParserError(
                "%s: a gateway and a server would both be the host %s; set gateway_prefix or server_prefix"
                % (path, ", ".join("`%s`" % name for name in both))
            )
        names = {self._host(machine) for machine in machines}
        taken = names & RESERVED.union(GROUPS, *map(groups_of, machines))
        if taken:
            raise AnsibleParserError(
                "%s: Ansible has %s for something else than a machine; set gateway_prefix or server_prefix"
                % (path, ", ".join("`%s`" % name for name in sorted(taken)))
            )

    def _host(self, machine):
        return host_name(machine, self.get_option("gateway_prefix"), self.get_option("server_prefix"))

    def _add(self, machines, planned):
        groups = {}
        for machine in machines:
            for group in groups_of(machine):
                groups.setdefault(group, []).append(machine)
        for group in (*GROUPS, *sorted(groups)):
            self.inventory.add_group(group)
        for name, value in self._common(planned).items():
            self.inventory.set_variable("sallyport", name, value)
        # The order in which hosts are added is that in which plays go through them.
        position = dict((key_of(machine), number) for number, batch in enumerate(planned) for machine in batch)
        for machine in sorted(machines, key=lambda one: position.get(key_of(one), len(planned))):
            self._add_host(machine, "sallyport_rollout" if key_of(machine) in position else None)

    def _common(self, planned):
        """Variables of all machines."""
        return {
            "sallyport_policy": self._files,
            "sallyport_old_policy": self._old,
            "sallyport_include_path": self._includes,
            "sallyport_controller_executable": self.get_option("executable"),
            "sallyport_inventory_folder": self._folder,
            "sallyport_batches": [len(batch) for batch in planned],
        }

    def _add_host(self, machine, rollout):
        host = self._host(machine)
        self.inventory.add_host(host)
        for group in ["sallyport", *groups_of(machine), *([rollout] if rollout else [])]:
            self.inventory.add_child(group, host)
        variables = dict(
            ("sallyport_" + name, machine.get(name)) for name in ("kind", "name", "platform", "software", "version")
        )
        variables["sallyport_addresses"] = machine["addresses"]
        variables["sallyport_related"] = [self._host(machine_of(key)) for key in machine["shares"]]
        if machine.get("host") is not None:
            variables["sallyport_host"] = self._host(machine_of("gateway " + machine["host"]))
        for name, value in variables.items():
            if value is not None:
                self.inventory.set_variable(host, name, value)
        if machine["addresses"] and "ansible_host" not in self.inventory.get_host(host).vars:
            self.inventory.set_variable(host, "ansible_host", machine["addresses"][0])
        values = self.inventory.get_host(host).get_vars()
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), values, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), values, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), values, host, strict=strict)


def groups_of(machine):
    """The groups of a machine, apart from that of all."""
    if machine["kind"] == "gateway":
        platform = machine.get("platform") or APPLIED
        return [
            "sallyport_gateways",
            "sallyport_platform_" + platform.replace("-", "_"),
            "sallyport_nftables" if platform == APPLIED else "sallyport_boxes",
        ]
    software = machine.get("software")
    return ["sallyport_servers"] + (["sallyport_software_" + software.replace("-", "_")] if software else [])
