"""Reading leads: the list, what is counted of it, and everything one lead's page shows."""

from crm.leads.queries.counting import count_leads, leads_by_segment, pipeline
from crm.leads.queries.listing import ORDERS, Choices, choices, first_leads, lead_page
from crm.leads.queries.matching import (
    EVENT_DAY,
    STATEMENTS_KEPT,
    first_reaches,
    hidden_matching,
    leads_matching,
    quiet_condition,
    text_found,
)
from crm.leads.queries.naming import with_names
from crm.leads.queries.page import (
    ACTIVITIES_SHOWN,
    LeadPage,
    agreed_dates_of,
    contact_of_lead,
    lead_heading,
    lead_page_of,
    signing_days_of,
)
from crm.leads.queries.trail import changed_on_behalf, events_of, kept_secret, names_in

__all__ = [
    "ACTIVITIES_SHOWN",
    "EVENT_DAY",
    "ORDERS",
    "STATEMENTS_KEPT",
    "Choices",
    "LeadPage",
    "agreed_dates_of",
    "changed_on_behalf",
    "choices",
    "contact_of_lead",
    "count_leads",
    "events_of",
    "first_leads",
    "first_reaches",
    "hidden_matching",
    "kept_secret",
    "lead_heading",
    "lead_page",
    "lead_page_of",
    "leads_by_segment",
    "leads_matching",
    "names_in",
    "pipeline",
    "quiet_condition",
    "signing_days_of",
    "text_found",
    "with_names",
]
