"""Screens over a screen: questions, menus, drawers."""
