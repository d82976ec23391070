# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)
"""Settings of FTP servers as text."""

from __future__ import annotations

# How the first line of every text begins that the program writes for people to read.
MARK = "written by sallyport"


def is_ours(text):
    """Whether the program wrote a text, or there is none."""
    return text is None or MARK in text[:400].lower() or not text.strip()


def meant(text):
    """The lines that a server obeys: without comments and empty lines."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def same_settings(before, after):
    """Whether a server obeys both texts alike; a missing one is like no other."""
    return before is not None and meant(before) == meant(after)
