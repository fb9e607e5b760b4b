"""Row 10."""

import json
import os
import subprocess
import time

from drill.child import until
from drill.gateway import Gateway
from drill.scene import Scene
from drill.simulator import CLIENT_ID, SECRET

FAULT = ("secret file missing, empty, half written, swapped by symbolic link as kubelet does")
MUST = "the last good one stays in use; at start: a clear refusal"

NEW = "another-secret-of-the-length-the-platform-gives"


def _swap(folder, version, text):
    """As kubelet: a new folder, and the link `..data` renamed onto the old one."""
    fresh = folder / f"..{version}"
    fresh.mkdir()
    (fresh / "secret").write_text(text)
    (folder / "..next").symlink_to(fresh.name)
    os.rename(folder / "..next", folder / "..data")


def _refusal(place, scene, name, prepare):
    gateway = Gateway(place, scene.simulator.api, start=False)
    gateway.secret_file.unlink()
    prepare(gateway.secret_file)
    (gateway.folder / "gateway.json").write_text(json.dumps(gateway.config))
    done = subprocess.run([place.program("runcast-gateway"), "--config",
                           gateway.folder / "gateway.json"],
                          capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stderr.strip().replace(str(gateway.folder) + "/", "")


def run(trial, place, size):
    mounted = place.folder("mounted")
    _swap(mounted, 1, SECRET + "\n")
    (mounted / "secret").symlink_to("..data/secret")
    with Scene(place, size, credential={"secret_file": str(mounted / "secret")}) as scene:
        for name, prepare in (("missing", lambda file: None),
                              ("empty", lambda file: file.write_text(""))):
            code, said = _refusal(place, scene, name, prepare)
            trial.expect(code == 2 and "secret" in said, f"start with it {name}: exit {code}, "
                         f"\"{said.splitlines()[0][:90] if said else ''}\"")
        scene.calm()
        scene.load.mark("fault")
        target = mounted / "..data" / "secret"
        target.unlink()
        time.sleep(4)
        target.write_text("")
        time.sleep(4)
        scene.others_unaffected(trial, factor=1.5)

        reloaded = scene.gateway.metric("runcast_secrets_reloaded_total")
        scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}", {"secrets": [SECRET, NEW]})
        _swap(mounted, 2, NEW + "\n")
        took = until(lambda: scene.gateway.metric("runcast_secrets_reloaded_total") > reloaded, 10)
        trial.expect(took is not None, f"link swapped: read after {took or 99:.1f} s")
        scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}", {"secrets": [NEW]})

        scene.load.mark("half")
        _swap(mounted, 3, NEW[:10])
        time.sleep(3)
        _swap(mounted, 4, NEW + "\n")
        scene.load.mark("whole")
        fresh = scene.load.wait("renewed", 15)
        trial.expect(fresh["done"] and fresh["seconds"] <= 10,
                     f"half written for 3 s: all fresh {fresh['seconds']:.1f} s later (<= 10)")
        sections = scene.load.report()["sections"]
        ends = {**sections["half"]["ends"], **sections["whole"]["ends"]}
        trial.expect(not ends, f"{sum(ends.values())} streams ended {ends or ''}")
        scene.finish(trial)
