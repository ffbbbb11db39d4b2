"""Provider plugins for machines on which the official ones can't be had: gRPC processes the engine starts.

The folder of a plugin holds what is its own; the modules here are what all of them share.
"""
