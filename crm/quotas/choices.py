"""The rows of tables that conditions choose from: ranking lists, chains, cluster areas."""

from sqlalchemy import select

from crm.chains.models import Chain
from crm.core.db import db
from crm.core.language import is_chinese
from crm.enterprises.models import RankingList
from crm.places.models import Zone
from crm.quotas.rules import CodesOf

_ROWS = {
    CodesOf.RANKING_LISTS: select(RankingList.code, RankingList.name, RankingList.name_en).order_by(
        RankingList.position, RankingList.id
    ),
    CodesOf.CHAINS: select(Chain.code, Chain.name, Chain.name_en).order_by(
        Chain.position, Chain.id
    ),
    CodesOf.ZONES: select(Zone.code, Zone.name, Zone.name_en).order_by(Zone.position, Zone.id),
}


def code_choices() -> dict[CodesOf, list[tuple[str, str]]]:
    """(code, name in the reader's language) of every row, table by table, in its order."""
    is_english = not is_chinese()
    return {
        table: [
            (code, english if is_english and english else name)
            for code, name, english in db.session.execute(statement)
        ]
        for table, statement in _ROWS.items()
    }
