"""A mistake with memory in the built programs."""

import re
import subprocess

GOAL = "to turn a mistake with memory into control of the program"

PROGRAMS = {"runcast-gateway": "gateway/runcast-gateway", "runcast": "client/cli/runcast"}


def _tool(*arguments):
    return subprocess.run([str(part) for part in arguments], check=True, capture_output=True, text=True,
                          timeout=120).stdout


def _unmarked(program):
    """Names of global functions of ours, generated code included, whose begin is not marked as the target of an
    indirect jump, and how many functions were looked at. Compiled otherwise than told, each would lack the mark."""
    # By address: names that share one are listed once.
    ours = {int(address, 16): name for address, name in re.findall(
        r"^(\w+) [TW] (_ZNK?(?:7runcast|4grpc6health)\S*|main)$", _tool("nm", "--defined-only", program), re.M)}
    code = _tool("objdump", "-d", "--no-show-raw-insn", program)
    marked = {int(address, 16) for address in re.findall(r"^\s+([0-9a-f]+):\s+endbr64", code, re.M)}
    return sorted(name for address, name in ours.items() if address not in marked), len(ours)


def _hardened(siege, name):
    program = siege.place.build / PROGRAMS[name]
    headers = _tool("readelf", "-W", "-h", "-l", "-d", program)
    symbols = _tool("readelf", "-W", "--dyn-syms", program)
    siege.tried(8)
    siege.expect(re.search(r"Type:\s+DYN", headers), f"{name}: position independent")
    siege.expect("GNU_RELRO" in headers and re.search(r"\bNOW\b", headers),
                 f"{name}: relocations are read-only, all of them")
    siege.expect(re.search(r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+RW\s", headers),
                 f"{name}: the stack is not executable")
    siege.expect(not re.search(r"LOAD.*\sRWE\s", headers), f"{name}: nothing is writable and executable")
    siege.expect(not re.search(r"\((RPATH|RUNPATH)\)", headers),
                 f"{name}: libraries come from the system's folders only")
    siege.expect("__stack_chk_fail" in symbols, f"{name}: stack protector")
    siege.expect(re.search(r"__(memcpy|memset|snprintf|fprintf|read|vsnprintf|memmove|longjmp|poll)\w*_chk", symbols),
                 f"{name}: FORTIFY_SOURCE")
    if "Advanced Micro Devices X86-64" in headers:
        unmarked, functions = _unmarked(program)
        siege.expect(functions > 500 and not unmarked,
                     f"{name}: targets of indirect jumps are marked: {functions} functions, not {len(unmarked)} of "
                     f"them: {unmarked[:5]}")


def run(siege):
    if siege.sanitized:
        siege.expect(True, "a sanitizer's build is built otherwise")
        return
    for name in PROGRAMS:
        _hardened(siege, name)
