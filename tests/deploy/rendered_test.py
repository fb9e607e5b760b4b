#!/usr/bin/env python3
"""What a cluster would get of each overlay: rendered by kubectl, held against the schemas, and in agreement
with itself and with the gateway's configuration.

Usage: rendered_test.py ROOT GATEWAY
"""

import copy
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(sys.argv[1])
GATEWAY = sys.argv[2]
DEPLOY = ROOT / "deploy"
NPM = ROOT / "build/npm"
# The one from npm, so that every machine renders alike; another architecture may bring its own.
KUBECTL = str(NPM / "kubectl") if os.access(NPM / "kubectl", os.X_OK) else shutil.which("kubectl")

OVERLAYS = sorted(folder.name for folder in (DEPLOY / "kubernetes/overlays").iterdir())
EVERYWHERE = {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler",
              "NetworkPolicy", "ServiceMonitor", "ServiceAccount", "ConfigMap", "Namespace"}
OF_MESH = {
    "istio": {"PeerAuthentication", "AuthorizationPolicy", "VirtualService", "DestinationRule",
              "ServiceEntry", "Sidecar", "EnvoyFilter"},
    "linkerd": {"HTTPRoute", "Server", "AuthorizationPolicy", "MeshTLSAuthentication"},
    "no-mesh": set(),
}
CONTROL_PLANE = {"istio": "istio-system", "linkerd": "linkerd"}
# Where the proxies of Linkerd speak to each other.
LINKERD_PORT = 4143
WATCH_PATH = "/runcast.v1.RunStatusService/WatchRun"
READ_PATH = "/runcast.v1.RunStatusService/GetStatus"


@functools.cache
def rendered_text(overlay):
    result = subprocess.run([KUBECTL, "kustomize", str(DEPLOY / "kubernetes/overlays" / overlay)],
                            capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return result.stdout


def rendered(overlay):
    return [document for document in yaml.safe_load_all(rendered_text(overlay)) if document]


def mesh_of(overlay):
    """Of `redis-istio`, `istio`."""
    return "no-mesh" if overlay == "redis" else overlay.removeprefix("redis-")


def has_redis(overlay):
    return overlay.startswith("redis")


def gateway_part(objects):
    """Without what there is for Redis."""
    return [one for one in objects if "redis" not in one["metadata"]["name"]]


def redis_part(objects):
    return [one for one in objects if "redis" in one["metadata"]["name"]]


def of_kind(objects, kind):
    return [one for one in objects if one["kind"] == kind]


def the(objects, kind):
    found, = of_kind(objects, kind)
    return found


def pod_of(objects):
    return the(objects, "Deployment")["spec"]["template"]["spec"]


def container_of(objects):
    container, = pod_of(objects)["containers"]
    return container


def seconds(text):
    """Of `55s`, `5m`, or a plain number of seconds."""
    number, unit = re.fullmatch(r"(\d+)(s|m|h)?", str(text)).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600, None: 1}[unit]


