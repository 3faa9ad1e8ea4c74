"""A package index on loopback that real clients use (PEP 503), with wheels that are made here."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution

from workbench.runtimes.closure import canonical


def make_wheel(
    name: str,
    version: str,
    *,
    tag: str = "py3-none-any",
    requires: Iterable[str] = (),
    body: str = "",
) -> tuple[str, bytes]:
    """Return the file name and the bytes of a wheel with one module, as `wheel` and uv read it."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {need}\n" for need in requires)
    files = {
        f"{plain}.py": body or f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{path},sha256={digest.decode()},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)
    return f"{plain}-{version}-{tag}.whl", packed.getvalue()


def make_source(name: str, version: str) -> tuple[str, bytes]:
    """Return the file name and the bytes of a source archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        files = {
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "setup.py": f"from setuptools import setup\nsetup(name={name!r}, version={version!r})\n",
        }
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return f"{name}-{version}.tar.gz", packed.getvalue()


class Index:
    """What the index serves, what it was asked for, and what not by uv (`fetched`).

    Files may be changed while it runs. While `gate` is not set, whoever asks for a file waits.
    """

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.served: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.fetched: list[str] = []
        self.password = ""
        self.gate = threading.Event()
        self.gate.set()
        self.url = ""

    def add(self, file: tuple[str, bytes]) -> None:
        """Offer a file."""
        name, data = file
        self.files.setdefault(canonical(name.split("-")[0]), {})[name] = data
        self.served[name] = data

    def add_installed(self, names: Iterable[str]) -> None:
        """Offer a small wheel of the name, version and needs of each distribution installed here."""
        for name in names:
            found = distribution(name)
            needs = [need for need in found.requires or () if "extra" not in need]
            self.add(make_wheel(canonical(name), found.version.partition("+")[0], requires=needs))

    def answer(self, path: str, authorization: str | None, client: str) -> tuple[int, bytes]:
        """Return the status and the body for a path."""
        self.asked.append(path)
        if "urllib" in client:
            self.fetched.append(path)
        if self.password:
            expected = "Basic " + base64.b64encode(f"user:{self.password}".encode()).decode()
            if authorization != expected:
                return 401, b""
        parts = path.strip("/").split("/")
        if parts[0] == "files" and parts[-1] in self.served:
            self.gate.wait(60)
            return 200, self.served[parts[-1]]
        if parts[0] == "simple" and parts[-1] in self.files:
            links = "".join(
                f'<a href="/files/{name}#sha256={hashlib.sha256(data).hexdigest()}">{name}</a>'
                for name, data in self.files[parts[-1]].items()
            )
            return 200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        return 404, b""


@contextmanager
def serve_index() -> Iterator[Index]:
    """Serve an index on a free port of loopback."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = index.answer(
                self.path,
                self.headers.get("Authorization"),
                self.headers.get("User-Agent", ""),
            )
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="index"')
            kind = "text/html" if "/simple/" in self.path else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)  # whoever asked may have been killed

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *words: object) -> None:
            del words

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    index.url = f"http://127.0.0.1:{server.server_port}/simple/"
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
