"""Registry: published envelopes, and the rules that decide which of them each environment has."""
