#!/usr/bin/python
# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""What a machine has that matters to the rollout of a policy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: facts
short_description: What a gateway or a server has that matters to a policy
description:
  - Tells the versions of C(sallyport), of nft, of the kernel and of the FTP servers that are installed, and whether the
    table
    C(inet sallyport) runs. A fact that cannot be had is left empty; nothing is guessed.
  - Whether an nft is new enough is for C(sallyport) to say; M(sallyport.ftp.gateway) in check mode asks it.
version_added: 0.1.0
author: Sallyport (@sallyport)
options:
  executable:
    description: The program C(sallyport) on this machine.
    type: str
    default: sallyport
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
  diff_mode:
    support: none
    description: Nothing is ever changed.
  facts:
    support: full
    description: Returns facts.
  platform:
    support: full
    description: Linux.
    platforms: posix
"""

EXAMPLES = r"""
- name: What the gateways have
  sallyport.ftp.facts:
  become: true
"""

RETURN = r"""
ansible_facts:
  description: Facts below C(sallyport_facts).
  returned: always
  type: complex
  contains:
    sallyport_facts:
      description: The facts.
      returned: always
      type: complex
      contains:
        sallyport:
          description: The version of the program; empty where it is missing.
          returned: always
          type: str
        nft:
          description: The version of nft; empty where it is missing.
          returned: always
          type: str
        kernel:
          description: The release of the kernel.
          returned: always
          type: str
        table:
          description: Whether the table C(inet sallyport) runs; none without the privilege to see it.
          returned: always
          type: bool
        servers:
          description: The versions of the FTP servers that are installed, by their names in the policy.
          returned: always
          type: dict
"""

import platform
import re
import subprocess
import tempfile

from ansible.module_utils.basic import AnsibleModule

# How each program tells its version, and where in the answer it stands.
SERVERS = {
    "proftpd": (["proftpd", "--version"], r"Version (\S+)"),
    "pure-ftpd": (["pure-ftpd", "--help"], r"pure-ftpd v(\S+)"),
    "vsftpd": (["vsftpd", "-v"], r"version (\S+)"),
}
# Seconds in which a program tells its version.
PATIENCE = 20


class Facts:
    """Asks the programs of the machine."""

    def __init__(self, module):
        self.module = module

    def said(self, command, pattern):
        """What a pattern finds in the answer of a command; empty where there is no such program or no such answer."""
        name = command[0]
        path = (
            name
            if "/" in name
            else self.module.get_bin_path(name, opt_dirs=["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"])
        )
        if path is None:
            return ""
        # vsftpd writes to its standard input, where a client would be.
        with tempfile.TemporaryFile(dir=self.module.tmpdir) as client:
            try:
                done = subprocess.run(
                    [path] + command[1:],
                    stdin=client,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=PATIENCE,
                    check=False,
                )
            except (IOError, OSError, subprocess.TimeoutExpired):
                return ""
            client.seek(0)
            said = done.stdout + client.read()
        found = re.search(pattern, said.decode("utf-8", "replace"))
        return found.group(1).rstrip(":,") if found else ""

    def table(self):
        path = self.module.get_bin_path("nft", opt_dirs=["/usr/sbin"])
        if path is None:
            return None
        status, out, err = self.module.run_command([path, "list", "tables"])
        return "table inet sallyport\n" in out + "\n" if status == 0 else None

    def all(self):
        servers = dict((name, self.said(*how)) for name, how in SERVERS.items())
        return {
            "sallyport": self.said([self.module.params["executable"], "--version"], r"sallyport (\S+)"),
            "nft": self.said(["nft", "--version"], r"v(\d\S*)"),
            "kernel": platform.release(),
            "table": self.table(),
            "servers": dict((name, version) for name, version in servers.items() if version),
        }


def main():
    module = AnsibleModule(
        argument_spec={"executable": {"type": "str", "default": "sallyport"}}, supports_check_mode=True
    )
    module.exit_json(changed=False, ansible_facts={"sallyport_facts": Facts(module).all()})


if __name__ == "__main__":
    main()
