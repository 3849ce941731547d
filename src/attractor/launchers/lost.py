"""What is said of jobs that left no result: killed, out of memory or of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attractor.sweep_record import names


def lost_jobs(job_overrides: Sequence[Sequence[str]], why: Mapping[int, str]) -> RuntimeError:
    """An error that counts the lost jobs and names the first, by what tells it from the others.

    why: a few words on each lost job, by its index.
    """
    first = min(why)
    name = names(job_overrides)[first]
    return RuntimeError(
        f"{len(why)} of {len(job_overrides)} jobs left no result, the first: {name} ({why[first]});"
        " the same command again runs what is missing"
    )
