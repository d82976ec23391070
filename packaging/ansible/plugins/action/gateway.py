# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Directs a change of one gateway from the controller: apply, a new connection, verify and confirm."""

from __future__ import annotations

import os
import time
import uuid

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.sallyport.ftp.plugins.modules.gateway import SPECIFICATION
from ansible_collections.sallyport.ftp.plugins.plugin_utils.boxes import deliver
from ansible_collections.sallyport.ftp.plugins.plugin_utils.controller import (
    OnController,
    compiled_policy,
    machine_of,
    policy_package,
    read_text,
)

MODULE = "sallyport.ftp.gateway"
# The platform whose rules `sallyport apply` changes.
APPLIED = "nftables"
# Seconds after the deadline in which a gateway that took its change back should answer again.
GRACE = 20
# A connection that gives no answer for so many seconds is taken for lost: the change may have cut it.
SILENCE = 10

display = Display()


class ActionModule(OnController, ActionBase):
    """See the module."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        self.options = dict(self._task.args)
        within = self.options.get("confirm_within", 60)
        if not str(within).isdecimal() or not 1 <= int(within) <= 86400:
            raise AnsibleActionFail("confirm_within is a number of seconds from 1 to 86400: `%s` is none" % within)
        self.patience = int(within)
        if self.options.get("state", "present") == "absent":
            return self.absent()
        return self.present()

    def cleanup(self, force=False):
        """Removes what Ansible has copied; a gateway that is lost by then keeps it, and is still told as lost."""
        try:
            super().cleanup(force)
        except AnsibleConnectionFailure as failure:
            display.vv("%s: temporary files stay there: %s" % (self._play_context.remote_addr, failure))

    def absent(self):
        if self.options.get("platform", APPLIED) != APPLIED:
            return {
                "failed": True,
                "outcome": "refused",
                "msg": "only gateways of the platform nftables are changed by the collection; "
                "the files of this one say how to take its configuration away",
            }
        return self.ask("apply", {})

    def present(self):
        files = [self.found(name) for name in self.listed("policy")]
        if not files:
            raise AnsibleActionFail("policy is missing: the files of the policy on the controller")
        includes = [self.found(name) for name in self.listed("include_path")]
        name = self.options.get("name") or ""
        executable = self.options.get("controller_executable") or "sallyport"
        with compiled_policy(executable, files, includes, self.options.get("compiled")) as (folder, manifest):
            machine = machine_of(manifest, "gateway", name)
            if (machine.get("platform") or APPLIED) != APPLIED:
                # No module on the gateway looks at the options.
                self.options = self.validate_argument_spec(SPECIFICATION)[1]
                return deliver(self, folder, machine)
            package = policy_package(files, manifest["sources"], kernel_files(folder, manifest, machine))
            version = manifest.get("sallyport") or ""
        own = {"package": package, "name": machine["name"], "version": version, "token": uuid.uuid4().hex}
        return self.change(own)

    # The way of one change.

    def change(self, own):
        checking = self._task.check_mode
        if not checking:
            self.expect_silence()
            # Where this fails the gateway is unreachable, and nothing can have changed.
            self._low_level_execute_command("exit 0")
        try:
            result = self.ask("apply", own)
        except AnsibleConnectionFailure as failure:
            if checking:
                raise
            display.vv("%s: the connection is lost: %s" % (self._play_context.remote_addr, failure))
            return self.conclude(own, {}, failure)
        if checking or result.get("failed") or result.get("outcome") != "waits":
            return result
        return self.conclude(own, result, None)

    def conclude(self, own, applied, failure):
        """Verifies and confirms over new connections, until the gateway has taken the change back."""
        deadline = time.monotonic() + self.patience
        while True:
            self.reset_connection()
            try:
                # Before anything is copied over the new connection, which Ansible tries in several ways.
                self._low_level_execute_command("exit 0")
                result = self.ask("confirm", own)
            except AnsibleConnectionFailure as error:
                failure = error
                if time.monotonic() > deadline + GRACE:
                    return self.lost(applied, failure)
                time.sleep(1)
                continue
            if result.get("outcome") == "lost" and time.monotonic() < deadline:
                # It answers again, and what it was doing may come to an end.
                time.sleep(1)
                continue
            return self.told(applied, result, failure)

    def told(self, applied, result, failure):
        for name in ("change", "changes", "findings", "files", "diff"):
            if name in applied:
                result.setdefault(name, applied[name])
        if result.get("failed") and failure is not None:
            result["msg"] = "no new connection after the change (%s): %s" % (
                str(failure).strip().splitlines()[-1],
                result.get("msg"),
            )
            result["changed"] = False
        return result

    def lost(self, applied, failure):
        return {
            "failed": True,
            "changed": True,
            "outcome": "lost",
            "change": applied.get("change", ""),
            "changes": applied.get("changes", []),
            "msg": "no connection since the change, nor %d seconds after it should have been taken back: %s; the "
            "gateway takes an unconfirmed change back by itself, and nobody has seen it yet" % (GRACE, failure),
        }

    # Connections.

    def ask(self, step, own):
        """Runs one step on the gateway."""
        arguments = dict(self.options, confirm_within=self.patience, step=step, **own)
        for name in ("policy", "compiled", "controller_executable", "output", "vendor", "include_path"):
            arguments.pop(name, None)
        if step != "apply":
            arguments.pop("package", None)
        return self._execute_module(MODULE, module_args=arguments, task_vars=self.task_vars)

    def expect_silence(self):
        """Has SSH notice that a connection is dead, which it does not by itself for many minutes."""
        connection = self._connection
        if getattr(connection, "transport", "") != "ssh":
            return
        try:
            # These are for sftp and scp as well, which copy the module where Ansible does not pipe it.
            given = connection.get_option("ssh_common_args") or ""
            connection.set_option(
                "ssh_common_args",
                "%s -o ServerAliveInterval=%d -o ServerAliveCountMax=2 -o ConnectTimeout=%d"
                % (given, SILENCE // 2, SILENCE),
            )
        except KeyError:
            return
        # A connection that is shared was opened without that.
        self.reset_connection()

    def reset_connection(self):
        """The next step needs a new connection: the old one proves nothing about new ones."""
        reset = getattr(self._connection, "reset", None)
        if reset is None:
            self._connection.close()
            return
        try:
            reset()
        except AnsibleConnectionFailure as failure:
            display.vv("%s: closing the old connection: %s" % (self._play_context.remote_addr, failure))


def kernel_files(folder, manifest, machine):
    """The files of a gateway that settle the kernel; the ruleset is not among them, `apply` sees to that."""
    wanted = ("/etc/sysctl.d/", "/etc/modules-load.d/", "/etc/modprobe.d/")
    return [
        {"path": entry["destination"], "text": read_text(os.path.join(folder, entry["path"]))}
        for entry in manifest["files"]
        if entry["path"].startswith(machine["folder"] + "/") and str(entry.get("destination", "")).startswith(wanted)
    ]
