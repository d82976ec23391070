# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""How modules run the program `sallyport`, and what its exit status means."""

from __future__ import annotations

import json

FINE = 0
FINDINGS = 1
TAKEN_BACK = 75
NO_PRIVILEGE = 77

# What an administrator can do about a status, where the program cannot know how it was called.
HINTS = {
    NO_PRIVILEGE: "run the task with become: true",
}


class Answer:
    """What one run of the program came to."""

    def __init__(self, arguments, status, out, err):
        self.arguments = arguments
        self.status = status
        self.out = out
        self.err = err

    @property
    def value(self):
        """The object that it printed, or None."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None

    def complaint(self):
        """Why it failed, in its own words."""
        said = diagnosed(self.value) or diagnosed(parsed(self.err)) or self.err.strip() or self.out.strip()
        said = said or "sallyport %s ended with status %d and said nothing" % (self.arguments[0], self.status)
        hint = HINTS.get(self.status)
        return "%s; %s" % (said, hint) if hint else said


def parsed(text):
    """The object in a text, whatever stands around it; None where there is none."""
    try:
        return json.JSONDecoder().raw_decode(text, text.index("{"))[0]
    except ValueError:
        return None


def diagnostics_of(value):
    """The diagnostics of what the program printed; empty for anything else."""
    found = value.get("diagnostics") if isinstance(value, dict) else None
    return [entry for entry in found or [] if isinstance(entry, dict)]


def one_line(diagnostic):
    """A diagnostic as compilers write it: FILE:LINE:COLUMN: SEVERITY: MESSAGE [CODE]."""
    line = "{file}:{line}:{column}: {severity}: {message} [{code}]".format(
        **{key: diagnostic.get(key, "?") for key in ("file", "line", "column", "severity", "message", "code")}
    )
    return "%s; %s" % (line, diagnostic["help"]) if diagnostic.get("help") else line


def diagnosed(value):
    """The errors among its diagnostics, one a line; empty where there are none."""
    return "\n".join(one_line(entry) for entry in diagnostics_of(value) if entry.get("severity") == "error")


class Program:
    """The program on the machine where the module runs."""

    def __init__(self, module, executable, folder=None):
        self.module = module
        self.executable = executable
        self.folder = folder

    def run(self, *arguments):
        """Runs it; fails the module where there is no such program. What it ends with is for the caller."""
        path = self.module.get_bin_path(self.executable) if "/" not in self.executable else self.executable
        if path is None:
            self.module.fail_json(msg=self.missing())
        try:
            status, out, err = self.module.run_command(
                [path] + list(arguments),
                cwd=self.folder,
                handle_exceptions=False,
                environ_update={"NO_COLOR": "1", "LC_ALL": "C.UTF-8"},
            )
        except (IOError, OSError) as error:
            self.module.fail_json(msg="%s (%s)" % (self.missing(), error))
        return Answer(arguments, status, out, err)

    def missing(self):
        return (
            "the program `%s` is not there or cannot be run: install sallyport on this machine, or name it with the "
            "option executable" % self.executable
        )
