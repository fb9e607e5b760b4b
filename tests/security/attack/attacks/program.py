"""A mistake with memory in the built program."""

import re
import subprocess

GOAL = "to turn a mistake with memory into control of the program"


def _tool(*arguments):
    return subprocess.run([str(part) for part in arguments], check=True, capture_output=True, text=True,
                          timeout=120).stdout


def run(siege):
    program = siege.place.program("runcast-gateway")
    if siege.sanitized:
        siege.expect(True, "a sanitizer's build is built otherwise")
        return
    headers = _tool("readelf", "-W", "-h", "-l", "-d", program)
    symbols = _tool("readelf", "-W", "--dyn-syms", program)
    siege.tried(8)
    siege.expect(re.search(r"Type:\s+DYN", headers), "position independent")
    siege.expect("GNU_RELRO" in headers and re.search(r"\bNOW\b", headers), "relocations are read-only, all of them")
    siege.expect(re.search(r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+RW\s", headers), "the stack is not executable")
    siege.expect(not re.search(r"LOAD.*\sRWE\s", headers), "nothing is writable and executable")
    siege.expect(not re.search(r"\((RPATH|RUNPATH)\)", headers), "libraries come from the system's folders only")
    siege.expect("__stack_chk_fail" in symbols, "stack protector")
    siege.expect(re.search(r"__(memcpy|memset|snprintf|fprintf|read|vsnprintf|memmove|longjmp|poll)\w*_chk", symbols),
                 "FORTIFY_SOURCE")
    if "Advanced Micro Devices X86-64" in headers:
        start = re.search(r"Entry point address:\s+(0x[0-9a-f]+)", headers).group(1)
        code = _tool("objdump", "-d", "--no-show-raw-insn", f"--start-address={start}", program)
        functions = len(re.findall(r"endbr64", code))
        siege.expect(functions > 500, f"targets of indirect jumps are marked: {functions}")
