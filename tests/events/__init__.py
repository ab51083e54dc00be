"""Telling other systems what has happened."""
