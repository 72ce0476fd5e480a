"""Editing the criteria of a draft step by step, in the form they are stored in.

A node is a condition ({"clause": …}) or a group of one of three kinds: any of, all of, none of.
None of is stored as {"not": condition} or {"not": {"any_of": […]}}. A path names a node by the
places on the way to it from the whole, which is always a group: (1, 0) is the first part of the
second part. In a draft a group may still be empty; published criteria have no empty group. What the
whole says besides ("exclusions") stays as it is through every step.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from crm.quotas.rules.contradictions import never_true
from crm.quotas.rules.criteria import DEEPEST, CriteriaError, CriteriaFault
from crm.quotas.rules.parsing import parse_criteria

Node = Mapping[str, Any]
Path = tuple[int, ...]

MOST_NODES = 60
"""Groups and conditions of one tree: more than anybody can read as one sentence."""


class GroupKind(StrEnum):
    ANY = "any"
    ALL = "all"
    NONE = "none"


class DraftError(ValueError):
    """A step that cannot be done on this tree: why."""

    def __init__(self, fault: CriteriaFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def kind_of(node: Node) -> GroupKind | None:
    """Which kind of group a node is; None for a condition."""
    if "any_of" in node or node.get("clause") == "any_of":
        return GroupKind.ANY
    if "all" in node or node.get("clause") == "all":
        return GroupKind.ALL
    return GroupKind.NONE if "not" in node else None


def parts(node: Node) -> list[Node]:
    """The parts of a group in their order; none of a condition."""
    match kind_of(node):
        case GroupKind.ANY:
            return list(node.get("any_of", node.get("of", ())))
        case GroupKind.ALL:
            return list(node.get("all", node.get("of", ())))
        case GroupKind.NONE:
            inner = node["not"]
            return parts(inner) if kind_of(inner) is GroupKind.ANY else [inner]
        case _:
            return []


def group(kind: GroupKind, of: Sequence[Node] = ()) -> Node:
    """A group of these parts as it is stored: `parts` and `kind_of` give them back."""
    if kind is GroupKind.ANY:
        return {"any_of": list(of)}
    if kind is GroupKind.ALL:
        return {"all": list(of)}
    if len(of) == 1 and kind_of(of[0]) is not GroupKind.ANY:
        return {"not": of[0]}
    return {"not": {"any_of": list(of)}}


def opened(criteria: Node) -> Node:
    """Stored criteria as a draft begins: the whole is a group, and every group written one way."""
    if kind_of(criteria) is None:
        return _beside(criteria, group(GroupKind.ANY, [_bare(criteria)]))
    return _beside(criteria, _written(criteria))


BESIDE = ("exclusions",)
"""What the whole says besides its tree."""


def _bare(node: Node) -> Node:
    return {key: value for key, value in node.items() if key not in BESIDE}


def _beside(before: Node, tree: Node) -> Node:
    """The tree with what `before` says besides."""
    return {**tree, **{key: before[key] for key in BESIDE if key in before}}


def _written(node: Node) -> Node:
    kind = kind_of(node)
    return node if kind is None else group(kind, [_written(part) for part in parts(node)])


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with its path, a group before its parts."""
    yield path, node
    for place, part in enumerate(parts(node)):
        yield from walk(part, (*path, place))


def node_at(tree: Node, path: Path) -> Node:
    """Raises DraftError where there is none."""
    for place in path:
        below = parts(tree)
        if not 0 <= place < len(below):
            raise DraftError(CriteriaFault.NOT_A_CLAUSE)
        tree = below[place]
    return tree


def replaced(tree: Node, path: Path, node: Node) -> Node:
    """The tree with another node at the path. Raises DraftError."""
    changed = _with(tree, path, [node]) if path else node
    return _beside(tree, _sound(changed))


def added(tree: Node, path: Path, node: Node) -> Node:
    """The tree with a node at the end of the group at the path. Raises DraftError."""
    into = node_at(tree, path)
    kind = kind_of(into)
    if kind is None:
        raise DraftError(CriteriaFault.NOT_A_LIST)
    return replaced(tree, path, group(kind, [*parts(into), node]))


def removed(tree: Node, path: Path) -> Node:
    """The tree without the node at the path. The whole cannot be removed. Raises DraftError."""
    node_at(tree, path)
    if not path:
        raise DraftError(CriteriaFault.NOT_A_CLAUSE)
    return _beside(tree, _with(tree, path, []))


