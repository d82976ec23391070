# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Gateways whose rules another system keeps: their configuration as files, or through their vendor's collection."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail
from ansible_collections.sallyport.ftp.plugins.plugin_utils.controller import files_below, read_text


def text_lines(text):
    """The lines of a configuration without comments and empty lines."""
    return [line for line in (one.strip() for one in text.splitlines()) if line and not line.startswith(("!", "#"))]


class Vendor:
    """How the module of a vendor gets a configuration. It adds to what is there; none saves it for the next start."""

    def __init__(self, module, file, arguments, confirmation=None):
        self.module = module
        # The file of `build` that holds the configuration itself.
        self.file = file
        # Text to the arguments of the module.
        self.arguments = arguments
        # Arguments that keep the change, where the device takes it back otherwise.
        self.confirmation = confirmation


VENDORS = {
    "asa": Vendor("cisco.asa.asa_config", "asa.cfg", lambda text: {"lines": text_lines(text), "match": "none"}),
    "srx": Vendor(
        "junipernetworks.junos.junos_config",
        "srx.set",
        # Minutes until the device goes back by itself.
        lambda text: {"lines": text_lines(text), "confirm": 5, "comment": "sallyport"},
        {"confirm_commit": True},
    ),
}


def deliver(action, folder, machine):
    """Hands the configuration of one gateway over; the result of the task."""
    if action.options.get("vendor"):
        return through_vendor(action, folder, machine)
    output = action.options.get("output")
    if not output:
        raise AnsibleActionFail(
            "gateway `%s` is of the platform %s, which sallyport does not change itself: name a folder for its files "
            "with output (sallyport_output of the playbook)" % (machine["name"], machine["platform"])
        )
    return write_files(action, folder, machine, os.path.expanduser(output))


def write_files(action, folder, machine, output):
    target = os.path.join(output, machine["name"] or "gateway")
    names = files_below(folder, machine["folder"])
    wanted = [(name, read_text(os.path.join(folder, machine["folder"], name))) for name in names]
    changed, shown = [], []
    for name, text in wanted:
        path = os.path.join(target, name)
        before = read_text(path) if os.path.exists(path) else None
        if before == text:
            continue
        changed.append(path)
        shown.append({"before": before or "", "after": text, "before_header": path, "after_header": path})
        if not action._task.check_mode:
            write(path, text)
    return {
        "changed": bool(changed),
        "outcome": "planned" if changed and action._task.check_mode else "written" if changed else "same",
        "files": [os.path.join(target, name) for name, text in wanted],
        "diff": shown,
        "changes": [],
        "change": "",
    }


def write(path, text):
    """Writes a file in one step."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        aside = "%s.new-%d" % (path, os.getpid())
        with open(aside, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.rename(aside, path)
    except OSError as error:
        raise AnsibleActionFail("%s: %s" % (path, error.strerror)) from None


def through_vendor(action, folder, machine):
    vendor = VENDORS.get(machine["platform"])
    if vendor is None:
        raise AnsibleActionFail(
            "no collection is known for the platform %s; leave vendor out and name a folder with output"
            % machine["platform"]
        )
    if not is_installed(action, vendor.module):
        collection = vendor.module.rpartition(".")[0]
        raise AnsibleActionFail(
            "the collection %s is not installed: ansible-galaxy collection install %s" % (collection, collection)
        )
    text = read_text(os.path.join(folder, machine["folder"], vendor.file))
    result = run_module(action, vendor.module, vendor.arguments(text))
    if vendor.confirmation and result.get("changed") and not result.get("failed") and not action._task.check_mode:
        # Over a new connection, for the reason that is that of `apply --confirm-within`.
        action.reset_connection()
        kept = run_module(action, vendor.module, vendor.confirmation)
        if kept.get("failed"):
            result.update(
                failed=True, msg="the change is not confirmed, so the device takes it back: %s" % kept.get("msg")
            )
    result["outcome"] = "refused" if result.get("failed") else "sent" if result.get("changed") else "same"
    result["through"] = vendor.module
    return result


def is_installed(action, name):
    loaders = action._shared_loader_obj
    return loaders.action_loader.find_plugin(name) is not None or loaders.module_loader.find_plugin(name) is not None


def run_module(action, name, arguments):
    """Runs a module with its action plugin, if it has one."""
    if action._shared_loader_obj.action_loader.find_plugin(name) is None:
        return action._execute_module(name, module_args=arguments, task_vars=action.task_vars)
    task = action._task.copy()
    task.args = arguments
    return action._shared_loader_obj.action_loader.get(
        name,
        task=task,
        connection=action._connection,
        play_context=action._play_context,
        loader=action._loader,
        templar=action._templar,
        shared_loader_obj=action._shared_loader_obj,
    ).run(task_vars=action.task_vars)