@functools.cache
def config_in_force(overlay):
    """Every setting of the gateway, with its defaults."""
    objects = gateway_part(rendered(overlay))
    text = the(objects, "ConfigMap")["data"]["gateway.json"]
    variables = {one["name"]: one["value"] for one in container_of(objects).get("env", [])}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test", "-keyout",
                        f"{folder}/key", "-out", f"{folder}/certificate"],
                       check=True, capture_output=True, timeout=20)
        for mounted in re.findall(r'"(/etc/runcast/[^"]+)"', text):
            kind = "key" if mounted.endswith(".key") else "certificate"
            text = text.replace(mounted, f"{folder}/{kind}")
        (Path(folder) / "gateway.json").write_text(text)
        variables = {name: f"{folder}/key" if name.endswith("_FILE") else value
                     for name, value in variables.items()}
        result = subprocess.run([GATEWAY, "--config", f"{folder}/gateway.json", "--print-config"],
                                env=os.environ | variables, capture_output=True, text=True, timeout=20)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def namespaces_reached(policy):
    """Those that egress rules of a NetworkPolicy name."""
    return [to["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
            for rule in policy["spec"].get("egress", []) for to in rule["to"]
            if "namespaceSelector" in to]


def in_each_overlay(test):
    """Calls the test with the name of each and its objects, without those for Redis."""
    @functools.wraps(test)
    def tests(self):
        for overlay in OVERLAYS:
            with self.subTest(overlay):
                test(self, overlay, gateway_part(rendered(overlay)))
    return tests


@unittest.skipUnless(KUBECTL, "npm has kubectl for x86-64 only; here is none in PATH")
class RenderedTest(unittest.TestCase):
    """What all below need."""


class SchemaTest(RenderedTest):

    def faults(self, objects):
        result = subprocess.run(
            ["node", str(Path(__file__).parent / "kubernetes_objects.mjs"), str(NPM / "node_modules")],
            input=json.dumps(objects), capture_output=True, text=True, timeout=120)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.returncode, 1 if result.stdout else 0)
        return result.stdout

    def test_every_object_keeps_the_schema_of_its_kind(self):
        # Most are in several overlays, alike.
        objects = {json.dumps(one, sort_keys=True): one for overlay in OVERLAYS for one in rendered(overlay)}
        job = yaml.safe_load((DEPLOY / "kubernetes/doctor.yaml").read_text())
        self.assertEqual(self.faults([*objects.values(), job]), "")

    def test_the_alerts_become_an_object_for_the_operator_as_the_readme_says(self):
        block, = re.findall(r"```\n(\{ printf[^`]*)```", (DEPLOY / "README.md").read_text())
        made = subprocess.run(["bash", "-euc", "kubectl() { cat; }\n" + block], cwd=ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        rule = yaml.safe_load(made.stdout)
        self.assertEqual(rule["kind"], "PrometheusRule")
        self.assertEqual(rule["spec"], yaml.safe_load((DEPLOY / "monitoring/alerts.yaml").read_text()))
        self.assertEqual(self.faults([rule]), "")

    def test_the_check_finds_misspelt_fields_wrong_values_missing_ones_and_unknown_kinds(self):
        objects = {one["kind"]: copy.deepcopy(one) for one in rendered("istio")}
        deployment = objects["Deployment"]["spec"]
        deployment["strategy"]["rollingUpdate"]["maxUnavailble"] = 0
        del deployment["selector"]
        objects["VirtualService"]["spec"]["http"][0]["retries"]["attempts"] = "two"
        objects["ServiceMonitor"]["kind"] = "ServiceMonitr"

        faults = self.faults([objects[kind] for kind in ("Deployment", "VirtualService", "ServiceMonitor")])

        for fault in ("maxUnavailble", "selector", "attempts", "ServiceMonitr"):
            self.assertIn(fault, faults)


class ObjectsTest(RenderedTest):

    @in_each_overlay
    def test_every_object_that_a_good_deployment_has_is_there_once(self, overlay, objects):
        names = [(o["kind"], o["metadata"]["name"]) for o in objects]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({o["kind"] for o in objects}, EVERYWHERE | OF_MESH[mesh_of(overlay)])
        headless = [s for s in of_kind(objects, "Service") if s["spec"].get("clusterIP") == "None"]
        self.assertEqual(len(headless), 1)

    @in_each_overlay
    def test_all_live_in_one_namespace(self, overlay, objects):
        namespace = the(objects, "Namespace")["metadata"]["name"]
        for one in rendered(overlay):
            if one["kind"] != "Namespace":
                self.assertEqual(one["metadata"]["namespace"], namespace, one["kind"])

    @in_each_overlay
    def test_the_proxies_reach_their_control_plane(self, overlay, objects):
        if mesh_of(overlay) in CONTROL_PLANE:
            self.assertIn(CONTROL_PLANE[mesh_of(overlay)], namespaces_reached(the(objects, "NetworkPolicy")))

    @in_each_overlay
    def test_callers_reach_the_gateway_and_in_linkerd_its_proxy(self, overlay, objects):
        callers, = [rule for rule in the(objects, "NetworkPolicy")["spec"]["ingress"]
                    if "runcast-caller" in json.dumps(rule["from"])]
        ports = [port["port"] for port in callers["ports"]]
        self.assertEqual(ports, ["grpc", LINKERD_PORT] if mesh_of(overlay) == "linkerd" else ["grpc"])

    @in_each_overlay
    def test_pods_are_locked_down(self, _, objects):
        pod, container = pod_of(objects), container_of(objects)
        self.assertFalse(pod["automountServiceAccountToken"])
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})
        self.assertIn("memory", container["resources"]["limits"])


