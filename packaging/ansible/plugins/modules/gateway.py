#!/usr/bin/python
# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Makes the rules of one gateway those of a policy. The part that runs on the gateway; the action plugin directs it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gateway
short_description: Make the rules of a gateway those of a policy, with a way back
description:
  - On a gateway of the platform C(nftables) the controller copies the files of the policy, has C(sallyport apply)
    change the rules
    with a watchdog armed, closes its connection, opens a new one, runs O(verify) over it and confirms. Where no new
    connection can be
    opened, or the controller is gone, the gateway takes the change back by itself after O(confirm_within).
  - Before anything is changed, C(sallyport check --kernel) looks at the gateway. What it finds there, and the policy
    alone does not
    have, fails the task, for instance a chain of another firewall that drops what the policy admits (O(accept)).
  - Kernel settings that the policy needs (files for C(sysctl.d), C(modules-load.d), C(modprobe.d)) are written and put
    in force
    before the rules, and brought back as they were when the change is taken back over a connection.
  - Gateways of other platforms get their configuration as files in O(output) on the controller, with the way back and a
    README, or
    through the collection of their vendor (O(vendor)).
version_added: 0.1.0
author: Sallyport (@sallyport)
options:
  name:
    description: The gateway of the policy that this host is. Left out where the policy has one gateway or declares
      none.
    type: str
    default: ""
  policy:
    description: The files of the policy on the controller; what they include is copied as well.
    type: list
    elements: path
  state:
    description: V(present) makes the rules those of the policy, V(absent) takes our table away and nothing else.
    type: str
    choices: [present, absent]
    default: present
  platform:
    description: What the gateway is, as the policy has it.
    type: str
    default: nftables
  confirm_within:
    description: Seconds after which the gateway takes the change back unless it is confirmed over a new connection.
    type: int
    default: 60
  verify:
    description: A command of the shell that runs on the gateway over the new connection. When it fails the change is
      taken back. It is logged as all options are, so a password belongs into a file that it reads (C(curl
      --netrc-file)).
    type: str
  persist:
    description: The file on the gateway into which the ruleset for boot is written, once confirmed, an absolute path;
      C(sallyport.service) loads V(/var/lib/sallyport/boot.nft).
    type: path
  force:
    description: Replace a file of O(persist) that sallyport did not write.
    type: bool
    default: false
  replace:
    description: Replace the whole table, which loses counters and what packets have added to sets.
    type: bool
    default: false
  kernel_files:
    description: Whether the kernel settings that the policy needs are written.
    type: bool
    default: true
  accept:
    description: Codes of findings about this gateway that do not fail the task, or C(all).
    type: list
    elements: str
    default: []
  state_dir:
    description: The folder on the gateway in which C(sallyport) keeps the way back. An absolute path.
    type: path
    default: /run/sallyport
  output:
    description: The folder on the controller for the configurations of gateways of other platforms.
    type: path
  vendor:
    description: Send the configuration of such a gateway through the collection of its vendor, which has to be
      installed.
    type: bool
    default: false
  step:
    description: For the action plugin, which part of the way is gone now.
    type: str
    choices: [apply, confirm]
    default: apply
  package:
    description: For the action plugin, the files of the policy.
    type: str
    default: ""
  token:
    description: For the action plugin, what tells this run from others.
    type: str
    default: ""
  version:
    description: For the action plugin, the version of C(sallyport) on the controller; that of the gateway has to be the
      same.
    type: str
    default: ""
extends_documentation_fragment:
  - sallyport.ftp.program
  - sallyport.ftp.controller
attributes:
  check_mode:
    support: full
    description: Compares, and has the kernel check the transaction. Of the file of O(persist) it is seen whether it is
      there, and not what is in it.
  diff_mode:
    support: full
    description: Shows what changes, in the words of the policy.
  platform:
    support: full
    description: Linux with nft 1.0.6 or newer; other platforms as files.
    platforms: posix
"""

EXAMPLES = r"""
- name: Publish what the policy says
  sallyport.ftp.gateway:
    name: edge
    policy: [office.sally]
    confirm_within: 30
    verify: curl -sS --ssl-reqd --insecure ftp://203.0.113.10/
    persist: /var/lib/sallyport/boot.nft
  become: true

- name: What would change
  sallyport.ftp.gateway:
    name: edge
    policy: [office.sally]
  become: true
  check_mode: true
  diff: true

- name: Write the configuration of an ASA into files
  sallyport.ftp.gateway:
    name: branch
    platform: asa
    policy: [office.sally]
    output: build/boxes
