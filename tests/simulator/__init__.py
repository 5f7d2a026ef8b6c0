"""The practice campus: words, physics, MIBs, and the real thing on a wire."""
