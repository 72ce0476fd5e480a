"""Passwords hashed with the least work, so that no test pays for what keeps a thief busy.

Importing this module is enough. `PRODUCTION` is the product's own hasher, for the test that looks at it.
"""

from argon2 import PasswordHasher

from crm.accounts import services

PRODUCTION = services._hasher
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

services._hasher = QUICK
