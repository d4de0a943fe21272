"""Whole posts, and everything that can happen to them."""

from tests.gateway.conftest import clock, house, platforms, porth, sandbox_process

__all__ = ["clock", "house", "platforms", "porth", "sandbox_process"]