"""

RETURN = r"""
change:
  description: The name of the change of rules; empty where the rules were what the policy wants.
  returned: success
  type: str
changes:
  description: What changes, in the words of the policy.
  returned: success
  type: list
  elements: dict
findings:
  description: What C(sallyport check --kernel) finds on this gateway and the policy alone does not have.
  returned: when asked
  type: list
  elements: dict
outcome:
  description:
    - V(same), V(confirmed), V(planned) (check mode), V(refused) (nothing was changed), V(taken back), V(lost) (no
      connection since the
      change; the gateway takes it back by itself), V(removed), V(written) (files on the controller), V(unknown).
  returned: when the gateway was asked
  type: str
files:
  description: Files that were written, on the gateway or on the controller, those below C(/proc/sys) included.
  returned: success
  type: list
  elements: str
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import zlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sallyport.ftp.plugins.module_utils.kernel_files import KernelFiles, text_of
from ansible_collections.sallyport.ftp.plugins.module_utils.program import (
    FINDINGS,
    FINE,
    TAKEN_BACK,
    Program,
    diagnostics_of,
    one_line,
)

SPECIFICATION = {
    "name": {"type": "str", "default": ""},
    "policy": {"type": "list", "elements": "path"},
    "compiled": {"type": "path"},
    "controller_executable": {"type": "str", "default": "sallyport"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "platform": {"type": "str", "default": "nftables"},
    "confirm_within": {"type": "int", "default": 60},
    "verify": {"type": "str"},
    "persist": {"type": "path"},
    "force": {"type": "bool", "default": False},
    "replace": {"type": "bool", "default": False},
    "kernel_files": {"type": "bool", "default": True},
    "accept": {"type": "list", "elements": "str", "default": []},
    "state_dir": {"type": "path", "default": "/run/sallyport"},
    "output": {"type": "path"},
    "vendor": {"type": "bool", "default": False},
    "executable": {"type": "str", "default": "sallyport"},
    "include_path": {"type": "list", "elements": "path", "default": []},
    "step": {"type": "str", "choices": ["apply", "confirm"], "default": "apply"},
    "package": {"type": "str", "default": ""},
    "token": {"type": "str", "default": "", "no_log": False},
    "version": {"type": "str", "default": ""},
}

# Findings that the kernel settings of the policy mend.
MENDED = ("forwarding-off", "helper-module-missing")


def unpacked(text):
    """What the action plugin packed: files and kernel files, each as name and text."""
    return json.loads(zlib.decompress(base64.b64decode(text)).decode("utf-8"))


class Record:
    """What one run leaves for the next one, over another connection: which change waits, and how the kernel was set."""

    def __init__(self, state_dir):
        self.path = state_dir.rstrip("/") + ".ansible.json"

    def read(self, token):
        """What was left by the run of that token; None where there is nothing, or another run came after it."""
        try:
            with open(self.path, encoding="utf-8") as file:
                value = json.load(file)
        except (IOError, OSError, ValueError):
            return None
        return value if isinstance(value, dict) and value.get("token") == token else None

    def write(self, value):
        folder = os.path.dirname(self.path)
        handle, aside = tempfile.mkstemp(prefix=".sallyport.", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.rename(aside, self.path)

    def forget(self):
        try:
            os.unlink(self.path)
        except OSError:
            pass


class GatewayTask:
    """One step of the way."""

    def __init__(self, module):
        self.module = module
        self.options = module.params
        self.program = Program(module, self.options["executable"])
        self.record = Record(self.options["state_dir"])
        self.state = ["--state-dir=" + self.options["state_dir"]]
        self.kernel = KernelFiles(module, [])

    # The first step.

    def apply(self):
        self.compare_versions()
        package = unpacked(self.options["package"])
        self.kernel = KernelFiles(self.module, package["kernel"] if self.options["kernel_files"] else [])
        folder = tempfile.mkdtemp(prefix="policy-", dir=self.module.tmpdir)
        try:
            for name, text in package["files"].items():
                place(os.path.join(folder, name), text)
            self.program.folder = folder
            # The controller has seen which files may be included, and no others were sent.
            self.policy = ["--include-path=."] + package["policy"]
            if self.options["name"]:
                self.policy.append("--gateway=" + self.options["name"])
            self.change()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def compare_versions(self):
        wanted = self.options["version"]
        said = self.program.run("--version").out.strip()
        if wanted and said != "sallyport " + wanted:
            self.module.fail_json(
                msg="nothing was changed: the controller has sallyport %s, and `%s --version` of this gateway says "
                "`%s`; install the same version on both" % (wanted, self.options["executable"], said[:200]),
                outcome="refused",
            )

    def change(self):
        findings = self.look()
        prepared = self.program.run("apply", "--dry-run", "--output", "json", *self.flags() + self.policy)
        plan = self.value(prepared, findings)
        result = {
            "changes": plan["changes"],
            "findings": findings,
            "files": [path for path, text in self.kernel.differing()],
            "diff": difference(plan["changes"], self.kernel),
        }
        same = plan["same"] and not self.options["replace"]
        if self.module.check_mode or same:
            self.finish(same, result)
        self.record.write({"token": self.options["token"], "kernel": {}})
        self.record.write({"token": self.options["token"], "kernel": self.kernel.put_in_place()})
        self.make_boot_folder()
        within = ["--confirm-within=%ds" % self.options["confirm_within"]]
        applied = self.program.run("apply", "--output", "json", *within + self.flags() + self.policy)
        value = applied.value
        if applied.status != FINE or not isinstance(value, dict):
            self.kernel.bring_back()
            self.record.forget()
            self.refuse(applied, findings)
        change = value.get("generation") or ""
        self.record.write({"token": self.options["token"], "kernel": self.kernel.saved, "change": change})
        self.module.exit_json(changed=True, change=change, outcome="waits" if change else "confirmed", **result)

    def finish(self, same, result):
        """Ends where rules stay as they are: because they are right, or because nothing may be changed."""
        if self.persisted():
            result["files"].append(self.options["persist"])
        changed = not same or bool(result["files"])
        if not self.module.check_mode:
            self.kernel.put_in_place()
        outcome = "same" if not changed else "planned" if self.module.check_mode else "confirmed"
        self.module.exit_json(changed=changed, change="", outcome=outcome, **result)

    def persisted(self):
        """Has the file for boot written where the rules are right already; whether it changes. In check mode what is missing
        is seen, and not what is different."""
        path = self.options["persist"]
        if not path:
            return False
        before = text_of(path)
        if self.module.check_mode:
            return before is None
        self.make_boot_folder()
        answer = self.program.run("apply", "--output", "json", *self.flags() + self.policy)
        if answer.status != FINE:
            self.refuse(answer, [])
        return text_of(path) != before

    def make_boot_folder(self):
        folder = os.path.dirname(self.options["persist"] or "")
        if folder:
            os.makedirs(folder, 0o755, exist_ok=True)

    def flags(self):
        options, flags = self.options, list(self.state)
        # A folder that is missing is made when the file is written, and not before.
        if options["persist"] and os.path.isdir(os.path.dirname(options["persist"])):
            flags.append("--persist=" + options["persist"])
            flags += ["--force"] if options["force"] else []
        return flags + (["--replace"] if options["replace"] else [])

    def look(self):
        """What the gateway has that stands in the way; fails the task for it."""
        asked = ["check", "--format", "json", "--max-findings", "0"]
        answer = self.program.run(*asked + ["--kernel"] + self.state + self.policy)
        if answer.status not in (FINE, FINDINGS):
            self.refuse(answer, [])
        named = [part for part in self.policy if not part.startswith("--gateway=")]
        known = [key(entry) for entry in diagnostics_of(self.program.run(*asked + named).value)]
        found = [entry for entry in diagnostics_of(answer.value) if key(entry) not in known]
        if answer.status != FINE:
            self.refuse(answer, found)
        accepted = list(self.options["accept"]) + (list(MENDED) if self.kernel.wanted else [])
        bad = [
            entry
            for entry in found
            if entry.get("severity") in ("warning", "error")
            and entry.get("code") not in accepted
            and "all" not in accepted
        ]
        if bad:
            self.module.fail_json(
                msg="nothing was changed; this gateway has what stands in the way (accept permits it by its code):\n"
                + "\n".join(one_line(entry) + "".join("; " + note for note in notes(entry)) for entry in bad),
                outcome="refused",
                findings=found,
            )
        return found

    def value(self, answer, findings):
        value = answer.value
        if answer.status != FINE or not isinstance(value, dict) or "changes" not in value:
            self.refuse(answer, findings)
        return value

    def refuse(self, answer, findings):
        outcome = "taken back" if answer.status == TAKEN_BACK else "refused"
        self.module.fail_json(msg=answer.complaint(), outcome=outcome, findings=findings, status=answer.status)

    # Over a new connection.

    def confirm(self):
        record = self.record.read(self.options["token"])
        if record is None:
            self.module.fail_json(
                msg="nothing is known here of a change of this run: it was not made, or the machine was started anew "
                "since",
                outcome="unknown",
            )
        self.kernel.saved = record["kernel"]
        if not record.get("change"):
            # What was sent may still be on its way: the record stays until the controller gives up.
            self.kernel.bring_back()
            self.module.fail_json(
                msg="the connection was lost while the change was made; the gateway takes back what is not confirmed",
                outcome="lost",
            )
        self.verify(record)
        self.conclude(record, self.program.run("confirm", record["change"], *self.state))

    def verify(self, record):
        if not self.options["verify"]:
            return
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", self.options["verify"]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self.verify_time(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            self.take_back(record, "the command of verify gave no answer in %d seconds" % self.verify_time())
        if done.returncode != 0:
            said = done.stdout.decode("utf-8", "replace").strip()[-2000:]
            self.take_back(
                record, "the command of verify ended with status %d: %s" % (done.returncode, said or "it said nothing")
            )

    def verify_time(self):
        """Seconds that the command has: so many that the change can still be taken back at once."""
        return max(1, self.options["confirm_within"] * 3 // 4)

    def take_back(self, record, reason):
        answer = self.program.run("rollback", *self.state)
        if answer.status == FINDINGS:
            # Nothing is known that could be taken back: the watchdog was faster. It is asked what became of the change.
            answer = self.program.run("confirm", record["change"], *self.state)
            if answer.status == FINE:
                self.module.fail_json(
                    msg=reason + "; and the change could not be taken back", outcome="unknown", change=record["change"]
                )
        self.kernel.bring_back()
        self.record.forget()
        if answer.status == FINE:
            self.module.fail_json(
                msg=reason + "; the change is taken back, and what ran before runs again",
                outcome="taken back",
                change=record["change"],
            )
        self.conclude(record, answer, reason + "; ")

    def conclude(self, record, answer, reason=""):
        """Ends with what the program says of the change."""
        change = record["change"]
        if answer.status == FINE:
            self.record.forget()
            self.module.exit_json(changed=True, change=change, outcome="confirmed")
        if answer.status == TAKEN_BACK:
            self.kernel.bring_back()
            self.record.forget()
        self.module.fail_json(
            msg=reason + answer.complaint(),
            change=change,
            outcome="taken back" if answer.status == TAKEN_BACK else "unknown",
        )

    # The other way.

    def remove(self):
        if self.module.check_mode:
            # The program says in words alone what would happen.
            answer = self.program.run("remove", "--dry-run", *self.state)
            there, sessions = "would be removed" in answer.err, []
        else:
            answer = self.program.run("remove", "--output", "json", *self.state)
            value = answer.value or {}
            there, sessions = bool(value.get("removed")), value.get("sessions", [])
        if answer.status != FINE:
            self.refuse(answer, [])
        self.module.exit_json(changed=there, outcome="removed" if there else "same", change="", sessions=sessions)


def place(path, text):
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def key(diagnostic):
    return (diagnostic.get("code"), diagnostic.get("file"), diagnostic.get("line"), diagnostic.get("message"))


def notes(diagnostic):
    return [note if isinstance(note, str) else str(note.get("message", "")) for note in diagnostic.get("notes") or []]


def difference(changes, kernel):
    """For diff mode: what changes, in the words of the policy."""
    lines = ["%s: %s\n" % (change.get("kind"), change.get("summary")) for change in changes]
    shown = (
        [{"before": "", "after": "".join(lines), "before_header": "running", "after_header": "policy"}] if lines else []
    )
    return shown + kernel.difference()


def main():
    module = AnsibleModule(argument_spec=SPECIFICATION, supports_check_mode=True)
    for option in ("persist", "state_dir"):
        path = module.params[option]
        if path and not os.path.isabs(path):
            module.fail_json(
                msg="%s is an absolute path on the gateway: `%s` is none" % (option, path), outcome="refused"
            )
    task = GatewayTask(module)
    if module.params["state"] == "absent":
        task.remove()
    try:
        {"apply": task.apply, "confirm": task.confirm}[module.params["step"]]()
    except (IOError, OSError) as error:
        task.kernel.bring_back()
        module.fail_json(msg="%s: %s" % (error.filename or "a file", error.strerror), outcome="refused")


if __name__ == "__main__":
    main()
