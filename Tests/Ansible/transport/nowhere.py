"""A transport that sends nothing: every machine answers at once that the policy would change it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nowhere
short_description: Sends nothing
description: For the benchmark of the controller's own work.
author: Sallyport (@sallyport)
options: {}
"""

import json

from ansible.plugins.connection import ConnectionBase

ANSWER = {"changed": True, "outcome": "planned", "change": "", "changes": [], "findings": [], "files": []}


class Connection(ConnectionBase):
    """See DOCUMENTATION."""

    transport = "nowhere"
    has_pipelining = True

    def _connect(self):
        self._connected = True
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return 0, json.dumps(ANSWER).encode() if in_data else b"/tmp\n", b""

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)

    def close(self):
        self._connected = False
