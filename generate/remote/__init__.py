"""Asking models behind a network: what every provider shares, from pace to money."""
