# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Finds the settings of one FTP server on the controller and hands them to the module on that server."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.action import ActionBase
from ansible_collections.sallyport.ftp.plugins.plugin_utils.controller import (
    OnController,
    compiled_policy,
    files_below,
    machine_of,
    read_text,
)

MODULE = "sallyport.ftp.server"
WINDOWS_MODULE = "sallyport.ftp.server_windows"


class Place:
    """Where the settings of a program go on Linux."""

    def __init__(self, dest, absent=()):
        self.dest = dest
        # Names beside the settings that would undo them.
        self.absent = absent


# By program and form; the first form of a program has no name. What the header of each text says.
PLACES = {
    ("proftpd", ""): Place("/etc/proftpd/conf.d/sallyport.conf"),
    ("proftpd", "virtualhost"): Place("/etc/proftpd/conf.d/sallyport.conf"),
    ("pure-ftpd", ""): Place("/etc/pure-ftpd/pure-ftpd.conf"),
    ("pure-ftpd", "debian"): Place("/etc/pure-ftpd/conf", absent=("IPV6Only", "NATmode")),
    ("vsftpd", ""): Place("/etc/vsftpd.sallyport.conf"),
}
# Programs on Windows: the form, and the module's way to put it in place.
WINDOWS = {"iis": ("powershell", "script"), "filezilla": ("windows", "settings")}
FILEZILLA_SETTINGS = "C:\\ProgramData\\filezilla-server\\settings.xml"


class ActionModule(OnController, ActionBase):
    """See the module."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        self.options = dict(self._task.args)
        files = [self.found(name) for name in self.listed("policy")]
        if not files and not self.options.get("compiled"):
            raise AnsibleActionFail("policy is missing: the files of the policy on the controller")
        executable = self.options.get("controller_executable") or "sallyport"
        includes = [self.found(name) for name in self.listed("include_path")]
        with compiled_policy(executable, files, includes, self.options.get("compiled")) as (folder, manifest):
            machine = machine_of(manifest, "server", self.options.get("name") or "")
            arguments = self.arguments(folder, machine)
        for name in ("policy", "compiled", "controller_executable", "include_path", "form", "append"):
            self.options.pop(name, None)
        if self.is_windows():
            self.options.pop("restart_mark", None)
        module = WINDOWS_MODULE if self.is_windows() else MODULE
        return self._execute_module(module, module_args=dict(self.options, **arguments), task_vars=task_vars)

    def is_windows(self):
        return getattr(self._connection._shell, "_IS_WINDOWS", False)

    def arguments(self, folder, machine):
        software = machine.get("software")
        if software is None:
            raise AnsibleActionFail("the policy does not say which program server `%s` runs" % machine["name"])
        if self.is_windows():
            return self.on_windows(folder, machine, software)
        form = self.options.get("form") or ""
        place = PLACES.get((software, form))
        if place is None:
            known = ", ".join(sorted("%s %s" % pair if pair[1] else pair[0] for pair in PLACES))
            raise AnsibleActionFail(
                "the collection does not put %s%s in place on Linux, only %s; `sallyport emit` writes the settings"
                % (software, " as " + form if form else "", known)
            )
        dest = self.options.get("dest") or place.dest
        texts = self.texts(folder, machine, form)
        if place.absent:
            # A folder with a file for each option.
            texts = dict((name[len("conf/") :], text) for name, text in texts.items() if name.startswith("conf/"))
            return {
                "files": [{"path": os.path.join(dest, name), "text": text} for name, text in sorted(texts.items())],
                "absent": [os.path.join(dest, name) for name in place.absent],
            }
        if len(texts) != 1:
            raise AnsibleActionFail(
                "server `%s` has %d files of settings, and one was expected" % (machine["name"], len(texts))
            )
        text = next(iter(texts.values()))
        append = self.options.get("append") or ""
        if not isinstance(append, str):
            raise AnsibleActionFail("append is text, lines after the settings: `%s` is none" % to_text(append))
        return {"files": [{"path": dest, "text": text + ("\n" + append.rstrip("\n") + "\n" if append else "")}]}

    def texts(self, folder, machine, form):
        """The files of a form by their names; those of the first form lie directly in the folder of the server."""
        place = os.path.join(machine["folder"], form)
        names = [name for name in files_below(folder, place) if form or os.sep not in name]
        if not names:
            raise AnsibleActionFail(
                "the policy has no settings of server `%s`%s: `sallyport emit --server %s` says why"
                % (machine["name"], " in the form " + form if form else "", machine["name"])
            )
        return dict((name, read_text(os.path.join(folder, place, name))) for name in names)

    def on_windows(self, folder, machine, software):
        if software not in WINDOWS:
            raise AnsibleActionFail(
                "the collection does not put %s in place on Windows, only %s"
                % (software, " and ".join(sorted(WINDOWS)))
            )
        form, way = WINDOWS[software]
        form = self.options.get("form") or form
        texts = self.texts(folder, machine, form)
        scripts = [
            text for name, text in sorted(texts.items()) if name.endswith(".ps1") and not name.endswith("-undo.ps1")
        ]
        if not scripts:
            raise AnsibleActionFail("the form %s of %s has no script for PowerShell" % (form, software))
        arguments = {"name": machine["name"], "script": scripts[0]}
        if way == "settings":
            settings = [text for name, text in texts.items() if name.endswith(".xml")]
            arguments.update(settings=settings[0], dest=self.options.get("dest") or FILEZILLA_SETTINGS)
        return arguments
