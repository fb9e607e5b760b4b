"""A neighbour on the same machine, and whoever may look at what the process leaves behind."""

import json
import os
import pathlib
import re
import signal
import subprocess

from attack.caller import Caller
from attack.certificates import Authority, write_pair
from drill.simulator import CLIENT_ID, SECRET, STREAM

GOAL = "to get a secret from memory, the environment, a core file, a flag or a printed configuration"

NOBODY = 65534


def _program(siege, *arguments, environment=None):
    done = subprocess.run([siege.place.program("runcast-gateway"), *arguments], capture_output=True, text=True,
                          env={**os.environ, **(environment or {})}, timeout=20, check=False)
    siege.tried()
    return done


def _settings_do_not_show(siege):
    folder = siege.place.folder("settings")
    secret = folder / "secret"
    secret.write_text(SECRET)
    config = {"upstream": {"base_url": "https://platform.example"},
              "credentials": [{"name": "a", "client_id": CLIENT_ID, "secret_file": str(secret), "stream_ids": ["a"]},
                              {"name": "b", "client_id": CLIENT_ID, "secret_env": "SIEGE_SECRET", "stream_ids": ["b"]}]}
    (folder / "gateway.json").write_text(json.dumps(config))
    printed = _program(siege, "--config", str(folder / "gateway.json"), "--print-config",
                       environment={"SIEGE_SECRET": SECRET + "2"})
    siege.expect(printed.returncode == 0 and SECRET not in printed.stdout + printed.stderr,
                 f"--print-config ends with {printed.returncode} and shows no secret")
    siege.expect(json.loads(printed.stdout)["admin"]["listen"].startswith("127.0.0.1:"),
                 "the admin port is on loopback by default")
    # A secret where its place belongs is a mistake that is easy to make.
    for member in ({"secret_file": SECRET}, {"secret_env": SECRET}, {"secret": SECRET}):
        config["credentials"] = [{"name": "a", "client_id": CLIENT_ID, "stream_ids": ["a"], **member}]
        (folder / "gateway.json").write_text(json.dumps(config))
        done = _program(siege, "--config", str(folder / "gateway.json"))
        siege.expect(done.returncode == 2 and SECRET not in done.stdout + done.stderr,
                     f"a secret in the place of {list(member)}: exit {done.returncode}, not repeated")
    flags = re.findall(r"--([a-z0-9-]+)", _program(siege, "--help").stdout)
    siege.expect(len(flags) > 20 and not [flag for flag in flags if re.search("secret|password|token|private", flag)
                                         and not flag.endswith("-file")],
                 "no flag takes a secret")
    versions = _program(siege, "--version").stdout
    for library in ("gRPC", "nghttp2", "curl", "OpenSSL"):
        siege.expect(re.search(library + r"\s+\d+\.\d+", versions, re.I), f"--version names {library}")


def _as_nobody(path, kind="read"):
    """Whether another user, who is also the owner of the process, gets at a file in /proc."""
    code = (f"import os,sys\nos.setgroups([]);os.setgid({NOBODY});os.setuid({NOBODY})\n"
            f"try:\n open({str(path)!r},'rb').read(1)\nexcept OSError as e:\n sys.exit(7)\n")
    return subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, timeout=20,
                          check=False).returncode == 0


# As nobody, without capabilities, on a root that is read-only: what a container gives.
BARE = ["unshare", "-m", "sh", "-c", 'mount -o remount,bind,ro / && exec "$@"', "sh",
        "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
        "--bounding-set=-all"]


def _with_everything(siege, platform):
    """The same with TLS, certificates of callers and a policy, the key being nobody's alone."""
    folder = siege.place.folder("bare")
    authority = Authority(folder, "ours")
    certificate, key = write_pair(folder, authority.issue("server", "DNS:localhost,IP:127.0.0.1"))
    policy = folder / "policy.json"
    policy.write_text(json.dumps({"name": "bare", "allow_rules": [
        {"name": "own", "source": {"principals": ["spiffe://example.org/own"]},
         "runs": [{"stream_ids": [STREAM]}]}]}))
    os.chown(key, NOBODY, NOBODY)
    os.chmod(key, 0o400)
    gateway = siege.gateway(platform, {
        "server": {"tls_certificate_file": certificate, "tls_key_file": key,
                   "tls_client_ca_file": str(authority.certificate)},
        "access": {"require_identity": True, "policy_file": str(policy)}}, prefix=BARE)
    own = Caller(gateway.address, authority.pem, authority.issue("own", "URI:spiffe://example.org/own"))
    other = Caller(gateway.address, authority.pem, authority.issue("other", "URI:spiffe://example.org/other"))
    siege.answered(own.read(), "bare, TLS and a policy: whom it names", {"OK"})
    siege.answered(other.read(), "bare, TLS and a policy: another", {"PERMISSION_DENIED"})
    # What is read again later is readable later.
    loads = gateway.metric("runcast_access_policy_loads_total")
    policy.write_text(policy.read_text().replace("example.org/own", "example.org/other"))
    siege.expect(siege.settle(lambda: gateway.metric("runcast_access_policy_loads_total") > loads),
                 "bare: a changed policy is put in force")
    siege.answered(own.read(), "bare: whom the policy does not name any more", {"PERMISSION_DENIED"})
    siege.answered(other.read(), "bare: whom it names now", {"OK"})
    own.close()
    other.close()


def _memory_is_closed(siege, platform):
    """Run as nobody, watched by nobody: without the defence, every file below can be read."""
    gateway = siege.gateway(platform, {}, prefix=BARE, environment={"SIEGE_VARIABLE": "in-the-environment"})
    siege.still_serves(gateway, "as nobody, without capabilities, on a root that is read-only")
    process = pathlib.Path(f"/proc/{gateway.process.pid}")
    for name in ("environ", "mem", "maps", "auxv", "io"):
        siege.tried()
        siege.expect(not _as_nobody(process / name), f"another process of the same user cannot read {name}")
    status = (process / "status").read_text()
    siege.expect(re.search(r"CapEff:\s*0+$", status, re.M) and re.search(r"NoNewPrivs:\s*1", status),
                 "no capabilities, and none to gain")
    siege.expect(gateway.metric("process_open_fds") > 5, "it still sees itself")
    traced = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/python3", "-c",
         "import ctypes,sys;c=ctypes.CDLL(None,use_errno=True);"
         f"sys.exit(0 if c.ptrace(16,{gateway.process.pid},0,0)==0 else 7)"], timeout=20, check=False)
    siege.expect(traced.returncode == 7, "nobody of the same user can attach to it")


def _no_core(siege, platform):
    folder = siege.place.folder("core")
    gateway = siege.gateway(platform, {}, prefix=["prlimit", "--core=unlimited", "env", "-C", str(folder)])
    Caller(gateway.address).read()
    gateway.process.signal(signal.SIGABRT)
    _, status = os.waitpid(gateway.process.pid, 0)
    siege.tried()
    siege.expect(os.WIFSIGNALED(status) and not os.WCOREDUMP(status) and not list(folder.iterdir()),
                 "a crash leaves no core")


def run(siege):
    platform = siege.platform()
    platform.start_runs("tr-", 2)
    _settings_do_not_show(siege)
    if os.geteuid() == 0:
        siege.place.scratch.chmod(0o755)
        _memory_is_closed(siege, platform)
        _with_everything(siege, platform)
    else:
        siege.note("not root: what neighbours see in /proc, and running without capabilities, was not tried")
    _no_core(siege, platform)
