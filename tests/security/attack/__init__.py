"""Attacks on a running gateway, from outside: as a caller, a proxy, a platform, a neighbour."""
