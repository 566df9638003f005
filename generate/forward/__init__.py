"""The forward pass, read and written at named sites by one mechanism."""
