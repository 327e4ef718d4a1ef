"""Values: how values are isolated, compared, digested and measured; one protocol for every library."""
