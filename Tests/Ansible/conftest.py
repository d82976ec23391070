"""Where the tests find the collection: below a folder ansible_collections, as Ansible wants it."""

import sys
import tempfile
from pathlib import Path

from controller import install_collection

sys.path.insert(0, str(install_collection(Path(tempfile.mkdtemp(prefix="sallyport-collection-")))))
