"""Prepare `.venv` from requirements.lock; called by the Makefile before anything else.

Standard library only, and old syntax, because any Python may be asked to run it: what it cannot
work with it says in one sentence and exits with 1. The environment is installed anew only when the
lock has changed. A `.venv` that is a symbolic link belongs to somebody else and is left alone.
"""

import argparse
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements.lock")
STAMP = os.path.join(VENV, "installed-from")
PYTHON = os.path.join(VENV, "bin", "python")


def stop(sentence):
    """Say why nothing can be done, and end."""
    sys.stderr.write("LianZhao: %s\n" % sentence)
    sys.exit(1)


def check_python():
    """A version the lock was made for, able to make environments."""
    found = "%d.%d.%d" % sys.version_info[:3]
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        stop(
            "Python 3.11, 3.12 or 3.13 is needed, but %s is Python %s; install one, "
            "or name it: make PYTHON=/path/to/python3.12" % (sys.executable or "this", found)
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "Python %s at %s cannot make environments; install its venv package "
            "(on Debian: apt install python%d.%d-venv)"
            % ((found, sys.executable) + tuple(sys.version_info[:2]))
        )


def check_folder():
    """A folder where `.venv`, `var` and the built assets may be written."""
    try:
        with tempfile.TemporaryFile(dir=ROOT):
            pass
    except OSError as error:
        stop(
            "the folder %s cannot be written (%s); copy the project to one of your own"
            % (ROOT, (error.strerror or str(error)).lower())
        )


def check_port(port):
    """A port nobody listens on, asked before minutes are spent on installing."""
    if not (port.isdigit() and 1 <= int(port) <= 65535):
        stop("PORT must be a number from 1 to 65535, not %s" % port)
    port = int(port)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            stop(
                "port %d cannot be used (%s); end what runs there or take another: "
                "make run PORT=%d"
                % (port, (error.strerror or str(error)).lower(), port % 65000 + 1)
            )


def wanted_stamp():
    """What `.venv` must have been made from: this lock, this minor version of Python."""
    with open(LOCK, "rb") as lock:
        digest = hashlib.sha256(lock.read()).hexdigest()
    return "python%d.%d %s\n" % (sys.version_info[0], sys.version_info[1], digest)


def is_ready(wanted):
    """Whether `.venv` was made from this lock by a supported Python that is still there."""
    try:
        with open(STAMP) as stamp:
            made = stamp.read()
    except OSError:
        return False
    # Another minor version than ours is fine: whoever made it chose it, e.g. by PYTHON=.
    if made.split()[-1:] != wanted.split()[-1:]:
        return False
    return subprocess.call([PYTHON, "-c", "import flask"], stderr=subprocess.DEVNULL) == 0


def can_install(python):
    """Whether this Python of an environment is of our minor version and has a pip that runs.

    It has none where somebody stopped us while the environment was being made.
    """
    if not os.path.isfile(python):
        return False
    asked = subprocess.Popen(
        [python, "-m", "pip", "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = asked.communicate()[0].decode("utf-8", "replace")
    # pip 26.0 from /…/site-packages/pip (python 3.12)
    return said.rstrip().endswith("(python %d.%d)" % sys.version_info[:2])


def install(wanted):
    """Make or refresh `.venv`; the stamp is written last, so an interrupted install is repeated."""
    fresh = not can_install(PYTHON)
    if os.path.exists(STAMP):
        os.remove(STAMP)
    if fresh:
        sys.stderr.write("LianZhao: making .venv with Python %s\n" % sys.version.split()[0])
        if os.path.isdir(VENV):
            shutil.rmtree(VENV)
        if subprocess.call([sys.executable, "-m", "venv", VENV]):
            stop("the environment .venv could not be made; the lines above say why")
    sys.stderr.write("LianZhao: installing requirements.lock, about a minute\n")
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    if subprocess.call(pip + ["--require-hashes", "-r", LOCK], stdin=subprocess.DEVNULL):
        stop("the packages of requirements.lock could not be installed; the lines above say why")
    with open(STAMP, "w") as stamp:
        stamp.write(wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", help="also demand that this port of 127.0.0.1 is free")
    arguments = parser.parse_args()
    check_python()
    check_folder()
    if arguments.port is not None:
        check_port(arguments.port)
    wanted = wanted_stamp()
    if os.path.islink(VENV):
        return
    if not is_ready(wanted):
        install(wanted)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
