#!/usr/bin/python
# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Puts the settings of an FTP server in place. What runs on the server; the action plugin brings them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server
short_description: Put the settings of an FTP server in place
description:
  - Writes what a policy becomes for one FTP server onto that server, Pure-FTPd, ProFTPD or vsftpd on Linux, and IIS or
    FileZilla
    Server on Windows, where PowerShell does the work.
  - Settings are checked by O(validate) before they replace those that are there, all of them or none. A task that
    changes them
    should notify a handler which restarts the program; the role P(sallyport.ftp.ftp_server#role) has one.
  - Comments do not count. They name lines of the policy, and a server is not restarted because these have moved.
version_added: 0.1.0
author: Sallyport (@sallyport)
options:
  name:
    description: The server of the policy that this host is. Left out where the policy has one.
    type: str
    default: ""
  policy:
    description: The files of the policy on the controller.
    type: list
    elements: path
  include_path:
    description: Folders on the controller in which C(include) may read besides that of the policy.
    type: list
    elements: path
    default: []
  form:
    description: The form of the settings, as C(sallyport emit --form) names it; the first one of the program otherwise,
      and
      V(powershell) for IIS, V(windows) for FileZilla Server on Windows.
    type: str
  dest:
    description:
      - The file on the server, or the folder of a form that has several files.
      - By default C(/etc/proftpd/conf.d/sallyport.conf), C(/etc/pure-ftpd/pure-ftpd.conf),
        C(/etc/vsftpd.sallyport.conf) (which vsftpd is
        given as a second file), and C(/etc/pure-ftpd/conf) for the form V(debian) of Pure-FTPd; on Windows
        C(C:\ProgramData\filezilla-server\settings.xml) for FileZilla Server.
    type: path
  append:
    description: Lines after the settings, for programs that read one file alone, such as those of Pure-FTPd about
      users.
    type: str
    default: ""
  validate:
    description: A command that checks a file before it is used; C(%s) stands for the file.
    type: str
  backup:
    description: Keep a copy of each file that is replaced.
    type: bool
    default: true
  force:
    description: Replace files that sallyport did not write.
    type: bool
    default: false
  restart_mark:
    description:
      - A file on the server that says that the program has to be started anew. It is made before settings change, and
        while it is there the task changes something, so that a handler is notified again which failed or did not run.
      - Whoever has restarted the program takes it away, as the role and the playbook of the collection do. Not used on
        Windows.
    type: path
  files:
    description: For the action plugin, what to write.
    type: list
    elements: dict
    default: []
  absent:
    description: For the action plugin, files that would undo the settings.
    type: list
    elements: path
    default: []
extends_documentation_fragment:
  - sallyport.ftp.controller
attributes:
  check_mode:
    support: full
    description: Nothing is written; O(validate) is not run. On Windows nothing is said of settings that somebody
      changed by hand.
  diff_mode:
    support: partial
    description: On Linux.
  platform:
    support: full
    description: Linux and Windows.
    platforms: posix, windows
"""

EXAMPLES = r"""
- name: Settings of the file server
  sallyport.ftp.server:
    name: files
    policy: [office.sally]
    validate: proftpd -t -c %s
  become: true
  notify: Restart the FTP server
"""

RETURN = r"""
files:
  description: The files that are written, or would be.
  returned: success
  type: list
  elements: str
backups:
  description: Copies of what they replaced.
  returned: success
  type: list
  elements: str
"""

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_native
from ansible_collections.sallyport.ftp.plugins.module_utils.settings import is_ours, same_settings

SPECIFICATION = {
    "name": {"type": "str", "default": ""},
    "policy": {"type": "list", "elements": "path"},
    "compiled": {"type": "path"},
    "controller_executable": {"type": "str", "default": "sallyport"},
    "include_path": {"type": "list", "elements": "path", "default": []},
    "form": {"type": "str"},
    "dest": {"type": "path"},
    "append": {"type": "str", "default": ""},
    "validate": {"type": "str"},
    "backup": {"type": "bool", "default": True},
    "force": {"type": "bool", "default": False},
    "restart_mark": {"type": "path"},
    "files": {"type": "list", "elements": "dict", "default": []},
    "absent": {"type": "list", "elements": "path", "default": []},
}


class ServerTask:
    """One run of the module."""

    def __init__(self, module):
        self.module = module
        self.options = module.params
        self.aside = []

    def run(self):
        try:
            self.put_in_place()
        finally:
            # Ansible ends modules from within its own functions.
            for path in self.aside:
                if os.path.exists(path):
                    os.unlink(path)

    def put_in_place(self):
        wanted = [(entry["path"], entry["text"]) for entry in self.options["files"]]
        if not wanted:
            self.module.fail_json(msg="there is nothing to write; the action plugin of the collection did not run")
        for path, text in wanted:
            if not os.path.isabs(path) or os.path.isdir(path):
                self.fail(
                    "dest is the absolute path of a file, or of a folder for a form with several files: `%s`" % path
                )
        changed = [(path, text) for path, text in wanted if not same_settings(text_of(path), text)]
        gone = [path for path in self.options["absent"] if os.path.lexists(path)]
        self.refuse_foreign(changed)
        result = {"files": [path for path, text in changed] + gone, "backups": [], "diff": difference(changed, gone)}
        mark = self.options["restart_mark"]
        if self.module.check_mode or not result["files"]:
            self.module.exit_json(changed=bool(result["files"] or mark and os.path.exists(mark)), **result)
        try:
            prepared = [(self.prepare(path, text), path) for path, text in changed]
            if mark:
                set_mark(mark)
            if self.options["backup"]:
                result["backups"] = [
                    self.module.backup_local(path)
                    for path in [one for aside, one in prepared] + gone
                    if os.path.exists(path)
                ]
            for aside, path in prepared:
                self.module.atomic_move(aside, path)
            for path in gone:
                os.unlink(path)
        except (IOError, OSError) as error:
            self.fail("%s: %s; nothing was changed" % (error.filename or "the settings", error.strerror))
        self.module.exit_json(changed=True, **result)

    def refuse_foreign(self, changed):
        """A file that somebody else wrote holds what is not in the policy."""
        foreign = [path for path, text in changed if not is_ours(text_of(path)) and is_ours(text)]
        if foreign and not self.options["force"]:
            self.fail(
                "%s: sallyport did not write this file; keep what it says elsewhere (append, or the program's main "
                "file), then set force, which keeps a copy" % ", ".join(foreign)
            )

    def prepare(self, path, text):
        """The new file beside the old one, checked."""
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            self.fail(
                "the folder %s of the settings is missing: is the program installed? dest names another place" % folder
            )
        handle, aside = tempfile.mkstemp(prefix=".sallyport.", dir=folder)
        self.aside.append(aside)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
        command = self.options["validate"]
        if command:
            if "%s" not in command:
                self.fail("validate has no %%s for the file to be checked: %s" % command)
            status, out, err = self.module.run_command(command.replace("%s", aside))
            if status != 0:
                self.fail(
                    "the settings for %s are refused, nothing was changed: %s"
                    % (path, (err.strip() or out.strip())[-2000:] or "`%s` ended with status %d" % (command, status))
                )
        return aside

    def fail(self, message):
        self.module.fail_json(msg=to_native(message))


def text_of(path):
    """The text of a file; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except (IOError, OSError):
        return None


def set_mark(path):
    with open(path, "a", encoding="utf-8"):
        pass


def difference(changed, gone):
    shown = [
        {"before": text_of(path) or "", "after": text, "before_header": path, "after_header": path}
        for path, text in changed
    ]
    return shown + [
        {"before": text_of(path) or "", "after": "", "before_header": path, "after_header": path} for path in gone
    ]


def main():
    ServerTask(AnsibleModule(argument_spec=SPECIFICATION, supports_check_mode=True)).run()


if __name__ == "__main__":
    main()
