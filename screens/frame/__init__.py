"""The frame: what every place has around its body."""
