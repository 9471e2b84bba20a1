"""Reads in the source what is said: texts, each part that is put in as a placeholder, wherever they are written."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_MOST: Final = 20
"""Steps from where something is said to where it is written."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Unreadable(Exception):
    """What is said can't be told from the source."""


@dataclass(frozen=True, eq=False)
class Module:
    """A module: its file below the root, and its source."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def around(self) -> dict[ast.AST, ast.AST]:
        """What each node stands in."""
        return {inner: node for node in self.nodes for inner in ast.iter_child_nodes(node)}

    @property
    def calls(self) -> Iterator[ast.Call]:
        return (node for node in self.nodes if isinstance(node, ast.Call))


@dataclass(frozen=True)
class At:
    """A place in a module, and the steps that led there: names, each with where it was looked for."""

    module: Module
    node: ast.AST
    steps: tuple[tuple[object, str], ...] = ()

    @property
    def function(self) -> Function | None:
        """The function around it."""
        node: ast.AST | None = self.node
        while node is not None and not isinstance(node, Function):
            node = self.module.around.get(node)
        return node

    def step(self, where: object, name: str) -> "At | None":
        """The same place one step further on; None if that step was taken before."""
        if (where, name) in self.steps:
            return None
        if len(self.steps) > _MOST:
            raise Unreadable(name)
        return replace(self, steps=(*self.steps, (where, name)))

    def to(self, node: ast.AST) -> "At":
        return replace(self, node=node)


@cache
def module(path: str) -> Module:
    """The module of a file below the root."""
    return Module(path, (ROOT / path).read_text())


def modules(*rooms: str) -> Iterator[Module]:
    """All modules of these rooms."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield module(path.relative_to(ROOT).as_posix())