def moved(tree: Node, path: Path, by: int) -> Node:
    """The tree with the node `by` places further down in its group, at most to its ends."""
    node = node_at(tree, path)
    if not path:
        raise DraftError(CriteriaFault.NOT_A_CLAUSE)
    above = node_at(tree, path[:-1])
    others = parts(above)
    del others[path[-1]]
    place = min(max(path[-1] + by, 0), len(others))
    others.insert(place, node)
    kind = kind_of(above)
    return replaced(tree, path[:-1], group(kind, others)) if kind else tree


def moved_into(tree: Node, path: Path, target: Path) -> Node:
    """The tree with the node at the end of another group. Raises DraftError into itself."""
    node, into = node_at(tree, path), node_at(tree, target)
    kind = kind_of(into)
    if not path or kind is None or target[: len(path)] == path:
        raise DraftError(CriteriaFault.NOT_A_LIST)
    grown = group(kind, [*parts(into), node])
    changed = removed(_with(tree, target, [grown]) if target else grown, path)
    return _beside(tree, _sound(changed))


def turned(tree: Node, path: Path, kind: GroupKind) -> Node:
    """The tree with the group at the path of another kind. Raises DraftError for a condition."""
    node = node_at(tree, path)
    if kind_of(node) is None:
        raise DraftError(CriteriaFault.NOT_A_LIST)
    return replaced(tree, path, group(kind, parts(node)))


def wrapped(tree: Node, path: Path, kind: GroupKind) -> Node:
    """The tree with the node at the path as the only part of a new group. Raises DraftError."""
    return replaced(tree, path, group(kind, [_bare(node_at(tree, path))]))


def empty_groups(tree: Node) -> list[Path]:
    return [path for path, node in walk(tree) if kind_of(node) is not None and not parts(node)]


def faults_in(tree: Node) -> list[tuple[Path, CriteriaFault]]:
    """Why criteria cannot be published as they stand, and at which node; empty where they can."""
    empty = [(path, CriteriaFault.EMPTY_LIST) for path in empty_groups(tree)]
    if empty:
        return empty
    try:
        read = parse_criteria(tree)
    except CriteriaError as error:
        return [(_place(tree, error.path), error.fault)]
    dead = never_true(read)
    return [] if dead is None else [(_place(tree, dead), CriteriaFault.NEVER_TRUE)]


_STEP = re.compile(r"(any_of|all|not)(?:\[(\d+)\])?")


def _place(tree: Node, told: str) -> Path:
    """The path of what the parser calls any_of[1].not.all[0]."""
    path: Path = ()
    for key, number in _STEP.findall(told):
        node = node_at(tree, path)
        if key == "not":
            # None of several is stored as not any of them: the same group.
            if kind_of(node["not"]) is not GroupKind.ANY:
                path = (*path, 0)
        elif number:
            path = (*path, int(number))
    return path


def pruned(tree: Node) -> Node | None:
    """The tree without its empty groups, as a sentence tells it; None where nothing is left."""
    kind = kind_of(tree)
    if kind is None:
        return _bare(tree)
    kept = [part for part in map(pruned, parts(tree)) if part is not None]
    return group(kind, kept) if kept else None


def _with(tree: Node, path: Path, instead: Sequence[Node]) -> Node:
    """The tree with the node at the path replaced by some or none."""
    kind, below, place = kind_of(tree), parts(tree), path[0]
    if kind is None or not 0 <= place < len(below):
        raise DraftError(CriteriaFault.NOT_A_CLAUSE)
    below[place : place + 1] = (
        instead if len(path) == 1 else [_with(below[place], path[1:], instead)]
    )
    return group(kind, below)


def _sound(tree: Node) -> Node:
    nodes = list(walk(tree))
    if len(nodes) > MOST_NODES or max(_depth(tree), 0) > DEEPEST:
        raise DraftError(CriteriaFault.TOO_DEEP)
    return tree


def _depth(node: Node) -> int:
    """As the parser counts it: {"not": {"any_of": […]}} is two steps down."""
    below = parts(node)
    own = 2 if kind_of(node) is GroupKind.NONE and len(below) != 1 else 1
    return own + max(map(_depth, below), default=0) if kind_of(node) else 0
