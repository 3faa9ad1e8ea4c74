"""What goes to a target with a job: its spec, its code, its inputs, the runtime that it was queued with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.compute.bundle import make_bundle
from workbench.compute.contract import Bundle, Stage, Tell
from workbench.compute.spec import decode_spec
from workbench.project.project import Project
from workbench.runtimes.kept import kept_runtime
from workbench.runtimes.runtime import Runtime
from workbench.store.modes import make_folder


def bundle_of(
    project: Project, name: str, row: Mapping[str, Any], *, needs_runtime: bool, tell: Tell
) -> Bundle:
    """Return what is sent of the job `name`; `row` has its `id`, `spec` and `runtime`.

    `needs_runtime` says whether its target has packages of its own; `tell` hears when they are made
    ready. Raises what reading an object does, PluginError for code that cannot travel, and what
    `lock_runtime` does for a job that was queued without a runtime.
    """
    objects = project.store.objects
    spec_bytes = objects.read(row["spec"])
    spec = decode_spec(spec_bytes, where=name)
    code = make_bundle(make_folder(project.paths.cache), spec.plugins)
    runtime = None
    if needs_runtime:
        tell(Stage("runtime"))
        runtime = _runtime(project, row["runtime"], spec.plugins)
    return Bundle(
        job=row["id"],
        code=code,
        spec=spec_bytes,
        module=spec.module,
        inputs={name: objects.path(digest) for name, digest in spec.inputs.items()},
        digests=spec.inputs,
        runtime=runtime,
        limits=spec.limits,
    )


def _runtime(project: Project, kept: str, plugins: tuple[str, ...]) -> Runtime:
    if kept:
        return kept_runtime(project, kept)
    # Queued before runtimes were kept, or when the target was of a kind that needs none.
    # The room with uv and the lock's ingredients: 60 ms that other jobs do not need.
    from workbench.runtimes.lock import lock_runtime

    return lock_runtime(project, plugins)
