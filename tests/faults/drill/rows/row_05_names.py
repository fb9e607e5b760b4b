"""Row 5."""

import os
import subprocess
import time

from drill.network import Network
from drill.scene import Scene
from runner.place import free_port

FAULT = ("name resolution fails, address changes, IPv6 black hole (a mount namespace with its own "
         "hosts file)")
MUST = "recovers within 10 s of healing"

NAME = "platform.example"
# Runs the program with a hosts file, and without name servers, of its own.
OWN_HOSTS = ('mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf '
             '&& exec "$@"')
LINK, SPACE = "rcfault0", "rcfault"


def _black_hole():
    """An IPv6 address whose packets vanish: in a namespace that drops TCP."""
    commands = [
        f"ip netns add {SPACE}",
        f"ip link add {LINK} type veth peer name rcfault1",
        f"ip link set rcfault1 netns {SPACE}",
        f"ip -6 addr add fd00:faab::1/64 dev {LINK} nodad",
        f"ip link set {LINK} up",
        f"ip -n {SPACE} -6 addr add fd00:faab::2/64 dev rcfault1 nodad",
        f"ip -n {SPACE} link set rcfault1 up",
        f"ip netns exec {SPACE} nft add table inet faults",
        f"ip netns exec {SPACE} nft add chain inet faults in "
        "{ type filter hook input priority 0 ; }",
        f"ip netns exec {SPACE} nft add rule inet faults in meta l4proto tcp drop",
    ]
    for command in commands:
        subprocess.run(command.split(), check=True, timeout=10, capture_output=True)


def _no_black_hole():
    for command in (f"ip netns del {SPACE}", f"ip link del {LINK}"):
        subprocess.run(command.split(), check=False, timeout=10, capture_output=True)


def _recovers(trial, scene, words):
    scene.load.mark("healed")
    fresh = scene.load.wait("renewed", 25)
    trial.expect(fresh["done"] and fresh["seconds"] <= 10,
                 f"{words}: all fresh {fresh['seconds']:.1f} s after healing (<= 10)")


def run(trial, place, size):
    if os.geteuid() != 0:
        trial.expect(False, "namespaces need root")
        return
    folder = place.folder("names")
    hosts = folder / "hosts"
    (folder / "resolv.conf").write_text("")

    def resolve(*addresses):
        # In place: the mount shows this very file.
        hosts.write_text("127.0.0.1 localhost\n"
                         + "".join(f"{address} {NAME}\n" for address in addresses))

    resolve("127.0.0.2")
    port = free_port()
    sites = []

    def base_url(simulator):
        far = int(simulator.api.rsplit(":", 1)[1])
        sites.append(Network(place, far, "127.0.0.2", port))
        sites.append(Network(place, far, "127.0.0.3", port))
        return f"http://{NAME}:{port}"

    _no_black_hole()
    try:
        # The black hole is in a private range, where the platform may be only when that is said.
        with Scene(place, size, base_url=base_url,
                   config={"upstream": {"allowed_private_addresses": ["fd00:faab::/64"]}},
                   prefix=["unshare", "-m", "sh", "-c", OWN_HOSTS, folder]) as scene:
            for site in sites:
                scene.keep(site)
            scene.calm()

            scene.load.mark("gone")
            resolve()
            sites[0].do("cut")
            stale = scene.load.wait("stale", 15)
            trial.expect(stale["done"], f"name gone: stale after {stale['seconds']:.1f} s")
            resolve("127.0.0.2")
            _recovers(trial, scene, "name back")

            scene.load.mark("moved")
            sites[0].do("refuse")
            sites[0].do("cut reset")
            resolve("127.0.0.3")
            time.sleep(1)
            _recovers(trial, scene, "address changed")

            _black_hole()
            scene.load.mark("hole")
            resolve("fd00:faab::2", "127.0.0.3")
            time.sleep(6)
            sites[1].do("cut")
            time.sleep(size.of(15, 6))
            _recovers(trial, scene, "IPv6 a black hole beside IPv4")
            sections = scene.load.report()["sections"]
            ends = {name: sections[name]["ends"] for name in ("gone", "moved", "hole")
                    if sections[name]["ends"]}
            trial.expect(not ends, f"streams ended: {ends or 'none'}")
            trial.note(f"{sections['hole']['became_stale']} stale with the black hole")
            scene.finish(trial)
    finally:
        _no_black_hole()