class RedisTest(RenderedTest):
    """What the overlays with a Redis of their own add, alone and in a mesh."""

    OVERLAYS = [overlay for overlay in OVERLAYS if has_redis(overlay)]

    def each(self):
        for overlay in self.OVERLAYS:
            with self.subTest(overlay):
                yield mesh_of(overlay), rendered(overlay)

    def policy(self, objects, name):
        found, = [one for one in of_kind(objects, "NetworkPolicy") if one["metadata"]["name"] == name]
        return found

    def test_there_is_one_for_each_mesh(self):
        self.assertEqual({mesh_of(overlay) for overlay in self.OVERLAYS}, set(OF_MESH))
        kinds = {"istio": {"PeerAuthentication", "AuthorizationPolicy"},
                 "linkerd": {"Server", "AuthorizationPolicy", "MeshTLSAuthentication"}, "no-mesh": set()}
        for mesh, objects in self.each():
            self.assertEqual({one["kind"] for one in redis_part(objects)},
                             {"Deployment", "Service", "ConfigMap", "NetworkPolicy"} | kinds[mesh])

    def test_the_gateway_uses_the_redis_that_is_there(self):
        for overlay in self.OVERLAYS:
            service = the(redis_part(rendered(overlay)), "Service")
            port, = service["spec"]["ports"]
            coordination = config_in_force(overlay)["coordination"]
            self.assertEqual(coordination["address"], f"{service['metadata']['name']}:{port['port']}")
            self.assertIn("user " + coordination["user"] + " ",
                          (DEPLOY / "redis/runcast.acl").read_text())
        for mesh in OF_MESH:
            self.assertEqual(config_in_force(mesh)["coordination"]["address"], "")

    def test_selectors_choose_the_redis(self):
        for _, objects in self.each():
            mine = redis_part(objects)
            labels = the(mine, "Deployment")["spec"]["template"]["metadata"]["labels"]
            for one in mine:
                spec = one.get("spec", {})
                for selector in (spec.get("selector"), spec.get("podSelector")):
                    if selector and one["metadata"]["name"] != "runcast-gateway-redis":
                        self.assertLessEqual(selector.get("matchLabels", selector).items(),
                                             labels.items(), one["kind"])

    def test_both_sides_of_the_way_to_it_are_open_and_nothing_else(self):
        for mesh, objects in self.each():
            more = [LINKERD_PORT] if mesh == "linkerd" else []
            out, = self.policy(objects, "runcast-gateway-redis")["spec"]["egress"]
            self.assertEqual([port["port"] for port in out["ports"]], [6379, *more])
            redis = self.policy(objects, "runcast-redis")["spec"]
            into, = redis["ingress"]
            self.assertEqual([port["port"] for port in into["ports"]], ["redis", *more])
            reached = {"kube-system", CONTROL_PLANE[mesh]} if mesh in CONTROL_PLANE else set()
            self.assertEqual(set(namespaces_reached({"spec": redis})), reached)
            self.assertIn("Egress", redis["policyTypes"])

    def test_in_a_mesh_proxies_on_both_sides_do_tls(self):
        istio = rendered("redis-istio")
        self.assertEqual(the(istio, "Namespace")["metadata"]["labels"]["istio-injection"], "enabled")
        self.assertEqual(the(redis_part(istio), "PeerAuthentication")["spec"]["mtls"], {"mode": "STRICT"})
        for one in of_kind(istio, "Deployment"):
            self.assertNotIn("sidecar.istio.io/inject", one["spec"]["template"]["metadata"]["labels"])
        for one in of_kind(rendered("redis-linkerd"), "Deployment"):
            annotations = one["spec"]["template"]["metadata"]["annotations"]
            self.assertEqual(annotations["linkerd.io/inject"], "enabled")

    def test_only_gateways_may_ask_it_in_a_mesh(self):
        account = the(gateway_part(rendered("redis")), "ServiceAccount")["metadata"]
        name, namespace = account["name"], account["namespace"]
        rule, = the(redis_part(rendered("redis-istio")), "AuthorizationPolicy")["spec"]["rules"]
        self.assertEqual(rule["from"][0]["source"]["principals"],
                         [f"cluster.local/ns/{namespace}/sa/{name}"])
        linkerd = redis_part(rendered("redis-linkerd"))
        self.assertEqual(the(linkerd, "MeshTLSAuthentication")["spec"]["identities"],
                         [f"{name}.{namespace}.serviceaccount.identity.linkerd.cluster.local"])
        policy = the(linkerd, "AuthorizationPolicy")["spec"]
        exists = {(one["kind"], one["metadata"]["name"]) for one in linkerd}
        for ref in (policy["targetRef"], *policy["requiredAuthenticationRefs"]):
            self.assertIn((ref["kind"], ref["name"]), exists)

    def test_its_pod_is_locked_down_and_its_volumes_exist(self):
        for _, objects in self.each():
            pod = pod_of(redis_part(objects))
            container, = pod["containers"]
            self.assertFalse(pod["automountServiceAccountToken"])
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
            self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})
            volumes = {volume["name"]: volume for volume in pod["volumes"]}
            self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, set(volumes))
            self.assertEqual(volumes["config"]["configMap"]["name"],
                             the(redis_part(objects), "ConfigMap")["metadata"]["name"])


