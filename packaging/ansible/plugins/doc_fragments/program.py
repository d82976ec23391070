# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Options that the modules of the collection have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of those options."""

    DOCUMENTATION = r"""
options:
  executable:
    description:
      - The program C(sallyport) on the machine where the module runs, as a path, or as a name that the search path
        leads to.
    type: str
    default: sallyport
  include_path:
    description:
      - Folders in which C(include) may read besides that of the policy.
    type: list
    elements: path
    default: []
"""
