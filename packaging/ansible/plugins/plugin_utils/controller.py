# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""What the action plugins do on the controller: run the program, find files of a policy and of what it becomes."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import zlib
from contextlib import contextmanager

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.text.converters import to_text
from ansible_collections.sallyport.ftp.plugins.module_utils.program import FINE, Answer

MANIFEST = "manifest.json"


def run_program(executable, *arguments):
    """One run of the program on the controller; raises where it cannot be run."""
    try:
        done = subprocess.run(
            [executable, *arguments],
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=dict(os.environ, NO_COLOR="1"),
        )
    except OSError as error:
        raise AnsibleActionFail(
            "the program `%s` cannot be run on the controller: %s; install sallyport, or name it with "
            "controller_executable" % (executable, error.strerror)
        ) from None
    return Answer(arguments, done.returncode, to_text(done.stdout), to_text(done.stderr))


@contextmanager
def compiled_policy(executable, files, includes, folder=None):
    """The folder of what a policy becomes, and its manifest: one that is there, or a new one for the time being."""
    aside = None
    try:
        if folder is None:
            aside = tempfile.mkdtemp(prefix="sallyport-")
            folder = os.path.join(aside, "build")
            options = ["--include-path=" + name for name in includes]
            answer = run_program(
                executable, "build", "--output", "json", "--out=" + folder, *options, *map(plain, files)
            )
            if answer.status != FINE:
                raise AnsibleActionFail("the policy is refused, nothing was changed:\n" + answer.complaint())
        yield folder, read_manifest(folder)
    finally:
        if aside:
            shutil.rmtree(aside, ignore_errors=True)


def read_manifest(folder):
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
    except (OSError, ValueError) as error:
        raise AnsibleActionFail(
            "%s: %s; compile the policy with sallyport.ftp.policy first" % (path, reason(error))
        ) from None
    if not isinstance(manifest, dict) or "machines" not in manifest or "sources" not in manifest:
        raise AnsibleActionFail("%s: names no machines; the program sallyport that wrote it is too old" % path)
    return manifest


def machine_of(manifest, kind, name):
    """A machine of the policy; raises for a name that it does not have."""
    machines = [machine for machine in manifest["machines"] if machine["kind"] == kind]
    found = [machine for machine in machines if machine["name"] == name] or (
        machines if not name and len(machines) == 1 else []
    )
    if found:
        return found[0]
    names = ", ".join("`%s`" % machine["name"] for machine in machines[:10]) or "none"
    wrong = "the policy has no %s `%s`" % (kind, name) if name else "name is missing, the %s of the policy" % kind
    raise AnsibleActionFail("%s; it has %s%s" % (wrong, names, ", ..." if len(machines) > 10 else ""))


def reason(error):
    return getattr(error, "strerror", None) or str(error)


def read_text(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise AnsibleActionFail("%s: %s" % (path, reason(error))) from None


def files_below(folder, machine_folder):
    """Paths of the files of a machine, relative to its folder, sorted."""
    base = os.path.join(folder, machine_folder)
    found = []
    for place, folders, names in os.walk(base):
        folders.sort()
        found += [os.path.relpath(os.path.join(place, name), base) for name in names]
    return sorted(found)


def packed(value):
    """A value as one word that is small on the wire: many sites are described alike."""
    return to_text(base64.b64encode(zlib.compress(json.dumps(value, sort_keys=True).encode("utf-8"), 6)))


def policy_package(files, sources, kernel):
    """The files of a policy with names below one folder, so that they lie there as they lie here. Names count, and not
    where links lead: an include is relative to the name of its file."""
    names = [os.path.abspath(name) for name in sources]
    wanted = [os.path.abspath(name) for name in files]
    base = os.path.commonpath([os.path.dirname(name) for name in names + wanted])
    texts = dict((os.path.relpath(name, base), read_text(name)) for name in names)
    for name, text in texts.items():
        if re.search(r'^[^#\n]*\binclude\s+"/', text, re.MULTILINE):
            raise AnsibleActionFail(
                "%s: an include has an absolute path, where the gateway has no such file; name it relative to this one"
                % os.path.join(base, name)
            )
    return packed(
        {"files": texts, "policy": ["./" + os.path.relpath(name, base) for name in wanted], "kernel": kernel}
    )


def plain(path):
    """A path that no program takes for an option."""
    return "./" + path if path.startswith("-") else path


class OnController:
    """What actions with files of the controller have in common; `self.options` are those of the task."""

    def listed(self, option):
        value = self.options.get(option) or []
        return [value] if isinstance(value, str) else list(value)

    def found(self, name):
        """A path of the controller, relative to the playbook or its folder `files`, as Ansible looks for files."""
        path = os.path.expanduser(to_text(name))
        return path if os.path.isabs(path) else self._find_needle("files", path)
