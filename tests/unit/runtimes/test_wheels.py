"""Wheels for other platforms, chosen and fetched from an index on loopback."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.tags import sys_tags
from real.index import Index, make_source, make_wheel

from workbench.errors import TargetError, Unavailable
from workbench.runtimes.carried import uv_for
from workbench.runtimes.lock import lock_runtime
from workbench.runtimes.platforms import Platform, platform_here, platform_of, wheel_tags
from workbench.runtimes.tool import uv_here
from workbench.runtimes.wheels import wheels

from .conftest import Make

DEBIAN = Platform("x86_64", "glibc", (2, 36))
OLD = Platform("x86_64", "glibc", (2, 17))
ARM = Platform("aarch64", "glibc", (2, 36))
ALPINE = Platform("x86_64", "musl", (1, 2))

TAGS = (
    "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp313-cp313-manylinux_2_28_x86_64",
    "cp311-abi3-manylinux_2_17_x86_64",
    "cp313-cp313-manylinux_2_28_aarch64",
    "cp313-cp313-musllinux_1_1_x86_64",
    "cp313-cp313-win_amd64",
    "cp312-cp312-manylinux_2_17_x86_64",
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [(DEBIAN, 1), (OLD, 0), (ARM, 3), (ALPINE, 4)],
    ids=["debian", "old", "arm", "alpine"],
)
def test_the_best_wheel_of_each_platform(
    make: Make, index: Index, tmp_path: Path, where: Platform, expected: int
) -> None:
    for tag in TAGS:
        index.add(make_wheel("native", "1.0", tag=tag))
    index.add(make_source("native", "1.0"))
    runtime = lock_runtime(make(["native"], python="3.13"), ())
    folder = wheels(runtime, where, tmp_path, index=index.url)
    assert [path.name for path in folder.glob("native-*")] == [f"native-1.0-{TAGS[expected]}.whl"]
    assert len(list(folder.iterdir())) == len(runtime.lock.split(b"==")) - 1


def test_the_tags_are_those_of_packaging_for_this_very_machine() -> None:
    here = platform_here()
    assert here is not None
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert wheel_tags(here, python) == list(sys_tags())


def test_markers_are_judged_for_the_target(make: Make, index: Index, tmp_path: Path) -> None:
    needs = [
        "forarm; platform_machine == 'aarch64'",
        "forwindows; sys_platform == 'win32'",
        "fornew; python_version >= '3.13'",
    ]
    index.add(make_wheel("marked", "1.0", requires=needs))
    for name in ("forarm", "forwindows", "fornew"):
        index.add(make_wheel(name, "1.0"))
    runtime = lock_runtime(make(["marked"]), ())
    names = {
        path.name.split("-")[0]
        for path in wheels(runtime, ARM, tmp_path, index=index.url).iterdir()
    }
    assert "forarm" in names
    assert "forwindows" not in names
    assert ("fornew" in names) == (sys.version_info >= (3, 13))
    names = {
        path.name.split("-")[0]
        for path in wheels(runtime, DEBIAN, tmp_path, index=index.url).iterdir()
    }
    assert "forarm" not in names


def test_wheels_are_verified_kept_and_asked_for_once(
    make: Make, index: Index, tmp_path: Path
) -> None:
    runtime = lock_runtime(make(), ())
    told: list[tuple[int, int]] = []
    folder = wheels(
        runtime, DEBIAN, tmp_path, index=index.url, tell=lambda *sizes: told.append(sizes)
    )
    for path in folder.iterdir():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest.encode() in runtime.lock
        assert (tmp_path / "wheels" / digest).samefile(path)
        zipfile.ZipFile(path).testzip()
    assert told[-1][0] == sum(path.stat().st_size for path in folder.iterdir())
    index.served.clear()
    index.files.clear()
    assert wheels(runtime, DEBIAN, tmp_path) == folder
    # Another platform that wants the same files needs no file again, and the index no more.
    other = wheels(runtime, ALPINE, tmp_path)
    assert other != folder
    assert sorted(path.name for path in other.iterdir()) == sorted(
        path.name for path in folder.iterdir()
    )


def test_a_package_that_has_only_its_source_there_is_refused(
    make: Make, index: Index, tmp_path: Path
) -> None:
    index.add(make_wheel("native", "1.0", tag="cp311-abi3-manylinux_2_17_x86_64"))
    index.add(make_source("native", "1.0"))
    runtime = lock_runtime(make(["native"]), ())
    with pytest.raises(TargetError, match="native") as refused:
        wheels(runtime, ARM, tmp_path, index=index.url)
    assert refused.value.code == "runtime.wheel"
    assert "aarch64" in str(refused.value)
    assert not list((tmp_path / "wheels").glob("*-aarch64*"))


def test_a_wheel_for_no_such_platform_is_refused(make: Make, index: Index, tmp_path: Path) -> None:
    index.add(make_wheel("native", "1.0", tag="cp311-abi3-manylinux_2_17_x86_64"))
    runtime = lock_runtime(make(["native"]), ())
    with pytest.raises(TargetError, match="native") as refused:
        wheels(runtime, ALPINE, tmp_path, index=index.url)
    assert refused.value.code == "runtime.wheel"


def test_a_file_that_was_changed_on_the_index_is_refused(
    make: Make, index: Index, tmp_path: Path
) -> None:
    runtime = lock_runtime(make(), ())
    [name] = index.files["skops"]
    index.served[name] += b"\0"
    with pytest.raises(TargetError, match="not the one that was locked") as refused:
        wheels(runtime, DEBIAN, tmp_path, index=index.url)
    assert (refused.value.code, refused.value.where) == ("runtime.hash", name)
    assert not list((tmp_path / "wheels").glob(".wheel-*"))
    assert not list((tmp_path / "wheels").glob("*-x86_64*"))


def test_without_an_index_one_line_says_so(make: Make, tmp_path: Path) -> None:
    runtime = lock_runtime(make(), ())
    with pytest.raises(Unavailable) as refused:
        wheels(runtime, DEBIAN, tmp_path, index="http://127.0.0.1:9/simple/")
    assert refused.value.code == "runtime.index"
    assert "127.0.0.1:9" not in str(refused.value)


def test_an_index_with_a_password_that_uv_is_set_up_with(
    make: Make, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.password = "drowssap"
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url.replace("//", "//user:drowssap@"))
    runtime = lock_runtime(make(url=""), ())
    folder = wheels(runtime, DEBIAN, tmp_path)
    assert list(folder.glob("numpy-*"))
    assert b"drowssap" not in runtime.lock


def test_uv_for_this_platform_is_this_one(tmp_path: Path) -> None:
    here = platform_here()
    assert here is not None
    assert uv_for(here, tmp_path) == uv_here()
    older = Platform(here.machine, here.libc, (2, 17))
    assert uv_for(older, tmp_path) == uv_here()


def test_uv_for_another_platform_is_uvs_own_for_it(tmp_path: Path) -> None:
    """From the index that uv is set up for: uv's own wheels."""
    here = platform_here()
    assert here is not None
    other = Platform(here.machine, "musl" if here.libc == "glibc" else "glibc", (1, 2))
    program = uv_for(other, tmp_path)
    assert program != uv_here()
    assert program.stat().st_mode & 0o777 == 0o700
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    ours = subprocess.run(
        [uv_here(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert said.split()[:2] == ours.split()[:2]
    assert "musl" in said
    assert uv_for(other, tmp_path, index="http://127.0.0.1:9/") == program
    arm = uv_for(ARM, tmp_path)
    assert arm.read_bytes()[:4] == b"\x7fELF"
    assert arm.read_bytes()[18] == 0xB7


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"system": "linux", "machine": "x86_64", "libc": "glibc", "libc_version": "2.36"}, DEBIAN),
        ({"system": "Linux", "machine": "AMD64", "libc": "glibc", "libc_version": "2.36"}, DEBIAN),
        ({"system": "linux", "machine": "arm64", "libc": "glibc", "libc_version": "2.36"}, ARM),
        ({"system": "linux", "machine": "x86_64", "libc": "musl", "libc_version": ""}, ALPINE),
        ({"system": "linux", "machine": "x86_64", "libc": "glibc", "libc_version": "?"}, OLD),
    ],
    ids=["debian", "spelled-otherwise", "arm", "alpine", "unknown"],
)
def test_platform_of_facts(facts: dict[str, str], expected: Platform) -> None:
    assert platform_of(facts) == expected


def test_a_system_that_jobs_are_not_sent_to() -> None:
    with pytest.raises(TargetError, match="Linux machines only") as refused:
        platform_of({"system": "darwin", "machine": "arm64"})
    assert refused.value.code == "target.system"
