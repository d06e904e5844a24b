"""Whether a training on several machines or devices can start, checked before anything is read.

Lightning waits in silence for machines that never join, and lets processes that do not know of each
other train the same run, so their number is checked here.
"""

import os
import socket
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import torch
from lightning.fabric.plugins.environments.lsf import LSFEnvironment
from lightning.fabric.plugins.environments.mpi import MPIEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from wince import workers
from wince.archive.prepared_folder import refuse_as_output
from wince.errors import ModelError
from wince.output_lock import locked_folder
from wince.training.fitting.run_settings import Devices

LAUNCHERS = (TorchElasticEnvironment, SLURMEnvironment, LSFEnvironment, MPIEnvironment)
"""Launchers that start the processes and give each its number."""
RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
"""Variables with the number of a process or machine; 0 is the first, which writes the results."""
VARIABLES = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK")
OF_TORCHRUN = (
    *("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"),
)
"""Variables that torchrun sets for each process."""
LONGEST_WAIT = timedelta(minutes=30)
"""How long a process waits for the others, to join and in each step."""
HOW = (
    "Start the command on every machine with torchrun, or under Slurm, or with the variables "
    "MASTER_ADDR (the first machine), MASTER_PORT (a free port there, the same for all) and "
    "NODE_RANK (0, 1, ...). docs/training.md has an example."
)


def check(devices: Devices) -> None:
    """Raise ModelError unless training can start on these devices and machines.

    Args:
        devices: The devices and the number of machines.
    """
    _check_cores(devices)
    if TorchElasticEnvironment.detect():
        _check_torchrun(devices)
        return
    if SLURMEnvironment.detect():
        _check_slurm(devices)
        return
    if any(launcher.detect() for launcher in LAUNCHERS):
        return
    if os.environ.get("RANK", "0") != "0":
        raise ModelError(
            f"RANK is {os.environ['RANK']!r}, and no launcher is there: TORCHELASTIC_RUN_ID, which "
            f"torchrun sets too, is missing. Without it each process would train by itself. {HOW}"
        )
    if devices.nodes > 1:
        _check_variables(devices.nodes)
    _check_rank(devices.nodes)


def waiting(devices: Devices) -> str:
    """Return the message of a process that waits for other machines, "" if there are none."""
    if devices.nodes == 1:
        return ""
    address, port = (os.environ.get(name) for name in VARIABLES[:2])
    place = f" at {address}:{port}" if address and port else ""
    return (
        f"Waiting until all {devices.nodes} machines have joined{place}, at most "
        f"{LONGEST_WAIT.total_seconds() / 60:g} minutes. If nothing follows, check that the "
        "command runs on each and that they can reach each other."
    )


def locked(out: Path) -> AbstractContextManager[None]:
    """Return the lock of a training's folder; one that does nothing in a helper process.

    The helper processes of a training on several devices run the same command for the same folder.

    Args:
        out: The folder that the training writes.

    Raises:
        FileWriteError: It is a prepared folder.
    """
    refuse_as_output(out)
    is_helper = any(os.environ.get(name, "0") not in ("", "0") for name in RANKS)
    return nullcontext() if is_helper else locked_folder(out)


def _is_on_processor(devices: Devices) -> bool:
    return devices.accelerator == "cpu" or (
        devices.accelerator == "auto"
        and not torch.cuda.is_available()
        and not torch.backends.mps.is_available()
    )


def _check_torchrun(devices: Devices) -> None:
    """Raise ModelError unless torchrun started as many processes as the options state."""
    missing = [name for name in OF_TORCHRUN if not os.environ.get(name, "").strip()]
    if missing:
        raise ModelError(
            f"torchrun's TORCHELASTIC_RUN_ID is set, but {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not. Start the command with torchrun, or "
            "unset TORCHELASTIC_RUN_ID."
        )
    world, local = _number("WORLD_SIZE"), _number("LOCAL_WORLD_SIZE")
    _check_processes(devices, "torchrun", world, local, max(1, world // max(1, local)))


def _check_slurm(devices: Devices) -> None:
    """Raise ModelError unless the job of Slurm has as many tasks as the options state."""
    world, nodes = _number("SLURM_NTASKS"), _number("SLURM_NNODES", "1")
    if world > 1 and not os.environ.get("SLURM_NTASKS_PER_NODE"):
        raise ModelError(
            f"The Slurm job has {world} tasks, and SLURM_NTASKS_PER_NODE is not set. Ask for them "
            "with --ntasks-per-node instead of --ntasks."
        )
    local = _number("SLURM_NTASKS_PER_NODE", "1")
    if world != nodes * local:
        raise ModelError(
            f"The Slurm job has SLURM_NTASKS={world} on SLURM_NNODES={nodes} with "
            f"SLURM_NTASKS_PER_NODE={local}; expected {nodes * local} tasks. Start the command "
            "with srun, without other numbers than those of the job."
        )
    _check_processes(devices, "Slurm", world, local, nodes)


def _check_processes(devices: Devices, launcher: str, world: int, local: int, nodes: int) -> None:
    """Raise ModelError unless --num-nodes and --devices are those of a launcher.

    Args:
        devices: The options.
        launcher: Its name.
        world: Number of all processes.
        local: Number of processes on each machine.
        nodes: Number of machines.
    """
    count = devices.devices
    if count == "auto" and _is_on_processor(devices):
        count = "1"
    if devices.nodes == nodes and (local == 1 if not count.isdigit() else int(count) == local):
        return
    if devices.nodes == nodes and count == "auto" and local == torch.cuda.device_count():
        return
    raise ModelError(
        f"{launcher} started {world} processes, {local} on each of {nodes} machines; found "
        f"--num-nodes {devices.nodes} and --devices {devices.devices}. Training would wait for "
        f"processes that do not exist, or each would train by itself. Pass --num-nodes {nodes} "
        f"--devices {local}, or start as many processes as these options state."
    )


def _number(variable: str, default: str = "") -> int:
    """Return a variable that has to be a whole number."""
    text = os.environ.get(variable) or default
    if not text.isdigit():
        raise ModelError(f"{variable} is {text!r}; expected a whole number. {HOW}")
    return int(text)


def _check_cores(devices: Devices) -> None:
    cores = workers.core_count()
    if _is_on_processor(devices) and devices.devices.isdigit() and int(devices.devices) > cores:
        raise ModelError(
            f"Expected at most {cores} --devices, the cores of this machine's processor; found "
            f"{devices.devices}. Leave the option out: one process uses every core."
        )


def _check_variables(nodes: int) -> None:
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        raise ModelError(
            f"--num-nodes {nodes} needs a launcher on each machine, and none is there: "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set. Training would "
            f"wait for machines that cannot join. {HOW}"
        )
    address, port = os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"]
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ModelError(f"MASTER_PORT is {port!r}; expected a port from 1 to 65535. {HOW}")
    try:
        socket.getaddrinfo(address, int(port))
    except (OSError, UnicodeError) as error:
        raise ModelError(
            f"MASTER_ADDR is {address!r}, which is no machine that this one knows ({error}). "
            f"Expected the name or address of the first machine. {HOW}"
        ) from error


def _check_rank(nodes: int) -> None:
    rank = os.environ.get("NODE_RANK", "0")
    if not rank.isdigit() or int(rank) >= nodes:
        expected = (
            f"a number from 0 to {nodes - 1}, another for each machine"
            if nodes > 1
            else "0 or no such variable; state the number of machines with --num-nodes"
        )
        raise ModelError(
            f"NODE_RANK is {rank!r} with --num-nodes {nodes}; expected {expected}. Training would "
            "wait for machines that do not exist."
        )
