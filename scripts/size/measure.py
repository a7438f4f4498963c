"""Builds the programs, weighs and traces them, prints the table. `run` installs what this needs."""

import argparse
import bisect
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

# The goals, in bytes and instructions.
GOALS = {
    "text": 8 * 1024,
    "text with surprise and budget": 11 * 1024,
    "second bus": 3 * 1024,
    "slot": 512,
    "stack of unregister": 1024,
    "section": 800,
}

HERE = pathlib.Path("scripts/size")
TARGET = "thumbv7em-none-eabi"
# rustc-web's, by its path: /usr/bin comes after rustup's folder as a rule.
RUSTC = "/usr/bin/rustc"
# An application core, which runs the same Thumb-2 instructions: qemu-user 7.2 can't start a Cortex-M.
QEMU = ["qemu-arm", "-cpu", "cortex-a7"]
SOURCES = pathlib.Path("/usr/src")
# The features of the bus, beside `critical-section`, by the shape of the program: those that it uses.
FEATURES = {
    "": ["exclusive"],
    "surprise": ["capabilities", "exclusive", "surprise"],
    "shared": ["shared"],
    "gate": ["exclusive", "gate"],
    "default": ["capabilities", "exclusive", "gate", "handle-counts", "serialised", "shared", "surprise", "waits"],
}
# The rows about text: shape, name, goal.
TEXTS = [
    ("", "orderly removal only", GOALS["text"]),
    ("surprise", "surprise removal and budget too", GOALS["text with surprise and budget"]),
    ("shared", "orderly removal only, shared profile", GOALS["text"]),
    ("gate", "orderly removal only, packets without the lock", None),
    ("default", "orderly removal only, with the code for every feature", None),
]
# As cargo compiles libraries for fat LTO: no machine code of their own.
FOR_LTO = ["-C", "linker-plugin-lto"]
FIRMWARE = ["-C", "opt-level=z", "-C", "lto=fat", "-C", "codegen-units=1"]


