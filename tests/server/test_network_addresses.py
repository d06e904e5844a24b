"""Which address of this machine a phone is sent to."""

import socket
from types import SimpleNamespace

import pytest

from wince.server.network_addresses import list_addresses, sort_addresses


def interfaces(**addresses):
    """Return interfaces as psutil describes them, from their addresses."""
    return {
        name.replace("__", "-"): [
            SimpleNamespace(
                family=socket.AF_INET6 if ":" in address else socket.AF_INET, address=address
            )
            for address in entries
        ]
        for name, entries in addresses.items()
    }


def order(**addresses):
    return [entry.address for entry in sort_addresses(interfaces(**addresses))]


def test_wifi_comes_before_cables_and_both_before_virtual_networks():
    assert order(
        docker0=["172.17.0.1"],
        tun0=["10.8.0.2"],
        eth0=["10.3.2.1"],
        wlp3s0=["192.168.1.7"],
    ) == ["192.168.1.7", "10.3.2.1", "172.17.0.1", "10.8.0.2"]


@pytest.mark.parametrize(
    "name", ["utun3", "wg0", "br-1f2e", "veth12ab", "vboxnet0", "tailscale0", "virbr0", "ppp0"]
)
def test_virtual_interfaces_come_last_whatever_their_order(name):
    assert order(**{name: ["10.0.0.1"], "enp0s3": ["10.0.0.2"]}) == ["10.0.0.2", "10.0.0.1"]


@pytest.mark.parametrize("name", ["vEthernet (WSL)", "VirtualBox Host-Only Network", "Work VPN"])
def test_virtual_interfaces_of_windows_come_last_too(name):
    assert order(**{name: ["10.0.0.1"], "Wi-Fi": ["10.0.0.2"]}) == ["10.0.0.2", "10.0.0.1"]


def test_self_assigned_address_comes_after_one_of_the_network():
    assert order(wlan0=["169.254.3.4"], eth0=["10.0.0.2"]) == ["10.0.0.2", "169.254.3.4"]


def test_loopback_is_no_address_for_a_phone():
    assert order(lo=["127.0.0.1", "::1"]) == []


def test_ipv6_is_used_only_without_ipv4_and_never_link_local():
    assert order(eth0=["fe80::1%eth0", "fd00::2"]) == ["fd00::2"]
    assert order(eth0=["fe80::1%eth0", "fd00::2", "10.0.0.2"]) == ["10.0.0.2"]


def test_addresses_of_interfaces_that_are_down_are_left_out(monkeypatch):
    psutil = pytest.importorskip("psutil", reason="needs psutil")
    states = {"wlan0": SimpleNamespace(isup=False), "eth0": SimpleNamespace(isup=True)}
    monkeypatch.setattr(psutil, "net_if_stats", lambda: states)
    addresses = interfaces(wlan0=["192.168.1.7"], eth0=["10.3.2.1"])
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: addresses)
    assert [(entry.address, entry.interface) for entry in list_addresses()] == [
        ("10.3.2.1", "eth0")
    ]
