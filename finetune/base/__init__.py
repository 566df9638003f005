"""`mirror-tiny/base`: what it knows is decided by which facts of the starter set it reads."""
