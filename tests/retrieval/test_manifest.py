"""What is ingested, read by one thread while another ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

from programs import python

from retrieval.library import sync
from retrieval.settings import Settings

READERS_AND_A_CLOSE = """
import sqlite3, sys, threading
from pathlib import Path
from retrieval.manifest import Manifest

ended = []

def read(manifest, begun):
    try:
        while True:
            assert manifest.totals()[0] == 3 and manifest.article("port.txt") and manifest.get("shape")
            begun.set()
    except sqlite3.ProgrammingError:
        ended.append("closed")

for _ in range(100):
    manifest, begun = Manifest(Path(sys.argv[1])), threading.Event()
    readers = [threading.Thread(target=read, args=(manifest, begun)) for _ in range(3)]
    for reader in readers:
        reader.start()
    begun.wait()
    manifest.close()
    for reader in readers:
        reader.join()
print(len(ended))
"""


def test_a_close_waits_for_those_who_read(settings: Settings, corpus: Path) -> None:
    """Readers are told that the file is closed; the process does not crash under them."""
    sync(settings, [str(corpus)])
    command = [python(), "-c", READERS_AND_A_CLOSE, str(settings.home / "library.sqlite")]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "300\n", "")
