"""Telling from outside how Govi is, and from inside when it is not well."""
