"""Where the tests find the collection: below a folder ansible_collections, as Ansible wants it."""

import atexit
import shutil
import sys
import tempfile
from pathlib import Path

from controller import install_collection

folder = Path(tempfile.mkdtemp(prefix="sallyport-collection-"))
atexit.register(shutil.rmtree, folder, ignore_errors=True)
sys.path.insert(0, str(install_collection(folder)))
