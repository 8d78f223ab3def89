"""Data for the benchmarks: a data file of any size with invented contacts, through the store's own writing.

Usage: python -m tests.perf.build PATH COUNT"""
