"""Removing what nobody uses any more: images of runtimes, objects, helpers whose process has ended."""

from __future__ import annotations

from typing import Any

from plugins.compute.docker import names
from plugins.compute.docker.containers import has_status
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import discard, is_left_over

_IN_USE = 409


def prune(engine: Engine, owner: str) -> tuple[str, ...]:
    """Remove what `owner` left and return what it was called.

    What a container stands on stays, and so does every job. Raises TargetError.
    """
    mine = f"{names.OWNER}={owner}"
    return (*_helpers(engine, mine), *_objects(engine, mine), *_images(engine, mine))


def _helpers(engine: Engine, mine: str) -> list[str]:
    """Remove helpers and builders whose process on this machine has ended without closing them."""
    removed = []
    with engine.use() as client:
        found: list[dict[str, Any]] = client.containers(
            all=True, filters={"label": [mine, names.CLIENT]}
        )
    for container in found:
        if is_left_over(str(container["Labels"].get(names.CLIENT, ""))):
            discard(engine, str(container["Id"]))
            removed.append(str(container["Names"][0]).lstrip("/"))
    return removed


def _objects(engine: Engine, mine: str) -> list[str]:
    import docker.errors

    removed = []
    with engine.use() as client:
        # `dangling`: no container mounts it.
        marks = {"label": [mine, names.OBJECT], "dangling": "true"}
        for volume in client.volumes(filters=marks).get("Volumes") or []:
            try:
                client.remove_volume(volume["Name"])
            except docker.errors.APIError as error:
                if not (has_status(error, _IN_USE) or has_status(error, 404)):
                    raise
            else:
                removed.append(str(volume["Name"]))
    return removed


def _images(engine: Engine, mine: str) -> list[str]:
    import docker.errors

    removed = []
    with engine.use() as client:
        used = {container["ImageID"] for container in client.containers(all=True)}
        for image in client.images(filters={"label": [mine, names.RUNTIME]}):
            if image["Id"] in used:
                continue
            try:
                client.remove_image(image["Id"])
            except docker.errors.APIError as error:
                if not (has_status(error, _IN_USE) or has_status(error, 404)):
                    raise
            else:
                removed.append(str((image.get("RepoTags") or [image["Id"]])[0]))
    return removed
