"""Over what messages go out: a file a channel, all with the same face."""
