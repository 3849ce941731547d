"""What `attractor --help` prints: Hydra's own takes two seconds, in copies of itself."""

from __future__ import annotations

from textwrap import fill

from attractor.resources import CONF

_USAGE = """\
attractor measures how far recurrent networks' subject-verb agreement reaches, and why it fails.

usage: attractor [-m] [GROUP=CHOICE ...] [KEY=VALUE ...]

  attractor model=lstm seed=3                    one run, in outputs/manual
  attractor -m model=srn,lstm 'seed=range(5)'    a sweep: every combination
  attractor experiment=distance                  an experiment, with tables, figures and a page
  attractor 'stages=[generate]'                  only text and probes, and some of them printed

  attractor --cfg job [GROUP=CHOICE ...]         every key and its value
  attractor --hydra-help                         the flags of Hydra, which reads these arguments
  attractor-report, attractor-trace and attractor-lint have a --help of their own

groups and their choices:
"""


def page() -> str:
    """Usage, and the choices that the groups of `conf/` have."""
    groups = sorted(path for path in CONF.iterdir() if path.is_dir() and path.name != "hydra")
    width = max(len(group.name) for group in groups) + 4
    lines = [
        fill(
            f"  {group.name:{width - 2}}{', '.join(sorted(p.stem for p in group.glob('*.yaml')))}",
            width=100,
            subsequent_indent=" " * width,
        )
        for group in groups
    ]
    return _USAGE + "\n".join(lines)
