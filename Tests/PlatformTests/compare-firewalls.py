"""Says of pairs of firewall configurations where they permit different connections.

usage: compare-firewalls.py FILE, with PYTHONPATH naming a folder with fwshift, which is run here and not linked

The file holds {"texts": [{"format", "text"}], "pairs": [{"first", "second", "zones"}]}: positions of texts, and the
zones of the first as the second names them. A list is written: for each pair the differences, none when both decide
alike.
"""

import json
import sys

from fwshift import compare, transform
from fwshift.cli import load
from fwshift.errors import FwshiftError
from fwshift.report import Report


def policies(texts):
    """Every text as it is read, or why it cannot be."""
    for text in texts:
        report = Report()
        try:
            policy = load(text["text"].encode(), text["format"], report)
            transform.harden(policy, report)
            yield policy, report, None
        except FwshiftError as error:
            yield None, report, str(error)


def differences(first, second, zones):
    for _, _, fault in (first, second):
        if fault:
            return [fault]
    try:
        result = compare.compare(first[0], second[0], "first", "second", (first[1], second[1]), zones, {})
    except FwshiftError as error:
        return [str(error)]
    return [
        f"{'opened' if found.opened else 'closed'}: {found.src} -> {found.dst} {found.condition}: "
        + "; ".join(found.lines(3))
        for found in result.differences
    ]


with open(sys.argv[1], encoding="utf-8") as file:
    work = json.load(file)
read = list(policies(work["texts"]))
json.dump([differences(read[p["first"]], read[p["second"]], p["zones"]) for p in work["pairs"]], sys.stdout)
