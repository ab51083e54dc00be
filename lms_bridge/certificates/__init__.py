"""Certificates: what one says, how it looks, and where anybody can see that it is genuine."""
