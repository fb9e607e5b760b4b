"""Row 23."""

import json
import signal
import subprocess
import time

from drill.child import until
from drill.gateway import Gateway
from drill.scene import Scene

FAULT = "broken new configuration, policy or certificate file at reload"
MUST = "refused, old one kept, said in log and metric"

POLICY = {"name": "all", "allow_rules": [{"name": "everybody", "source": {"principals": ["", "*"]}}]}


def _served_serial(port):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-alpn", "h2"],
                          input=b"", capture_output=True, timeout=10, check=False)
    shown = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=done.stdout,
                           capture_output=True, timeout=10, check=False)
    return shown.stdout.decode().strip()


def _certificate(folder, serial):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-set_serial", str(serial), "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem"], check=True, capture_output=True, timeout=30)


def _certificates(trial, place, scene):
    folder = place.folder("certificates")
    _certificate(folder, 1)
    gateway = scene.keep(Gateway(place, scene.simulator.api, {
        "server": {"tls_certificate_file": str(folder / "cert.pem"),
                   "tls_key_file": str(folder / "key.pem")}}))
    first = _served_serial(gateway.port)
    good = (folder / "cert.pem").read_text()
    (folder / "cert.pem").write_text(good[:200])
    took = until(lambda: gateway.metric("runcast_certificate_refusals_total") == 1, 15)
    trial.expect(took is not None, f"half a certificate: counted after {took or 99:.1f} s")
    said = gateway.process.line_with("certificate.refused", 5)
    trial.expect(True, f"log says {json.loads(said)['event']}")
    trial.expect(first and _served_serial(gateway.port) == first,
                 f"half a certificate: still {first}")
    _certificate(folder, 2)
    took = until(lambda: _served_serial(gateway.port) == "serial=02", 60, every=1)
    trial.expect(took is not None, "good new certificate " + (f"served after {took:.0f} s" if took is not None
                                            else "not served within 60 s"))


def _configuration(trial, scene):
    """Half a file, and one with a value that cannot be; SIGHUP after each."""
    file = scene.gateway.folder / "gateway.json"
    good = file.read_text()
    broken = {"half": good[:len(good) // 2],
              "out of range": json.dumps({**scene.gateway.config,
                                          "polling": {"base_interval": "0s"}})}
    for name, text in broken.items():
        refused = scene.gateway.metric("runcast_config_reload_refusals_total")
        in_force = scene.gateway.page("/configz")
        file.write_text(text)
        scene.gateway.process.signal(signal.SIGHUP)
        took = until(lambda: scene.gateway.metric("runcast_config_reload_refusals_total")
                     == refused + 1, 15)
        said = json.loads(scene.gateway.process.line_with("config.reload_refused", 5))
        trial.expect(took is not None and said["faults"]
                     and scene.gateway.page("/configz") == in_force,
                     f"configuration {name}: counted after {took or 99:.1f} s; log says "
                     f"{said['event']}; the old one in force")
    reloads = scene.gateway.metric("runcast_config_reloads_total")
    file.write_text(good)
    scene.gateway.process.signal(signal.SIGHUP)
    took = until(lambda: scene.gateway.metric("runcast_config_reloads_total") == reloads + 1, 15)
    trial.expect(took is not None, f"the good one again: taken after {took or 99:.1f} s")


def run(trial, place, size):
    policy = place.folder("policy") / "policy.json"
    policy.write_text(json.dumps(POLICY))
    with Scene(place, size, config={"access": {"policy_file": str(policy)}}) as scene:
        scene.calm()
        scene.load.mark("fault")
        _configuration(trial, scene)
        refused = scene.gateway.metric("runcast_access_policy_refusals_total")
        policy.write_text('{"name": "all", "allow_rules": [')
        took = until(lambda: scene.gateway.metric("runcast_access_policy_refusals_total") > refused,
                     15)
        trial.expect(took is not None, f"broken policy: counted after {took or 99:.1f} s")
        said = scene.gateway.process.line_with("access_policy.refused", 5)
        trial.expect(True, f"log says {json.loads(said)['event']}")
        time.sleep(3)
        scene.others_unaffected(trial, factor=2)
        scene.load.mark("denied")
        policy.write_text(json.dumps({**POLICY, "allow_rules": [
            {"name": "nobody", "source": {"principals": ["nobody"]}}]}))
        # All come back ten times a second, so there is hardly a moment in which none is open.
        denied = until(lambda: scene.load.section("denied")["ends"]
                       == {"7 ACCESS_DENIED": size.watchers}, 25, every=1)
        trial.expect(denied is not None, "good new policy in force: "
                     f"{scene.load.section('denied')['ends']} after {denied or 99:.1f} s")
        policy.write_text(json.dumps(POLICY))
        heard = scene.load.wait("heard", 20)
        trial.expect(heard["done"], "the first one again: all back")
        if not size.quick:
            _certificates(trial, place, scene)
        scene.finish(trial)
