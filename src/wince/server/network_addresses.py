"""The addresses at which other devices in the network can reach this machine."""

import ipaddress
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Interfaces of virtual machines, containers and private networks, which a phone is seldom part of.
_VIRTUAL = re.compile(
    r"(tun|tap|utun|wg|ppp|ipsec|tailscale|zt|docker|br-|veth|virbr|vmnet|vboxnet|vnet|lxc|lxdbr|"
    r"cni|flannel|podman|bridge|awdl|llw)|.*(virtual|vethernet|vmware|hyper-v|wsl|vpn)",
    re.IGNORECASE,
)
_WIRELESS = re.compile(r"wl|wi-?fi|en0$", re.IGNORECASE)  # en0 is the Wi-Fi of most Macs


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """An address of this machine.

    Attributes:
        address: IPv4 or IPv6 address, without brackets.
        interface: Name of the network interface, as the system calls it.
    """

    address: str
    interface: str


def list_addresses() -> list[NetworkAddress]:
    """Return the addresses of the interfaces that are up, the likeliest for a phone first.

    Only the system's own tables are read; nothing is sent. Loopback addresses are left out, and
    IPv6 addresses are returned only if there is no IPv4 address.
    """
    import psutil

    running = {name for name, state in psutil.net_if_stats().items() if state.isup}
    interfaces = psutil.net_if_addrs()
    return sort_addresses({name: interfaces[name] for name in interfaces if name in running})


def sort_addresses(interfaces: Mapping[str, Sequence[Any]]) -> list[NetworkAddress]:
    """Return the addresses that a browser can open, the likeliest for a phone first.

    Real interfaces come before virtual ones, assigned addresses before those that a machine gives
    itself (169.254.x.x), and Wi-Fi before cables.

    Args:
        interfaces: By name, addresses with `family` and `address` as in `psutil.net_if_addrs`.
    """
    by_family: dict[int, list[NetworkAddress]] = {socket.AF_INET: [], socket.AF_INET6: []}
    for name, entries in interfaces.items():
        for entry in entries:
            if entry.family in by_family and _is_usable(entry.address):
                by_family[entry.family].append(NetworkAddress(entry.address, name))
    addresses = by_family[socket.AF_INET] or by_family[socket.AF_INET6]
    return sorted(addresses, key=_rank)


def _is_usable(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    # A browser cannot open a link-local IPv6 address, which needs the name of an interface.
    return not (parsed.is_loopback or (parsed.version == 6 and parsed.is_link_local))


def _rank(address: NetworkAddress) -> tuple[bool, bool, bool]:
    is_self_assigned = ipaddress.ip_address(address.address).is_link_local
    is_virtual = _VIRTUAL.match(address.interface) is not None
    return is_virtual, is_self_assigned, _WIRELESS.match(address.interface) is None