class NamesTest(RenderedTest):
    """What one object says of another is true."""

    def selectors(self, objects):
        """Of everything that chooses pods."""
        for one in objects:
            spec = one.get("spec", {})
            if one["kind"] == "Service":
                yield one, spec["selector"]
            for key in ("selector", "podSelector"):
                if "matchLabels" in spec.get(key, {}):
                    yield one, spec[key]["matchLabels"]
            if "workloadSelector" in spec:
                yield one, spec["workloadSelector"]["labels"]

    @in_each_overlay
    def test_selectors_choose_our_pods(self, overlay, objects):
        labels = the(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
        chosen = list(self.selectors(objects))
        self.assertGreaterEqual(len(chosen),
                                {"istio": 10, "linkerd": 7, "no-mesh": 6}[mesh_of(overlay)])
        for one, selector in chosen:
            self.assertLessEqual(selector.items(), labels.items(), one["kind"])
        for spread in pod_of(objects)["topologySpreadConstraints"]:
            self.assertLessEqual(spread["labelSelector"]["matchLabels"].items(), labels.items())

    @in_each_overlay
    def test_objects_that_are_named_exist(self, _, objects):
        exists = {(one["kind"], one["metadata"]["name"]) for one in objects}
        pod = pod_of(objects)
        target = the(objects, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
        self.assertIn((target["kind"], target["name"]), exists)
        self.assertIn(("ServiceAccount", pod["serviceAccountName"]), exists)
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        self.assertIn(("ConfigMap", volumes["config"]["configMap"]["name"]), exists)
        for mount in container_of(objects)["volumeMounts"]:
            self.assertIn(mount["name"], volumes)
        self.assertLessEqual({scaled["metadata"]["name"] for scaled in of_kind(objects, "Deployment")},
                             {target["name"]})
        for route in of_kind(objects, "HTTPRoute"):
            backends = [ref for rule in route["spec"]["rules"] for ref in rule["backendRefs"]]
            for ref in route["spec"]["parentRefs"] + backends:
                self.assertIn(("Service", ref["name"]), exists)
        for policy in of_kind(objects, "AuthorizationPolicy"):
            for ref in [policy["spec"].get("targetRef"),
                        *policy["spec"].get("requiredAuthenticationRefs", [])]:
                self.assertTrue(ref is None or (ref["kind"], ref["name"]) in exists, ref)

    def test_hosts_of_the_mesh_are_our_service_and_the_platform(self):
        objects = rendered("istio")
        services = {f"{s['metadata']['name']}.{s['metadata']['namespace']}.svc.cluster.local"
                    for s in of_kind(objects, "Service")}
        virtual = the(objects, "VirtualService")["spec"]
        hosts = virtual["hosts"] + [the(objects, "DestinationRule")["spec"]["host"]]
        hosts += [route["destination"]["host"] for http in virtual["http"] for route in http["route"]]
        self.assertLessEqual(set(hosts), services)
        platform = config_in_force("istio")["upstream"]["base_url"].removeprefix("https://")
        self.assertEqual(the(objects, "ServiceEntry")["spec"]["hosts"], [platform])

    @in_each_overlay
    def test_files_of_the_configuration_are_mounted(self, _, objects):
        mounts = [mount["mountPath"] for mount in container_of(objects)["volumeMounts"]]
        named = re.findall(r'"(/etc/runcast/[^"]+)"',
                           the(objects, "ConfigMap")["data"]["gateway.json"])
        self.assertTrue(named)
        named += [one["value"] for one in container_of(objects).get("env", [])
                  if one["name"].endswith("_FILE")]
        for path in named:
            self.assertTrue(any(path.startswith(mount + "/") for mount in mounts), path)
        arguments = container_of(objects)["args"]
        self.assertIn(arguments[arguments.index("--config") + 1], mounts)

    @in_each_overlay
    def test_paths_of_policies_and_routes_are_methods_that_exist(self, _, objects):
        proto = (ROOT / "proto/runcast/v1/run_status_service.proto").read_text()
        methods = {f"/runcast.v1.RunStatusService/{name}" for name in re.findall(r"rpc (\w+)", proto)}
        routes = [one for one in objects if one["kind"] in OF_MESH["istio"] | OF_MESH["linkerd"]]
        for path in re.findall(r'"(/runcast[^"]*)"', json.dumps(routes)):
            self.assertIn(path, methods)

    @in_each_overlay
    def test_ports_are_named_alike_everywhere(self, overlay, objects):
        container = container_of(objects)
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for service in of_kind(objects, "Service"):
            for port in service["spec"]["ports"]:
                self.assertIn(port["targetPort"], ports)
                self.assertEqual(port["name"], port["targetPort"])
                self.assertEqual(port["port"], ports[port["targetPort"]])
                self.assertEqual(port["appProtocol"], {"grpc": "grpc", "admin": "http"}[port["name"]])
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertIn(container[probe]["httpGet"]["port"], ports)
        monitored = [port["name"] for service in of_kind(objects, "Service")
                     for port in service["spec"]["ports"]].count("admin")
        self.assertEqual(monitored, 1, "a replica would be scraped more than once, or never")
        for endpoint in the(objects, "ServiceMonitor")["spec"]["endpoints"]:
            self.assertEqual(endpoint["port"], "admin")
        for rule in the(objects, "NetworkPolicy")["spec"]["ingress"]:
            self.assertLessEqual({port["port"] for port in rule["ports"]}, {*ports, LINKERD_PORT})
        for server in of_kind(objects, "Server"):
            self.assertIn(server["spec"]["port"], ports)
        for section, name in (("server", "grpc"), ("admin", "admin")):
            listen = config_in_force(overlay)[section]["listen"]
            self.assertTrue(listen.endswith(f":{ports[name]}"), listen)
        exposed = re.search(r"^EXPOSE (.*)$", (DEPLOY / "container/Dockerfile").read_text(), re.M)
        self.assertEqual({int(port) for port in exposed.group(1).split()}, set(ports.values()))

    @in_each_overlay
    def test_the_pod_runs_as_the_user_of_the_image(self, _, objects):
        user = re.findall(r"^USER (\d+)", (DEPLOY / "container/Dockerfile").read_text(), re.M)[-1]
        self.assertEqual(pod_of(objects)["securityContext"]["runAsUser"], int(user))


class TimesTest(RenderedTest):
    """Of two limits the right one comes first."""

    @in_each_overlay
    def test_the_drain_fits_into_its_deadline_the_proxy_s_stay_and_the_pod_s_grace(self, overlay, objects):
        drain = {name: seconds(text) for name, text in config_in_force(overlay)["drain"].items()}
        grace = pod_of(objects)["terminationGracePeriodSeconds"]
        self.assertLess(drain["delay"] + drain["spread"], drain["hard_deadline"])
        self.assertLess(drain["hard_deadline"], grace)
        annotations = the(objects, "Deployment")["spec"]["template"]["metadata"].get("annotations", {})
        stays = {"istio": lambda: yaml.safe_load(annotations["proxy.istio.io/config"])[
                     "terminationDrainDuration"],
                 "linkerd": lambda: annotations[
                     "config.alpha.linkerd.io/proxy-wait-before-exit-seconds"]}
        if mesh_of(overlay) in stays:
            stay = seconds(stays[mesh_of(overlay)]())
            self.assertLess(drain["hard_deadline"], stay)
            self.assertLess(stay, grace)

    @in_each_overlay
    def test_readiness_is_lost_before_new_calls_are_refused(self, overlay, objects):
        probe = container_of(objects)["readinessProbe"]
        noticed = probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]
        self.assertLessEqual(noticed, seconds(config_in_force(overlay)["drain"]["delay"]))

    def test_systemd_and_the_plain_envoy_wait_as_long_as_the_defaults_need(self):
        unit = (DEPLOY / "systemd/runcast-gateway.service").read_text()
        stop = int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M).group(1))
        for overlay in OVERLAYS:
            self.assertLess(seconds(config_in_force(overlay)["drain"]["hard_deadline"]), stop)

    def test_heartbeats_come_before_every_limit_on_silence(self):
        heartbeat = seconds(config_in_force("no-mesh")["streams"]["heartbeat_interval"])
        limits = {"Envoy": seconds(re.search(r"stream_idle_timeout: (\S+)",
                                             (DEPLOY / "envoy/envoy.yaml").read_text()).group(1))}
        # The table of those that others set: `| nginx | … | 60 s | silent streams …`.
        for row in (DEPLOY / "README.md").read_text().splitlines():
            cells = [cell.strip() for cell in row.split("|")]
            if len(cells) == 6 and "silent" in cells[4]:
                limits[cells[1]] = int(re.search(r"(\d+) s", cells[3]).group(1))
        self.assertLessEqual({"Envoy", "nginx", "HAProxy", "ALB"}, set(limits))
        for name, limit in limits.items():
            self.assertLess(2 * heartbeat, limit, f"{name}: one heartbeat may be late")

    def test_routes_cut_no_watch_and_no_read_that_the_gateway_would_answer(self):
        routes = {route["name"]: route
                  for route in the(rendered("istio"), "VirtualService")["spec"]["http"]}
        self.assertEqual(list(routes), ["watch", "unary"])
        self.assertEqual(routes["watch"]["match"][0]["uri"]["exact"], WATCH_PATH)
        self.assertEqual(routes["watch"]["timeout"], "0s")
        longest = seconds(config_in_force("istio")["upstream"]["poll_timeout"])
        self.assertLess(longest, seconds(routes["unary"]["timeout"]))
        for rule in the(rendered("linkerd"), "HTTPRoute")["spec"]["rules"]:
            path = rule["matches"][0]["path"]["value"]
            self.assertEqual("timeouts" in rule, path == READ_PATH, path)
            if path == READ_PATH:
                self.assertLess(longest, seconds(rule["timeouts"]["request"]))


