"""`make run` may be stopped at any moment; the next one goes on."""

import sys
import venv

from scripts import environment


def test_an_environment_without_pip_is_made_anew_and_a_whole_one_is_kept(tmp_path):
    venv.create(tmp_path / "cut", with_pip=False, symlinks=True)
    assert not environment.can_install(str(tmp_path / "cut" / "bin" / "python"))
    assert not environment.can_install(str(tmp_path / "nothing" / "bin" / "python"))
    assert environment.can_install(sys.executable)


def test_an_environment_of_another_python_is_made_anew(tmp_path):
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho 'pip 26.0 from /x/site-packages/pip (python 3.10)'\n")
    other.chmod(0o755)
    assert not environment.can_install(str(other))
