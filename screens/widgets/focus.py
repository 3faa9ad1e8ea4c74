"""Finding what can take the focus inside something."""

from __future__ import annotations

from textual.widget import Widget


def first_focusable(widget: Widget) -> Widget | None:
    """Return the first thing inside `widget` that is shown and takes keys, None without one."""
    for child in widget.displayed_children:
        if isinstance(child, Widget):
            found = child if child.focusable else first_focusable(child)
            if found is not None:
                return found
    return None
