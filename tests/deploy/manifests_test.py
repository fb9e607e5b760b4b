#!/usr/bin/env python3
"""What operators deploy names only what exists.

Usage: manifests_test.py ROOT GATEWAY
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(sys.argv[1])
GATEWAY = sys.argv[2]
DEPLOY = ROOT / "deploy"


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def alert_rules():
    groups = documents(DEPLOY / "monitoring/alerts.yaml")[0]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard_expressions():
    dashboard = json.loads((DEPLOY / "monitoring/dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def exported_metrics():
    """The golden list that the test of the metrics keeps."""
    text = (ROOT / "tests/unit/telemetry/metrics_test.cc").read_text()
    return set(re.findall(r'"(?:counter|gauge|histogram) ([a-z_]+)"', text))


def metrics_in(expression):
    """Their names, of the series of a histogram the histogram's."""
    names = re.findall(r"\b(?:runcast|grpc_server|process)_[a-z_]+\b", expression)
    return {re.sub(r"_seconds_(bucket|count|sum)$", "_seconds", name) for name in names}


class MonitoringTest(unittest.TestCase):

    def test_alerts_and_dashboard_name_metrics_that_exist(self):
        exported = exported_metrics()
        self.assertGreater(len(exported), 30)
        for expression in [rule["expr"] for rule in alert_rules()] + dashboard_expressions():
            named = metrics_in(expression)
            self.assertTrue(named or "up{" in expression, expression)
            self.assertLessEqual(named, exported, expression)

    def test_every_alert_has_its_runbook_and_every_runbook_its_alert(self):
        headings = re.findall(r"^## (\w+)$", (DEPLOY / "runbooks.md").read_text(), re.M)
        alerts = [rule["alert"] for rule in alert_rules()]
        self.assertEqual(headings, alerts)
        for rule in alert_rules():
            self.assertEqual(rule["annotations"]["runbook"],
                             f"deploy/runbooks.md#{rule['alert'].lower()}")


    def test_reasons_that_an_alert_looks_for_are_counted_from_the_start(self):
        reasons = set(re.findall(r'"([A-Z_]+)"', (ROOT / "gateway/runs/run_error.cc").read_text()))
        pattern, = re.findall(r'runcast_stream_ends_total\{reason=~"([^"]+)"', " ".join(
            rule["expr"] for rule in alert_rules()))
        source = (ROOT / "gateway/telemetry/metrics.cc").read_text()
        there = re.search(r"kAlertingEnds\[\] = \{([^}]*)\}", source).group(1)
        self.assertEqual(set(re.findall(r'"([A-Z_]+)"', there)),
                         {reason for reason in reasons if re.fullmatch(pattern, reason)})


class RunbookTest(unittest.TestCase):

    def test_the_command_for_logs_shows_every_replica_s_trouble_and_faults_at_the_start(self):
        lines = [line for line in (DEPLOY / "runbooks.md").read_text().splitlines()
                 if line.startswith(("events() ", "kubectl -n runcast logs "))]
        self.assertEqual(len(lines), 3)
        self.assertIn(" -l app.kubernetes.io/name=runcast-gateway ", lines[1])
        self.assertIn(" --tail=-1 ", lines[1])
        self.assertIn(" --previous ", lines[2])
        said = "\n".join([
            json.dumps({"time": "T1", "severity": "INFO", "event": "gateway.ready", "message": "serving"}),
            json.dumps({"time": "T2", "severity": "ERROR", "event": "call.ended", "message": "a call"}),
            "runcast-gateway: polling.lingr: unknown key", '"text"', "17", ""])
        for line in lines[1:]:
            shown = subprocess.run(["bash", "-euc", f"kubectl() {{ cat; }}\n{lines[0]}\n{line}"],
                                   input=said, capture_output=True, text=True, timeout=20)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            self.assertEqual(shown.stdout.splitlines(), [
                "T2\tcall.ended\ta call", "\tstart\truncast-gateway: polling.lingr: unknown key",
                '\tstart\t"text"', "\tstart\t17"])

    def test_a_secret_is_replaced_where_the_deployment_looks_for_it(self):
        page = (DEPLOY / "runbooks.md").read_text()
        command, = re.findall(r"kubectl .* create secret generic (\S+) --from-file=(\S+)=FILE "
                              r"--dry-run=client -o yaml \| kubectl apply -f -", page)
        pod = documents(DEPLOY / "kubernetes/base/deployment.yaml")[0]["spec"]["template"]["spec"]
        volume, = [one["secret"]["secretName"] for one in pod["volumes"] if one["name"] == "secrets"]
        self.assertEqual(command[0], volume)
        for config in (DEPLOY / "kubernetes").rglob("gateway.json"):
            self.assertIn(f"/{command[1]}\"", config.read_text())

    def test_the_doctor_s_job_shows_the_certificate_that_no_mesh_asks_for(self):
        job, = documents(DEPLOY / "kubernetes/doctor.yaml")
        pod = job["spec"]["template"]["spec"]
        container, = pod["containers"]
        files = dict(re.findall(r"--(tls-\w+)=(\S+)", "\n".join(container["args"])))
        self.assertEqual(set(files), {"tls-ca", "tls-cert", "tls-key"})
        mount, = container["volumeMounts"]
        keys = re.findall(r"--from-file=([\w.]+)=FILE", (DEPLOY / "kubernetes/doctor.yaml").read_text())
        self.assertEqual({f"{mount['mountPath']}/{key}" for key in keys}, set(files.values()))
        self.assertIn("--gateway=runcast-gateway.runcast:8443", container["args"])


