# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Which machines a policy has, and in which order and batches they are changed."""

from __future__ import annotations


def key_of(machine):
    """What tells a machine from all others of its policy: `KIND NAME`, as a manifest spells it in `shares`."""
    return "%s %s" % (machine["kind"], machine["name"])


def machine_of(key):
    """The kind and name in a key."""
    kind, space, name = key.partition(" ")
    return {"kind": kind, "name": name}


def host_name(machine, gateway_prefix="", server_prefix=""):
    """The name of a machine in the inventory. The gateway of a policy that declares none is called `gateway`."""
    prefix = gateway_prefix if machine["kind"] == "gateway" else server_prefix
    return prefix + (machine["name"] or machine["kind"])


def clashes(machines, gateway_prefix="", server_prefix=""):
    """Names that two machines would bear, sorted."""
    seen, twice = set(), set()
    for machine in machines:
        name = host_name(machine, gateway_prefix, server_prefix)
        (twice if name in seen else seen).add(name)
    return sorted(twice)


def steps(machines, order):
    """The machines of an order in steps: those of one step have no session in common, so they may be changed together.

    Of two machines that share sessions the one that comes first in the order has the earlier step, so what the order
    promises holds. Machines that the manifest does not know, because the new policy has them no more, are left out.
    """
    known = dict((key_of(machine), machine) for machine in machines)
    step_of, found = {}, []
    for entry in order:
        machine = known.get(key_of(entry))
        if machine is None:
            continue
        number = max([step_of[other] + 1 for other in machine["shares"] if other in step_of] or [0])
        step_of[key_of(machine)] = number
        if number == len(found):
            found.append([])
        found[number].append(machine)
    return found


def batches(machines, order, size):
    """The same in batches of at most `size` machines; 0 means that a step is one batch."""
    for step in steps(machines, order):
        width = size or len(step)
        for start in range(0, len(step), width):
            yield step[start : start + width]
