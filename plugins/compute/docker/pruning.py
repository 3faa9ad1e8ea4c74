"""Removing what nobody uses any more: images of runtimes, objects, helpers whose process has ended."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from plugins.compute.docker import names
from plugins.compute.docker.containers import has_status
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import discard, is_left_over
from workbench.compute.contract import Pruned

_IN_USE = 409


def prune(engine: Engine, owner: str, older_than: float, *, dry: bool) -> tuple[Pruned, ...]:
    """Remove what `owner` left, or with `dry` only name it.

    What a container stands on stays, and so does every job.

    An engine does not tell when an object or an image was last used: `older_than` counts from when
    it was made. Raises TargetError.
    """
    mine = f"{names.OWNER}={owner}"
    before = time.time() - older_than
    return (
        *_helpers(engine, mine, dry=dry),
        *_objects(engine, mine, before, dry=dry),
        *_images(engine, mine, before, dry=dry),
    )


def _helpers(engine: Engine, mine: str, *, dry: bool) -> list[Pruned]:
    """Remove helpers and builders whose process on this machine has ended without closing them."""
    removed = []
    with engine.use() as client:
        found: list[dict[str, Any]] = client.containers(
            all=True, filters={"label": [mine, names.CLIENT]}
        )
    for container in found:
        if is_left_over(str(container["Labels"].get(names.CLIENT, ""))):
            if not dry:
                discard(engine, str(container["Id"]))
            removed.append(Pruned("helper", str(container["Names"][0]).lstrip("/")))
    return removed


def _objects(engine: Engine, mine: str, before: float, *, dry: bool) -> list[Pruned]:
    import docker.errors

    removed = []
    with engine.use() as client:
        # `dangling`: no container mounts it.
        marks = {"label": [mine, names.OBJECT], "dangling": "true"}
        for volume in client.volumes(filters=marks).get("Volumes") or []:
            if datetime.fromisoformat(volume["CreatedAt"]).timestamp() > before:
                continue
            try:
                if not dry:
                    client.remove_volume(volume["Name"])
            except docker.errors.APIError as error:
                if not (has_status(error, _IN_USE) or has_status(error, 404)):
                    raise
            else:
                removed.append(Pruned("object", str(volume["Name"])))
    return removed


def _images(engine: Engine, mine: str, before: float, *, dry: bool) -> list[Pruned]:
    import docker.errors

    removed = []
    with engine.use() as client:
        used = {container["ImageID"] for container in client.containers(all=True)}
        for image in client.images(filters={"label": [mine, names.RUNTIME]}):
            if image["Id"] in used or image["Created"] > before:
                continue
            try:
                if not dry:
                    client.remove_image(image["Id"])
            except docker.errors.APIError as error:
                if not (has_status(error, _IN_USE) or has_status(error, 404)):
                    raise
            else:
                name = str((image.get("RepoTags") or [image["Id"]])[0])
                removed.append(Pruned("image", name, int(image.get("Size", 0))))
    return removed
