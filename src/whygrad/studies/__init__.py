"""Experiments: many networks that differ in what is asked about, and what their numbers say."""