def output(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def rustc(*arguments, unstable=False):
    command = [RUSTC, "--edition", "2021", "--target", TARGET, "-C", "panic=abort", *map(str, arguments)]
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1"} if unstable else None
    if subprocess.run(command, env=environment).returncode != 0:
        sys.exit("scripts/size: it does not compile")


class Builder:
    """Compiles for the target, in a folder of its own below target/."""

    def __init__(self, folder):
        self.folder = folder
        version = output(RUSTC, "--version").split()[1]
        library = SOURCES / f"rustc-{version}" / "library"
        self.sysroot = folder / f"sysroot-{version}"
        rlibs = self.sysroot / "lib" / "rustlib" / TARGET / "lib"
        if not (rlibs / "libcompiler_builtins.rlib").exists():
            rlibs.mkdir(parents=True, exist_ok=True)
            self.core(library, rlibs)
        critical_section = self.package("critical-section", pathlib.Path("Cargo.lock"))
        # As cortex-m's implementation has it.
        self.rlib(critical_section / "src/lib.rs", "critical_section", ["restore-state-bool"], self.folder)
        for features in FEATURES.values():
            self.rlib(
                "crates/mipi-dsi/src/lib.rs", "mipi_dsi", ["critical-section", *features], self.of(features),
                externs=["critical_section"],
            )  # fmt: skip

    def of(self, features):
        """The folder of the bus with these features."""
        folder = self.folder / "-".join(["mipi-dsi", *features])
        folder.mkdir(exist_ok=True)
        return folder

    def core(self, library, rlibs):
        """`core` and its intrinsics as rustup has them for the target: for speed, with panics that have messages."""
        print("building core, which is kept in target/", file=sys.stderr)
        options = ["--crate-type", "rlib", "--cap-lints", "allow", "-C", "opt-level=3", "--out-dir", rlibs]
        rustc("--crate-name", "core", "-C", "codegen-units=1", *FOR_LTO, *options, library / "core/src/lib.rs", unstable=True)
        # Debian's sources come without the crates that the library is built of.
        compiler_builtins = self.package("compiler_builtins", library / "Cargo.lock")
        # What its build script says for this target.
        features = ["compiler-builtins", "mem", "unstable", "force-soft-floats"]
        cfgs = [*(f'feature="{feature}"' for feature in features), "thumb", "f16_enabled", "f128_enabled"]
        rustc(
            "--crate-name", "compiler_builtins", "--sysroot", self.sysroot, "-C", "codegen-units=64", *options,
            *(word for cfg in cfgs for word in ("--cfg", cfg)),
            compiler_builtins / "src/lib.rs", unstable=True,
        )  # fmt: skip

    def package(self, name, lock):
        """The sources of a package in the version of this lock file."""
        version = re.search(f'name = "{name}"\nversion = "(.*)"', lock.read_text())[1]
        # A manifest with nothing else in it, so that cargo brings nothing else.
        manifest = self.folder / name / "Cargo.toml"
        (manifest.parent / "src").mkdir(parents=True, exist_ok=True)
        (manifest.parent / "src" / "lib.rs").write_text("")
        manifest.write_text(
            f'[package]\nname = "for-{name}"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
            f'[dependencies]\n{name} = "={version}"\n'
        )
        metadata = json.loads(output("cargo", "metadata", "--format-version", "1", "--manifest-path", manifest))
        [found] = [each for each in metadata["packages"] if each["name"] == name]
        return pathlib.Path(found["manifest_path"]).parent

    def rlib(self, source, name, features, folder, externs=()):
        rustc(
            "--crate-name", name, "--crate-type", "rlib", "--sysroot", self.sysroot, "--cap-lints", "allow",
            *(word for feature in features for word in ("--cfg", f'feature="{feature}"')),
            "--out-dir", folder, "-L", self.folder, "-C", "opt-level=z",
            "-C", "codegen-units=1", *FOR_LTO, "-C", "symbol-mangling-version=v0",
            *(word for extern in externs for word in ("--extern", extern)), source,
        )  # fmt: skip

    def program(self, *cfgs):
        """The program in the shape that these cfgs ask for."""
        path = self.folder / "-".join(["program", *cfgs])
        features = FEATURES[next((cfg for cfg in cfgs if cfg in FEATURES), "")]
        rustc(
            "--crate-name", "program", "--crate-type", "bin", "--sysroot", self.sysroot, "-L", self.folder,
            *FIRMWARE, "-C", "linker=ld.lld", "-C", "symbol-mangling-version=v0", "-C", "link-arg=--gc-sections",
            "-D", "warnings", "--extern", f"mipi_dsi={self.of(features)}/libmipi_dsi.rlib", "--extern", "critical_section", "-o", path,
            *(word for cfg in cfgs for word in ("--cfg", cfg)), HERE / "program.rs",
        )  # fmt: skip
        return Program(path)


Symbol = collections.namedtuple("Symbol", "address size kind name")


class Program:
    """A program that was built, and what can be read of it."""

    def __init__(self, path):
        self.path = path
        sizes = re.findall(r"^(\.\w+)\s+(\d+)", output("size", "-A", "-d", path), re.M)
        self.sections = collections.Counter({name: int(size) for name, size in sizes})
        self.symbols = []
        for line in output("nm", "-S", "-C", path).splitlines():
            sized = re.fullmatch(r"(\w+) (\w+) (\w) (.*)", line)
            if sized:
                address, size, kind, name = sized.groups()
                # The lowest bit says Thumb.
                self.symbols.append(Symbol(int(address, 16) & ~1, int(size, 16), kind, name))

        # Functions, the largest first.
        self.code = sorted((s for s in self.symbols if s.kind in "tTwW"), key=lambda s: -s.size)

    def run(self):
        """Runs it: each step of a program checks what it gives. One without `trace` needs a real Cortex-M."""
        code = subprocess.run([*QEMU, self.path]).returncode
        if code != 0:
            sys.exit(f"{self.path} ends with {code}")

    def text(self):
        return self.sections[".text"]

    def rodata(self):
        return self.sections[".rodata"]

    def symbol(self, end):
        [found] = [symbol for symbol in self.symbols if symbol.name.endswith(end)]
        return found


class Trace:
    """What each instruction of a run shows, for each scene of the program and each operation in it.

    qemu prints the registers before each instruction, so the stack pointer is known at every one of them. That is exact
    where a painted stack is not (a place may be reserved and never written), and needs no graph of calls, which the sums of
    `-Z emit-stack-sizes` do, with calls through tables in it. It sees only what runs; the program is written so that
    everything runs.
    """

    def __init__(self, program):
        self.program = program
        # Deepest stack of each scene's operations: beside the callbacks, and with what those do.
        self.beside = collections.Counter()
        self.whole = collections.Counter()
        # Longest section of each in instructions, and the instructions of the longest.
        self.sections = collections.Counter()
        self.longest = []

        entries = {}
        for symbol in program.symbols:
            # `program::with_bus::dropped::<..>`, `program::glue::operation::write::<..>`,
            # `<program::glue::callback::Fifo as ..>::transfer`.
            named = re.match(r"program::(with_bus|glue::operation)::(?:surprise::)?(\w+)::<[^{]*$", symbol.name)
            if named:
                entries[symbol.address] = ("scene" if named[1] == "with_bus" else "operation", named[2])
            elif re.match(r"<program::glue::callback::\w+ as [^{]*>::\w+$", symbol.name):
                entries[symbol.address] = ("callback", None)
        acquire = program.symbol("Section as critical_section::Impl>::acquire")
        release = program.symbol("Section as critical_section::Impl>::release")

        frames = []  # Kind, scene and operation, return address, stack pointer at the entry.
        scene = "start"
        depth = 0
        section = []
        for pc, sp, lr in self.instructions(program.path):
            while frames and frames[-1][2] == pc and frames[-1][3] == sp:
                frames.pop()
            if pc in entries:
                kind, name = entries[pc]
                if kind == "scene":
                    scene = name
                else:
                    frames.append((kind, (scene, name), lr & ~1, sp))
            is_beside = True
            for kind, key, _, at_entry in reversed(frames):
                if kind == "callback":
                    is_beside = False
                    continue
                used = at_entry - sp
                if is_beside and used > self.beside[key]:
                    self.beside[key] = used
                if used > self.whole[key]:
                    self.whole[key] = used

            if acquire.address <= pc < acquire.address + acquire.size:
                depth += pc == acquire.address
            elif release.address <= pc < release.address + release.size:
                if pc == release.address:
                    depth -= 1
                    if depth == 0:
                        inner = (key for kind, key, *_ in reversed(frames) if kind == "operation")
                        key = next(inner, (scene, "other"))
                        self.sections[key] = max(self.sections[key], len(section))
                        self.longest = max(self.longest, section, key=len)
                        section = []
            elif depth:
                section.append(pc)

    def stack(self, operation, with_callbacks=False, interrupted=False):
        """The deepest that an operation got in the scenes without interrupts, or in the one with them."""
        depths = self.whole if with_callbacks else self.beside
        return max(
            depth
            for (scene, name), depth in depths.items()
            if name == operation and (scene == "interrupted") == interrupted
        )

    def longest_section(self, interrupted):
        return max(
            length for (scene, _), length in self.sections.items() if (scene == "interrupted") == interrupted
        )

    @staticmethod
    def instructions(path):
        """The program counter, stack pointer and link register before each instruction."""
        read, write = os.pipe()
        command = [*QEMU, "-singlestep", "-d", "cpu,nochain", "-D", f"/dev/fd/{write}", path]
        run = subprocess.Popen(command, pass_fds=[write])
        os.close(write)
        with os.fdopen(read, "rb", buffering=1 << 20) as lines:
            for line in lines:
                # R12=00000000 R13=407fff98 R14=00000000 R15=00020154
                if line.startswith(b"R12="):
                    yield int(line[43:51], 16), int(line[17:25], 16), int(line[30:38], 16)
        if run.wait() != 0:
            sys.exit(f"{path} ends with {run.returncode} under trace")


def print_table(rows):
    cells = [("what", "figure", "goal", "")]
    for name, figure, goal, is_met in rows:
        cells.append((name, figure, goal, {True: "", False: "MISSED", None: ""}[is_met]))
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    for name, figure, goal, verdict in cells:
        print(f"{name:{widths[0]}}  {figure:>{widths[1]}}  {goal:>{widths[2]}}  {verdict}".rstrip())


def short(name):
    """A name without the arguments of generics."""
    kept = ""
    opened = []  # Whether each bracket that is open hides what is in it.
    for index, letter in enumerate(name):
        if letter == "<":
            # `<T as Trait>` is a path, and so is `<T>`; the rest are arguments.
            opened.append(index > 0 and (name[index - 1].isalnum() or name[index - 1] in "_:"))
        hidden = any(opened)
        if letter == ">" and name[index - 1] != "-" and opened:
            opened.pop()
        if not hidden:
            kept += letter
    return kept.replace("::::", "::").removesuffix("::").replace("mipi_dsi::bus::", "bus::")


def print_breakdown(program, without, trace):
    print("\nThe largest functions of the program with orderly removal only, in bytes:")
    before = collections.Counter()
    for symbol in without.symbols:
        before[symbol.name] += symbol.size
    for symbol in program.code[:40]:
        also = f"  (without the bus {before[symbol.name]})" if before[symbol.name] else ""
        print(f"{symbol.size:>7}  {short(symbol.name)}{also}")
    parts = collections.Counter()
    for symbol in program.code:
        part = re.search(r"mipi_dsi::bus::\w+|(?:mipi_dsi|program|core|critical_section)\b(?:::\w+)?", symbol.name)
        parts[part[0] if part else "memory functions, and what the compiler took out of others"] += symbol.size
    print("\nBy where they come from:")
    for part, size in parts.most_common():
        print(f"{size:>7}  {part}")
    print("\nEach operation with one slot: stack beside its callbacks, with them, longest section in instructions:")
    for key in sorted(trace.whole):
        print(f"{trace.beside[key]:>7}{trace.whole[key]:>7}{trace.sections[key]:>7}  {': '.join(key)}")
    print("\nThe longest section with one slot, in instructions by function:")
    addresses = sorted((symbol.address, symbol.name) for symbol in trace.program.code)
    starts = [address for address, _ in addresses]
    functions = collections.Counter(addresses[bisect.bisect_right(starts, pc) - 1][1] for pc in trace.longest)
    for name, count in functions.most_common(12):
        print(f"{count:>7}  {short(name)}")


def main():
    parser = argparse.ArgumentParser(description="What the bus costs in firmware.")
    parser.add_argument("--check", action="store_true", help="fail if a goal is missed")
    parser.add_argument("--breakdown", action="store_true", help="the largest functions, each operation")
    parser.add_argument("--features", action="store_true", help="how much less the text is without each feature")
    options = parser.parse_args()

    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    folder = target / "size"
    folder.mkdir(parents=True, exist_ok=True)
    without_one = {}
    if options.features:
        every = FEATURES["default"]
        gone = [[feature] for feature in every] + [["exclusive", "serialised"]]
        without_one = {f"no_{'_'.join(some)}".replace("-", "_"): some for some in gone}
        FEATURES.update({shape: [each for each in every if each not in some] for shape, some in without_one.items()})
    builder = Builder(folder)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        shapes = [*FEATURES, *(f"bus {shape}".strip() for shape in FEATURES), "second", "bus second"]
        shapes += [f"bus {shape}trace{many}" for shape in ("", "surprise ") for many in ("", " many")]
        shapes += ["bus shared trace", "surprise second trace", "bus surprise second trace"]
        programs = dict(zip(shapes, pool.map(lambda shape: builder.program(*shape.split()), shapes)))
    for shape in ("bus shared trace", "surprise second trace", "bus surprise second trace"):
        programs[shape].run()

    rows = []

    def row(name, figure, unit, goal=None, is_met=None):
        if goal is not None and is_met is None:
            is_met = figure <= goal
        rows.append((name, f"{figure} {unit}", "" if goal is None else f"{goal} {unit}", is_met))

    for shape, name, goal in TEXTS:
        with_bus, without = programs[f"bus {shape}".strip()], programs[shape]
        row(f"text of the bus, {name}", with_bus.text() - without.text(), "bytes", goal)
        row("  and its constants", with_bus.rodata() - without.rodata(), "bytes")
    orderly, without = programs["bus"], programs[""]
    two, without_two = programs["bus second"], programs["second"]
    # What the second controller and its panel are without a bus is not the bus's.
    second = (two.text() - orderly.text()) - (without_two.text() - without.text())
    row("text of a second type of bus", second, "bytes", GOALS["second bus"])
    second = (two.rodata() - orderly.rodata()) - (without_two.rodata() - without.rodata())
    row("  and its constants", second, "bytes")

    traces = {}
    for shape, name in [("", "orderly removal only"), ("surprise ", "surprise removal and budget too")]:
        one_slot, many_slots = (programs[f"bus {shape}trace{many}"] for many in ("", " many"))
        rows.append((f"with {name}:", "", "", None))
        one, many = (program.symbol("glue::FIRST_BUS") for program in (one_slot, many_slots))
        section = {"b": ".bss", "d": ".data"}[many.kind.lower()]
        row(f"slot of four channels, in {section}", (many.size - one.size) // 63, "bytes", GOALS["slot"])
        rows.append(("section of the slots", section, ".bss", section == ".bss"))
        trace, trace_many = Trace(one_slot), Trace(many_slots)
        traces[shape] = trace
        row("stack of a write", trace.stack("write"), "bytes")
        row("  that carries out what an interrupt dropped", trace.stack("write", interrupted=True), "bytes")
        row("stack of a host's unregister", trace.stack("unregister_host"), "bytes", GOALS["stack of unregister"])
        row("  with a panel's last commands in it", trace.stack("unregister_host", with_callbacks=True), "bytes")
        lengths = []
        for slots, seen in [("1 slot", trace), ("64 slots", trace_many)]:
            length, refused = (seen.longest_section(interrupted) for interrupted in (False, True))
            row(f"longest section with interrupts off, {slots}", length, "instructions", GOALS["section"])
            row("  where an interrupt is refused", refused, "instructions", GOALS["section"])
            lengths.append((length, refused))
        is_same = lengths[0] == lengths[1]
        rows.append(("the same for 1 and 64 slots", "yes" if is_same else "no", "yes", is_same))

    print_table(rows)
    if options.breakdown:
        print_breakdown(orderly, without, traces[""])
    if options.features:
        print("\nHow much less the text is without a feature, where all others are on, in bytes:")
        for shape, some in without_one.items():
            # Without the exclusive profile the program has a shared host.
            less = programs["bus default"].text() - programs[f"bus {shape}"].text()
            print(f"{less:>7}  {' and '.join(some)}")
    if options.check and any(is_met is False for *_, is_met in rows):
        sys.exit(1)


main()
