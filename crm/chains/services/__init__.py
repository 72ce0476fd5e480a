"""Writing chains: the taxonomy, what stands on it, and who belongs there."""

from crm.chains.services.taxonomy import load_taxonomy

__all__ = ["load_taxonomy"]
