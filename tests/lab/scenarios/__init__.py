"""The fixed scenarios, by theme. Importing this package fills registry.ALL."""

from . import closing, crossing, damage, opening, resets, reuse, windows  # noqa: F401