class LogTest(unittest.TestCase):

    def test_the_list_of_log_events_is_complete_and_true(self):
        listed = set()
        for line in (ROOT / "gateway/telemetry/README.md").read_text().splitlines():
            if re.match(r"\| `[a-z_]+(\.[a-z_]+)?`", line) and line.count("|") == 4:
                listed |= set(re.findall(r"`([a-z_.]+)`", line.split("|")[1]))
        kinds = {event.split(".")[0] for event in listed if "." in event}
        written, texts = set(), set()
        for source in (ROOT / "gateway").rglob("*.cc"):
            code = re.sub(r"//.*", "", source.read_text())
            named = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)?)"', code))
            texts |= named
            written |= set(re.findall(r'\bLog(?:Audit)?\((?:[^";]*,)?\s*"([a-z_.]+)"', code))
            # Some events are chosen first and written elsewhere. Settings look alike.
            if source.parent.name != "config":
                written |= {name for name in named if "." in name and name.split(".")[0] in kinds}
        self.assertGreater(len(written), 30)
        self.assertLessEqual(written, listed)
        self.assertLessEqual(listed, texts)


class KubernetesTest(unittest.TestCase):

    def kustomizations(self):
        found = sorted((DEPLOY / "kubernetes").rglob("kustomization.yaml"))
        self.assertGreaterEqual(len(found), 8)
        return found

    def test_kustomizations_name_files_that_exist_and_leave_none_out(self):
        for path in self.kustomizations():
            kustomization = documents(path)[0]
            named = set(kustomization["resources"]) | set(kustomization.get("components", []))
            named |= {patch["path"] for patch in kustomization.get("patches", []) if "path" in patch}
            for generator in kustomization.get("configMapGenerator", []):
                named |= set(generator["files"])
            for name in named:
                self.assertTrue((path.parent / name).exists(), f"{path}: {name}")
            files = {file.name for file in path.parent.iterdir() if file.is_file()}
            self.assertEqual(files - {"kustomization.yaml"}, {n for n in named if "/" not in n})

    def test_every_manifest_is_an_object_with_kind_and_name(self):
        for path in sorted((DEPLOY / "kubernetes").rglob("*.yaml")):
            for document in documents(path):
                self.assertIn("apiVersion", document, path)
                self.assertIn("kind", document, path)
                if path.name != "kustomization.yaml":
                    self.assertIn("name", document["metadata"], path)

    def test_the_gateway_takes_every_overlay_s_configuration(self):
        for path in sorted((DEPLOY / "kubernetes").rglob("gateway.json")):
            with tempfile.TemporaryDirectory() as folder:
                # Files that a cluster mounts. All certificates are one that signed itself.
                subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test",
                                "-keyout", f"{folder}/key", "-out", f"{folder}/certificate"],
                               check=True, capture_output=True, timeout=20)
                text = path.read_text()
                for mounted in re.findall(r'"(/etc/runcast/[^"]+)"', text):
                    kind = "key" if mounted.endswith(".key") else "certificate"
                    text = text.replace(mounted, f"{folder}/{kind}")
                config = Path(folder) / "gateway.json"
                config.write_text(text)
                result = subprocess.run([GATEWAY, "--config", str(config), "--check-config"],
                                        capture_output=True, text=True, timeout=20)
                self.assertEqual((result.returncode, result.stderr), (0, ""), path)

    def test_the_pod_ends_after_the_gateway_has_drained(self):
        pod = documents(DEPLOY / "kubernetes/base/deployment.yaml")[0]["spec"]["template"]["spec"]
        for path in sorted((DEPLOY / "kubernetes").rglob("gateway.json")):
            deadline = re.search(r'"hard_deadline": "(\d+)s"', path.read_text())
            self.assertLess(int(deadline.group(1)), pod["terminationGracePeriodSeconds"], path)

    def test_pollers_are_counted_with_the_surge(self):
        spec = documents(DEPLOY / "kubernetes/base/deployment.yaml")[0]["spec"]
        most = spec["replicas"] + spec["strategy"]["rollingUpdate"]["maxSurge"]
        scaler = documents(DEPLOY / "kubernetes/base/autoscaler.yaml")[0]["spec"]
        self.assertLessEqual(scaler["maxReplicas"], spec["replicas"])
        for path in sorted((DEPLOY / "kubernetes").rglob("gateway.json")):
            pollers = re.search(r'"expected_pollers": (\d+)', path.read_text())
            self.assertEqual(int(pollers.group(1)), most, path)