@dataclass(frozen=True)
class Reading:
    """How texts are read; `elsewhere` are expressions of what was written, or is no text of ours, elsewhere."""

    elsewhere: re.Pattern[str]

    def is_elsewhere(self, told: ast.expr) -> bool:
        """Tell whether an expression only passes on what is said elsewhere."""
        return self.elsewhere.fullmatch(ast.unparse(told)) is not None

    def texts(self, at: At, told: ast.expr) -> list[str]:
        """Every text that an expression may be, none where it is passed on; raises Unreadable."""
        if self.is_elsewhere(told):
            return []
        match told:
            case ast.Constant(value=None):
                return []
            case ast.Constant(value=str(text)):
                return [_escaped(text)]
            case ast.JoinedStr(values=parts):
                return ["".join(each) for each in product(*(self._part(at, part) for part in parts))]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return ["".join(each) for each in product(self.texts(at, left), self.texts(at, right))]
            case ast.IfExp(body=one, orelse=other):
                return [*self.texts(at, one), *self.texts(at, other)]
            case ast.BoolOp(values=values):
                return [text for each in values for text in self.texts(at, each)]
            case ast.Name(id=name):
                return self._named(at, name)
            case ast.Attribute(value=ast.Name(id=place), attr=name) if imported := _imported(at.module, place):
                return self._of_module(at, imported, name)
            case ast.Subscript(value=ast.Name(id=name)):
                return self._of_table(at, name)
            case ast.Call(func=ast.Name(id=name)):
                return self._returned(at, name)
        raise Unreadable(ast.unparse(told))

    def put_in(self, at: At, told: ast.expr) -> list[str]:
        """What stands in a text where an expression is put in: a placeholder, or the clauses that it may be."""
        clauses = self._clauses(at, told, _called(told))
        return clauses if any(" " in each for each in clauses) else [f"{{{_called(told)}}}"]

    def _part(self, at: At, part: ast.expr) -> list[str]:
        return self.put_in(at, part.value) if isinstance(part, ast.FormattedValue) else self.texts(at, part)

    def _clauses(self, at: At, told: ast.expr, called: str) -> list[str]:
        """The clauses that an expression may be, and a placeholder for what else it is."""
        match told:
            case ast.Name(id=name) if at.function is not None and (values := _assigned(at.function, name)):
                further = at.step(at.function, name)
                return [text for each in values if further for text in self._clauses(further, each, called)]
            case ast.IfExp(body=one, orelse=other) | ast.BoolOp(values=[one, other]):
                return [*self._clauses(at, one, called), *self._clauses(at, other, called)]
            case ast.JoinedStr() | ast.Constant(value=str()):
                return self.texts(at, told)
        return [f"{{{called}}}"]

    def _named(self, at: At, name: str) -> list[str]:
        function = at.function
        while function is not None:
            if values := _assigned(function, name):
                further = at.step(function, name)
                return [text for each in values if further for text in self.texts(further.to(function), each)]
            named = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
            if name in named:
                return self._given(at, function, named, name)
            function = At(at.module, at.module.around[function]).function
        return self._of_module(at, at.module.path, name)

    def _given(self, at: At, function: Function, named: Sequence[str], name: str) -> list[str]:
        """What the callers in the same module give for a parameter."""
        calls = [each for each in at.module.calls if called_as(each) == function.name]
        further, place = at.step(function, name), named.index(name) - (named[0] == "self")
        if further is None or not calls or any(len(each.args) <= place for each in calls):
            raise Unreadable(f"{name} of {function.name}")
        return [text for each in calls for text in self.texts(further.to(each), each.args[place])]

    def _of_module(self, at: At, path: str, name: str) -> list[str]:
        """What a name of a module is, or of the module that it is imported from."""
        further, there = at.step(path, name), module(path)
        if further is None:
            raise Unreadable(name)
        if (value := _global(there, name)) is not None:
            return self.texts(replace(further, module=there, node=there.tree), value)
        source = next((each for each in _imports(there) if name in {inner.name for inner in each.names}), None)
        if source is None or (origin := _path(source.module or "")) is None:
            raise Unreadable(name)
        return self._of_module(further, origin, name)

    def _of_table(self, at: At, name: str) -> list[str]:
        """What a table of the module may say: the values of a dictionary, those that it is given by a call, too."""
        table = _global(at.module, name)
        while isinstance(table, ast.Call):
            table = table.args[0]
        if not isinstance(table, ast.Dict):
            raise Unreadable(name)
        rows = zip(table.keys, table.values, strict=True)
        values = [row.args[1] if key is None and isinstance(row, ast.Call) else row for key, row in rows]
        return [text for each in values for text in self.texts(at.to(at.module.tree), each)]

    def _returned(self, at: At, name: str) -> list[str]:
        bodies = [each for each in at.module.tree.body if isinstance(each, Function) and each.name == name]
        found = [each for body in bodies for each in ast.walk(body) if isinstance(each, ast.Return)]
        if not found:
            raise Unreadable(name)
        return [text for each in found if each.value for text in self.texts(at.to(each), each.value)]


def called_as(call: ast.Call) -> str:
    """The name by which something is called, without whose it is."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _assigned(function: Function, name: str) -> list[ast.expr]:
    """What a name is made within a function."""
    found: list[ast.expr] = []
    for node in (each for each in ast.walk(function) if isinstance(each, ast.Assign)):
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            found += [value for each, value in pairs if isinstance(each, ast.Name) and each.id == name]
    return found


def _global(there: Module, name: str) -> ast.expr | None:
    for node in there.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=found), value=value) if found == name:
                return value
    return None


def _imports(there: Module) -> Iterator[ast.ImportFrom]:
    return (node for node in there.tree.body if isinstance(node, ast.ImportFrom))


def _imported(there: Module, name: str) -> str | None:
    """The file of a module that another one imports by a name."""
    for node in _imports(there):
        for each in node.names:
            if (each.asname or each.name) == name:
                return _path(f"{node.module}.{each.name}")
    return None


def _path(name: str) -> str | None:
    """The file of a module, if it is one of ours that is no package."""
    path = f"{name.replace('.', '/')}.py"
    return path if (ROOT / path).exists() else None


def _called(told: ast.expr) -> str:
    """What a placeholder is called, by what is put in."""
    match told:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Call(func=ast.Attribute(value=held, attr="get")):
            return _called(held)
        case ast.Call(args=[held, *_]) | ast.Subscript(value=held) | ast.Call(func=held):
            return _called(held)
        case ast.GeneratorExp(generators=[first, *_]) | ast.ListComp(generators=[first, *_]):
            return _called(first.iter)
        case ast.IfExp(body=held) | ast.BoolOp(values=[held, *_]):
            return _called(held)
    return "text"
