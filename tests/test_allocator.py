"""Memory that was freed is there at once when it is asked for again."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

# Pages that the system had to map for blocks of 40 MB, each freed before the next is asked for.
CODE = """
import resource, sys
from attractor.allocator import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
bytearray(40 * 2**20)
before = faults()
for _ in range(5):
    bytearray(40 * 2**20)
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc is told")
def test_pages_are_mapped_once() -> None:
    # Whoever asked for it in this process has told its children too.
    untold = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}

    def faults(how: str) -> int:
        command = [sys.executable, "-c", CODE, how]
        return int(subprocess.run(command, check=True, capture_output=True, env=untold).stdout)

    assert faults("kept") < 0.1 * faults("given back")
