"""Providers' batches: half the price, hours of patience, and never one handed over twice."""
