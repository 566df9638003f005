"""The numerical core of probing: pure functions over arrays, nothing here reads a lake."""
