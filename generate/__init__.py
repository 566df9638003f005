"""Questions in, answers out: engines, readings and the runner that fills the lake."""
