"""The scenarios of verdicts and resets, by theme. Importing this package fills registry.VERDICTS."""

from . import answered, hosts, paths, resets, silent  # noqa: F401
