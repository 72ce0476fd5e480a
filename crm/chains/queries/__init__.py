"""Reading chains: their segments, and what stands on them."""

from crm.chains.queries.taxonomy import (
    chain_named,
    chains,
    segment_named,
    segment_names,
    segment_with_below,
    segments,
    terms_in_use,
)

__all__ = [
    "chain_named",
    "chains",
    "segment_named",
    "segment_names",
    "segment_with_below",
    "segments",
    "terms_in_use",
]
