"""`generate activations`: what models hold inside, as rows."""
