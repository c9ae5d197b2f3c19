"""Set everything up and start: ``python start.py app`` or ``python start.py test``.

Needs nothing but Python 3.11 or newer. The first run makes the folder ``.venv``
and installs the pinned, hashed packages of ``requirements/``; later runs see
that nothing changed and start at once.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)
LOCKS = {"app": "app.lock.txt", "test": "dev.lock.txt"}
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
)


def main(arguments: list[str]) -> int:
    """Run the command that the user named; return its exit code."""
    if sys.version_info < OLDEST:
        print(
            f"需要 Python 3.11 或更高版本，当前为 {sys.version.split()[0]}\n"
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}",
            file=sys.stderr,
        )
        return 2
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot print Chinese must not stop the set-up.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    command, rest = (arguments[0], arguments[1:]) if arguments else ("app", [])
    if command == "test":
        prepare("test")
        return test(rest)
    prepare("app")
    return run(["cli", command, *rest])


def test(arguments: list[str]) -> int:
    """Run style check, type check and tests; return the first failing exit code."""
    for check in () if arguments else CHECKS:
        print("·", " ".join(check), flush=True)
        code = run(list(check), folder=ROOT)
        if code:
            return code
    # A file of tests stays with one worker, because its tests share what they make.
    spread = [] if arguments else ["-n", "auto", "--dist", "loadfile"]
    return run(["pytest", *spread, *arguments], folder=ROOT)


def run(module: list[str], *, folder: Path | None = None) -> int:
    """Run a module of the environment; paths the user gave count from where she is."""
    # -P: a folder of the user's named `data` or `cli` must not stand in for ours.
    environment = os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    command = [str(python()), *(["-P"] if folder is None else []), "-m", *module]
    try:
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130


def python() -> Path:
    """Return the path of the environment's interpreter."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def has_pip() -> bool:
    """Tell whether there is an environment that can install; a broken one is made anew."""
    if not python().exists():
        return False
    command = [str(python()), "-m", "pip", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def prepare(profile: str) -> None:
    """Install the packages of a profile unless they are there already."""
    wanted = fingerprint(profile)
    # The test profile holds everything the app needs, in the same versions.
    for name in dict.fromkeys((profile, "test")):
        stamp = VENV / f"atlas-{name}.stamp"
        if stamp.exists() and stamp.read_text("utf-8") == fingerprint(name):
            return
    print(
        "首次运行：正在准备运行环境，约需 1–3 分钟……\n"
        "First run: preparing the environment, about 1-3 minutes …",
        flush=True,
    )
    if not has_pip():
        venv.EnvBuilder(with_pip=True, clear=VENV.exists()).create(VENV)
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    lock = ROOT / "requirements" / LOCKS[profile]
    install = (
        [*pip, "--require-hashes", "--requirement", str(lock)],
        [*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)],
    )
    for step in install:
        subprocess.run(step, cwd=ROOT, check=True)
    (VENV / f"atlas-{profile}.stamp").write_text(wanted, "utf-8")


def fingerprint(profile: str) -> str:
    """Return what the environment of a profile depends on, as a hash."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (ROOT / "requirements" / LOCKS[profile], ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        print(
            f"安装失败（退出码 {error.returncode}）。请检查网络或软件源设置后重试。\n"
            f"Installation failed (exit code {error.returncode}). "
            "Check the network or the package source and try again.",
            file=sys.stderr,
        )
        sys.exit(1)