class LimitsTest(RenderedTest):

    def test_a_proxy_lets_through_as_many_watches_as_the_gateway_takes(self):
        watches = config_in_force("istio")["limits"]["max_watches"]
        rule = the(rendered("istio"), "DestinationRule")["spec"]["trafficPolicy"]
        self.assertGreaterEqual(rule["connectionPool"]["http"]["http2MaxRequests"], watches)
        envoy = (DEPLOY / "envoy/envoy.yaml").read_text()
        for name in ("max_requests", "max_pending_requests"):
            self.assertGreaterEqual(int(re.search(rf"{name}: (\d+)", envoy).group(1)), watches)

    def test_an_envoy_refuses_headers_before_the_gateway_would_end_the_connection(self):
        patch, = the(rendered("istio"), "EnvoyFilter")["spec"]["configPatches"]
        self.assertEqual(patch["match"]["context"], "SIDECAR_INBOUND")
        of_sidecar = patch["patch"]["value"]["typed_config"]["max_request_headers_kb"]
        of_envoy = int(re.search(r"max_request_headers_kb: (\d+)",
                                 (DEPLOY / "envoy/envoy.yaml").read_text()).group(1))
        # Envoy counts names and values of at most 100 headers, HTTP/2 32 bytes more for each (RFC 9113,
        # section 6.5.2); and it adds its own, of which x-forwarded-client-cert is the longest.
        of_each, own = 32, 2048
        for kib in (of_sidecar, of_envoy):
            self.assertLessEqual(kib * 1024 + 100 * of_each + own,
                                 config_in_force("istio")["server"]["max_metadata_bytes"])

    def test_each_watch_may_have_a_connection_of_its_own(self):
        unit = (DEPLOY / "systemd/runcast-gateway.service").read_text()
        files = int(re.search(r"^LimitNOFILE=(\d+)$", unit, re.M).group(1))
        self.assertGreater(files, config_in_force("no-mesh")["limits"]["max_watches"])

    @in_each_overlay
    def test_pollers_are_counted_with_the_surge(self, overlay, objects):
        spec = the(objects, "Deployment")["spec"]
        scaler = the(objects, "HorizontalPodAutoscaler")["spec"]
        most = max(spec["replicas"], scaler["maxReplicas"])
        self.assertEqual(config_in_force(overlay)["polling"]["expected_pollers"],
                         most + spec["strategy"]["rollingUpdate"]["maxSurge"])

    def test_the_header_that_is_believed_is_the_mesh_s(self):
        of_mesh = {"istio": "FORWARDED_CLIENT_CERT", "linkerd": "LINKERD_CLIENT_ID", "no-mesh": "NONE"}
        for overlay in OVERLAYS:
            self.assertEqual(config_in_force(overlay)["access"]["trusted_header"],
                             of_mesh[mesh_of(overlay)])
        # Whoever may write the header must not reach the port from elsewhere.
        self.assertTrue(config_in_force("istio")["server"]["listen"].startswith("127.0.0.1:"))
        self.assertTrue(config_in_force("no-mesh")["server"]["tls_client_ca_file"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