class LeastRightsTest(unittest.TestCase):

    def test_the_pod_is_nobody_and_can_change_nothing(self):
        pod = documents(DEPLOY / "kubernetes/base/deployment.yaml")[0]["spec"]["template"]["spec"]
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
        self.assertFalse(pod["automountServiceAccountToken"])
        for container in pod["containers"]:
            context = container["securityContext"]
            self.assertTrue(context["readOnlyRootFilesystem"])
            self.assertFalse(context["allowPrivilegeEscalation"])
            self.assertEqual(context["capabilities"], {"drop": ["ALL"]})

    def test_the_image_is_built_by_the_scripts_that_are_tried_without_an_engine(self):
        dockerfile = (DEPLOY / "container/Dockerfile").read_text()
        runs = re.findall(r"^RUN (.*)$", dockerfile, re.M)
        self.assertEqual([re.split(r" && ", run)[0] for run in runs],
                         ["/src/deploy/install-packages.sh build",
                          "/src/deploy/container/build-programs.sh /opt/runcast",
                          "/tmp/install-packages.sh serve"])
        tried = (DEPLOY / "container/try-root.sh").read_text()
        for script in ("/tmp/install-packages.sh serve", "container/build-programs.sh"):
            self.assertIn(script, tried)
        self.assertIn("install-packages.sh\" build", (DEPLOY / "quickstart.sh").read_text())
        for image in ("BUILD_IMAGE", "RUN_IMAGE"):
            self.assertRegex(dockerfile, rf"(?m)^FROM \$\{{{image}\}}")

    def test_the_image_is_not_root_s(self):
        users = re.findall(r"^USER (\d+)", (DEPLOY / "container/Dockerfile").read_text(), re.M)
        self.assertTrue(users)
        self.assertNotEqual(users[-1], "0")

    def test_the_unit_has_no_rights(self):
        unit = (DEPLOY / "systemd/runcast-gateway.service").read_text()
        credentials = re.findall(r"^#?LoadCredential=([\w.-]+):/etc/runcast/secrets/(\S+)$", unit, re.M)
        self.assertEqual([name for name, _ in credentials], ["client-secret", "tls.crt", "tls.key", "ca.crt"])
        self.assertTrue(all(name == file for name, file in credentials))
        # Copies of the start: whoever rotates a secret has to know.
        for page in ("README.md", "runbooks.md"):
            self.assertIn("systemctl restart runcast-gateway", (DEPLOY / page).read_text())
        for line in ("DynamicUser=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
                     "ProtectSystem=strict", "LimitCORE=0", "MemoryDenyWriteExecute=yes"):
            self.assertIn("\n" + line + "\n", unit)


class EnvoyTest(unittest.TestCase):

    def test_the_stream_s_route_has_no_time_out_and_comes_first(self):
        text = json.dumps(documents(DEPLOY / "envoy/envoy.yaml")[0])
        watch = text.index('{"path": "/runcast.v1.RunStatusService/WatchRun"}')
        self.assertLess(watch, text.index('{"prefix": "/"}'))
        self.assertIn('"timeout": "0s"', text[watch:watch + 200])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
