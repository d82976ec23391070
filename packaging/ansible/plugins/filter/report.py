# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""What a rollout came to, machine by machine."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report
short_description: What a rollout came to
version_added: 0.1.0
author: Sallyport (@sallyport)
description:
  - For the playbook P(sallyport.ftp.rollout#playbook). Reads what its tasks have registered.
positional: hostvars, planned, limited
options:
  _input:
    description: The hosts, in the order of the rollout.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts.
    type: dict
    required: true
  planned:
    description: Whether nothing was to be changed (check mode).
    type: bool
    default: false
  limited:
    description: Whether the rollout was for some machines alone (C(--limit)). The others are as they were meant to be.
    type: bool
    default: false
"""

EXAMPLES = r"""
- ansible.builtin.debug:
    msg: "{{ groups['sallyport_rollout'] | sallyport.ftp.report(hostvars) }}"
"""

RETURN = r"""
_value:
  description: C(lines) for people; C(failures), those of them about machines that are not as the policy wants;
    C(machines), for each
    host its C(outcome) and C(message).
  type: dict
"""

# What may become of a machine that is as the policy wants.
GOOD = ("changed", "would change", "same", "outside the limit")
# So much is told of what a machine said; all of it stands with its task.
LINES = 6
COLUMNS = 400


def short(message):
    """The beginning of what was said."""
    lines = [line.rstrip() for line in str(message or "nothing was said").strip().splitlines()]
    return "\n    ".join(line if len(line) <= COLUMNS else line[:COLUMNS] + "..." for line in lines[:LINES])


def told(result):
    """What a machine said, with what was written where no module could run (Python is missing), or by a command."""
    written = [
        line
        for name in ("module_stdout", "module_stderr", "stderr")
        for line in str(result.get(name) or "").splitlines()
        if line.strip() and not line.startswith("Shared connection to ")
    ]
    return "\n".join([str(result.get("msg") or "nothing was said"), *written])


def was(result):
    """Whether a task ran on the machine."""
    return (
        isinstance(result, dict)
        and not result.get("skipped")
        and ("changed" in result or "failed" in result or "unreachable" in result)
    )


def results(variables):
    """What the tasks about a machine came to: the look before anything was changed, and the change."""
    kind = variables.get("sallyport_kind")
    return variables.get("sallyport_%s_look" % kind), variables.get("sallyport_%s_change" % kind)


def failed_restarts(variables):
    return [
        one
        for one in (variables.get("sallyport_service_restart"), variables.get("sallyport_command_restart"))
        if was(one) and one.get("failed")
    ]


def is_bad(result):
    return was(result) and bool(result.get("failed") or result.get("unreachable"))


def has_failed(variables, now=False):
    """Whether a machine could not be changed, or was left as it is because of another one; with `now` only the former,
    and not what the look at it said."""
    look, change = results(variables)
    if is_bad(change) or failed_restarts(variables):
        return True
    left = isinstance(change, dict) and bool(change.get("skipped"))
    return not now and (is_bad(look) or left)


def verdict(variables, planned, culprits, limited=False):
    """What became of a machine, and what there is to say about it."""
    look, change = results(variables)
    if was(change):
        return after_change(change, failed_restarts(variables))
    if not was(look):
        return ("outside the limit", None) if limited else ("not reached", "the rollout ended before it")
    if look.get("unreachable"):
        return "unreachable", told(look)
    if look.get("failed"):
        return "unfit", told(look)
    if planned:
        return ("would change" if look.get("changed") else "same"), None
    if isinstance(change, dict) and culprits:
        return "held back", "it shares sessions with %s" % ", ".join(culprits)
    return "not reached", "the rollout stopped before it"


def after_change(change, restarts):
    if change.get("unreachable"):
        return "unreachable", told(change)
    if change.get("failed"):
        return change.get("outcome") or "failed", told(change)
    if restarts:
        return "not restarted", told(restarts[0])
    return ("changed" if change.get("changed") else "same"), None


def report(hosts, hostvars, planned=False, limited=False):
    """The report; see DOCUMENTATION."""
    counts, failures, machines = {}, [], {}
    for host in hosts:
        variables = hostvars[host]
        culprits = failed_among(variables.get("sallyport_related") or [], hostvars)
        word, message = verdict(variables, planned, culprits, limited)
        counts[word] = counts.get(word, 0) + 1
        machines[host] = {"outcome": word, "message": str(message or "")}
        if word not in GOOD:
            failures.append("%s: %s: %s" % (host, word, short(message)))
    summary = ", ".join(
        "%d %s" % (counts[word], word) for word in sorted(counts, key=lambda word: (word not in GOOD, word))
    )
    return {
        "lines": ["%d machines: %s" % (len(hosts), summary or "nothing to change")] + failures,
        "failures": failures,
        "machines": machines,
    }


def failed_among(hosts, hostvars, now=False):
    """Those of some hosts that the rollout could not change."""
    return [host for host in hosts if host in hostvars and has_failed(hostvars[host], now)]


class FilterModule:
    """The filters of this file."""

    def filters(self):
        return {"report": report, "failed_among": failed_among}
