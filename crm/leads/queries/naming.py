"""The names a lead is told by, joined to any statement that reads leads."""

from typing import Any

from sqlalchemy import Select

from crm.chains.models import Chain, Segment
from crm.enterprises.models import Enterprise
from crm.leads.models import Lead
from crm.places.models import Zone


def with_names(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Joined with the lead's investor, chain, segment and cluster area, where it has them."""
    return (
        statement.outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .outerjoin(Chain, Chain.id == Lead.chain_id)
        .outerjoin(Segment, Segment.id == Lead.segment_id)
        .outerjoin(Zone, Zone.id == Lead.zone_id)
    )
