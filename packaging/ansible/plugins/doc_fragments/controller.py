# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Options that modules have in common for which the controller compiles the policy."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of those options."""

    DOCUMENTATION = r"""
options:
  compiled:
    description:
      - A folder on the controller that M(sallyport.ftp.policy) has compiled O(policy) into. Without it the controller
        compiles the policy for this host.
    type: path
  controller_executable:
    description:
      - The program C(sallyport) on the controller.
    type: str
    default: sallyport
"""
