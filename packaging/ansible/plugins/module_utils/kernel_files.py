# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Kernel settings that a policy needs on its gateway: written, put in force, and brought back."""

from __future__ import annotations

import os
import tempfile


class KernelFiles:
    """Files for sysctl.d, modules-load.d and modprobe.d, as `build` writes them with their destinations."""

    def __init__(self, module, files):
        """`files` are objects with `path` and `text`."""
        self.module = module
        self.wanted = files
        # How things were: texts of files (None where there was none) and values of the kernel.
        self.saved = {}

    def differing(self):
        """Path and text of the files that are not there as they are wanted, values that the kernel has included.
        A value that may be missing is none of them: it may be one that the kernel does not take."""
        found = [(entry["path"], entry["text"]) for entry in self.wanted if text_of(entry["path"]) != entry["text"]]
        for entry in self.wanted:
            for name, value, is_optional in settings(entry["text"]) if "/sysctl.d/" in entry["path"] else ():
                before = text_of(value_path(name))
                if before is not None and before.split() != value.split() and not is_optional:
                    found.append((value_path(name), value + "\n"))
        return found

    def difference(self):
        return [
            {"before": text_of(path) or "", "after": text, "before_header": path, "after_header": path}
            for path, text in self.differing()
        ]

    def put_in_place(self):
        """Writes them and has the kernel obey; how things were."""
        for entry in self.wanted:
            path, text = entry["path"], entry["text"]
            if text_of(path) != text:
                self.saved.setdefault("files", {})[path] = text_of(path)
                replace(path, text)
            if "/sysctl.d/" in path:
                self.set_values(text)
            elif "/modules-load.d/" in path:
                self.load(text)
        return self.saved

    def bring_back(self):
        """As things were; a module of the kernel that was loaded stays."""
        for path, text in (self.saved.get("files") or {}).items():
            if text is None:
                os.path.exists(path) and os.unlink(path)
            else:
                replace(path, text)
        for path, value in (self.saved.get("values") or {}).items():
            set_value(path, value)

    def set_values(self, text):
        for name, value, is_optional in settings(text):
            path = value_path(name)
            before = text_of(path)
            if before is None or before.split() == value.split():
                if before is None and not is_optional:
                    self.module.fail_json(
                        msg="the kernel has no setting `%s`; nothing was changed" % name, outcome="refused"
                    )
                continue
            try:
                set_value(path, value)
            except (IOError, OSError) as error:
                if not is_optional:
                    self.bring_back()
                    self.module.fail_json(
                        msg="the kernel does not take `%s = %s`: %s; nothing was changed"
                        % (name, value, error.strerror),
                        outcome="refused",
                    )
                continue
            self.saved.setdefault("values", {})[path] = before.strip()

    def load(self, text):
        for line in text.splitlines():
            name = line.strip()
            if not name or name.startswith("#") or os.path.isdir("/sys/module/" + name.replace("-", "_")):
                continue
            modprobe = self.module.get_bin_path("modprobe")
            status, out, err = (
                self.module.run_command([modprobe, "--", name]) if modprobe else (1, "", "no program modprobe")
            )
            if status != 0:
                self.bring_back()
                self.module.fail_json(
                    msg="the module `%s` of the kernel cannot be loaded: %s; nothing was changed"
                    % (name, err.strip() or out.strip()),
                    outcome="refused",
                )


def settings(text):
    """Name, value and whether it may be missing, of each line of a file for sysctl.d."""
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            yield name.strip().lstrip("-").strip(), value.strip(), name.startswith("-")


def value_path(name):
    return "/proc/sys/" + name.replace(".", "/")


def text_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (IOError, OSError, ValueError):
        return None


def set_value(path, value):
    with open(path, "w", encoding="utf-8") as file:
        file.write(value + "\n")


def replace(path, text):
    """Writes a file in one step."""
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=".sallyport.", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
        os.rename(aside, path)
    except BaseException:
        os.path.exists(aside) and os.unlink(aside)
        raise
