"""What changes recognition: proposals, decisions, batches, appeals, rulings, assignments."""

from crm.recognition.services.appeals import answer, appeal
from crm.recognition.services.assigning import lock, make_exclusive, publish
from crm.recognition.services.batches import NewBatch, close_batch, edit_batch, open_batch
from crm.recognition.services.deciding import decide, move, propose
from crm.recognition.services.suspects import rule_on

__all__ = [
    "NewBatch",
    "answer",
    "appeal",
    "close_batch",
    "decide",
    "edit_batch",
    "lock",
    "make_exclusive",
    "move",
    "open_batch",
    "propose",
    "publish",
    "rule_on",
]
