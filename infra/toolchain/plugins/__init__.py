"""Provider plugins for machines on which the official ones can't be had: gRPC processes the engine starts."""
