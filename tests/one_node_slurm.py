"""A Slurm cluster of this machine alone, for as long as a test or a command runs.

`python tests/one_node_slurm.py COMMAND...` runs a command on it: SLURM_CONF names its
configuration, so that sbatch, squeue and scancel speak to it and to no other.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "sinfo")
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

# No accounting, no cgroups: nothing that a container or a small virtual machine may lack. Jobs
# start at once, are killed a second after they are told to stop, and are queued again after five.
_CONFIGURATION = """
ClusterName=one_node
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
KillWait=1
MinJobAge=5
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={megabytes}
PartitionName=all Nodes={host} Default=YES MaxTime=60 State=UP
"""


def missing() -> list[str]:
    """The programs of Slurm and MUNGE that this machine lacks."""
    return [program for program in PROGRAMS if shutil.which(program, path=_PATH) is None]


@contextmanager
def one_node_slurm() -> Iterator[dict[str, str]]:
    """A cluster whose node is idle; yields the environment in which commands speak to it.

    Raises RuntimeError with the end of the daemons' logs where it does not come up.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # short: a socket's path has 107 bytes
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = {**os.environ, "PATH": _PATH, "SLURM_CONF": str(folder / "slurm.conf")}
        _configure(folder)
        key, munge_socket = folder / "munge.key", folder / "munge.socket"
        munged = ["munged", "--foreground", "--force", "--key-file", key, "--socket", munge_socket]
        munged += ["--pid-file", folder / "munged.pid", "--seed-file", folder / "munged.seed"]
        for command in (munged, ["slurmctld", "-D"], ["slurmd", "-D"]):
            stack.enter_context(_daemon(command, folder, environment))
            if command is munged:
                _wait(munge_socket.exists, folder)
        _wait(lambda: _state(environment) == "idle", folder)
        stack.callback(_cancel_all, environment)
        yield environment


def _configure(folder: Path) -> None:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(secrets.token_bytes(128))
    (folder / "munge.key").chmod(0o600)
    folder.chmod(0o711)  # munged and its clients refuse a socket that others cannot reach
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    configuration = _CONFIGURATION.format(
        host=socket.gethostname().partition(".")[0],
        ports=_free_ports(2),
        user=getpass.getuser(),
        folder=folder,
        cpus=len(os.sched_getaffinity(0)),
        megabytes=memory,
    )
    (folder / "slurm.conf").write_text(configuration, encoding="utf-8")


def _free_ports(n: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextmanager
def _daemon(command: list[object], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    words = [str(word) for word in command]
    with (folder / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _state(environment: dict[str, str]) -> str:
    command = ["sinfo", "--noheader", "--format=%T"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _cancel_all(environment: dict[str, str]) -> None:
    """Leave no job's process behind: the daemons that would end it go next."""
    subprocess.run(["scancel", "--me"], env=environment, check=False)
    deadline = time.monotonic() + 20
    while _queue(environment) and time.monotonic() < deadline:
        time.sleep(0.2)


def _queue(environment: dict[str, str]) -> str:
    command = ["squeue", "--noheader"]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    ).stdout


def _wait(done: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + 30
    while not done():
        if time.monotonic() > deadline:
            logs = [path.read_text(errors="replace")[-1000:] for path in folder.glob("*.log")]
            raise RuntimeError("the one-node Slurm cluster does not come up:\n" + "\n".join(logs))
        time.sleep(0.1)


def main(command: list[str]) -> int:
    """Run a command on such a cluster; its exit code."""
    if lacking := missing():
        print(f"missing: {', '.join(lacking)}; apt-get install slurm-wlm munge", file=sys.stderr)
        return 2
    with one_node_slurm() as environment:
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
