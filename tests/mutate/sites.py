"""Where C++ can be changed, and the text in which all the changes are, each asleep until mutant(NUMBER) is true.

libclang says where an expression or statement begins and ends; all that is done to the text is to put something before
and after it, or in the place of an operator, so that changes can stand inside one another. What can't be changed while
the program runs (constexpr, case labels, template arguments) is left out, or else is found by the compiler.
"""
import re
from dataclasses import dataclass, field

from clang.cindex import CursorKind as K, Index, TypeKind

FUNCTIONS = {K.FUNCTION_DECL, K.CXX_METHOD, K.CONSTRUCTOR, K.DESTRUCTOR, K.FUNCTION_TEMPLATE, K.CONVERSION_FUNCTION}
BOUNDS = {'<': ('less', '<='), '<=': ('less_equal', '<'), '>': ('greater', '>='), '>=': ('greater_equal', '>')}
CONSTANT = rb'\b(constexpr|consteval)\b'
ON = '::e2e_mutate::mutant(@)'


@dataclass
class Mutant:
    file: str
    function: str
    line: int
    original: str
    changed: str
    start: int = field(repr=False)
    end: int = field(repr=False)
    edits: list = field(repr=False)   # (start, end, before, after) and (start, end, instead); @ is the number
    number: int = 0
    key: str = ''   # by which its result is known
    turn: int = 0   # by its text, so that an edit elsewhere changes nobody's
    label: str = ''   # its name, and which of that name it is

    @property
    def name(self):
        """What it is known by, wherever its line goes."""
        return f'{self.file}: {self.function}: {self.original} => {self.changed}'


class Sites:
    def __init__(self, path, name, arguments):
        self.path, self.name, self.mutants, self.done = path, name, [], set()
        with open(path, 'rb') as file:
            self.text = file.read()
        unit = Index.create().parse(path, args=arguments)
        errors = [str(one) for one in unit.diagnostics if one.severity >= 3]
        if errors:
            raise RuntimeError('libclang does not understand ' + path + '\n' + '\n'.join(errors))
        for child in unit.cursor.get_children():
            if child.location.file and child.location.file.name == path:
                self.walk(child, unit.cursor, None)
        # of two with one range the first stands around the other; one that replaces an operator can have none inside
        self.mutants.sort(key=lambda one: (one.start, -one.end, len(one.edits)))

    # --- text ---------------------------------------------------------------------------------------------------------

    def span(self, node):
        return node.extent.start.offset, node.extent.end.offset

    def source(self, start, end):
        return re.sub(r'\s+', ' ', self.text[start:end].decode()).strip()

    def between(self, left, right):
        return self.text[left.extent.end.offset:right.extent.start.offset].decode()

    def statement_end(self, node):
        end = node.extent.end.offset
        after = re.match(rb'\s*;', self.text[end:])
        return end + after.end() if after else end

    # --- noting -------------------------------------------------------------------------------------------------------

    def add(self, start, end, changed, *edits):
        if (start, end, changed) in self.done or start >= end:
            return
        self.done.add((start, end, changed))
        shown = self.source(start, end)
        line = self.text.count(b'\n', 0, start) + 1
        short = lambda text: text if len(text) <= 160 else text[:120] + ' ... ' + text[-35:]
        self.mutants.append(Mutant(self.name, self.function or '-', line, short(shown), short(changed), start, end, list(edits)))

    def wrap(self, start, end, before, after, changed):
        self.add(start, end, changed, (start, end, before, after))

    # --- expressions --------------------------------------------------------------------------------------------------

    def peeled(self, node):
        while node.kind in (K.UNEXPOSED_EXPR, K.PAREN_EXPR, K.CXX_STATIC_CAST_EXPR):
            children = list(node.get_children())
            if len(children) != 1 or (node.kind != K.PAREN_EXPR and self.span(children[0]) != self.span(node)):
                break
            node = children[0]
        return node

    def operator(self, node):
        """(left, operator, right) of `a && b` and the like."""
        children = list(node.get_children())
        if node.kind != K.BINARY_OPERATOR or len(children) != 2:
            return None
        return children[0], self.between(*children).strip(), children[1]

    def boolean(self, node, whole_condition):
        """Conditions are tried both ways; their parts, and other booleans, the other way round."""
        node = self.peeled(node)
        start, end = self.span(node)
        if whole_condition:
            self.force(start, end)
        if node.kind == K.UNARY_OPERATOR and self.text[start:start + 1] == b'!':
            inner = self.peeled(next(node.get_children()))
            if self.operator(inner) and self.operator(inner)[1] in ('&&', '||'):
                self.boolean(inner, False)
            elif not whole_condition:
                self.wrap(start, end, f'({ON} != ', ')', self.source(*self.span(inner)))
            return
        parts = self.operator(node)
        if parts and parts[1] in ('&&', '||'):
            left, sign, right = parts
            other = {'&&': '||', '||': '&&'}[sign]
            keep, short = (ON, ON) if sign == '&&' else (ON, '!' + ON)
            at = left.extent.end.offset
            between = (at, right.extent.start.offset)
            if sign == '&&':
                instead, after = f') != {keep} ? static_cast<bool>(', f') : {short})'
            else:
                instead, after = f') != {keep} ? {short} : static_cast<bool>(', '))'
            self.add(start, end, f'{self.source(*self.span(left))} {other} {self.source(*self.span(right))}',
                     (start, end, '(static_cast<bool>(', after), (*between, instead))
            self.boolean(left, False)
            self.boolean(right, False)
            return
        if parts and parts[1] in BOUNDS:
            self.bound(node, *parts)
        if not whole_condition:
            self.wrap(start, end, f'({ON} != static_cast<bool>(', '))', f'!({self.source(start, end)})')

    def force(self, start, end):
        self.wrap(start, end, f'({ON} || static_cast<bool>(', '))', 'true')
        self.wrap(start, end, f'(!{ON} && static_cast<bool>(', '))', 'false')

    def bound(self, node, left, sign, right):
        start, end = self.span(node)
        call, other = BOUNDS[sign]
        self.add(start, end, f'{self.source(*self.span(left))} {other} {self.source(*self.span(right))}',
                 (start, end, f'::e2e_mutate::{call}(@, (', '))'),
                 (left.extent.end.offset, right.extent.start.offset, '), ('))

    # --- statements ---------------------------------------------------------------------------------------------------

    def statement(self, node):
        start, end = self.span(node)
        if node.kind.is_expression():
            self.wrap(start, end, f'({ON} ? static_cast<void>(0) : static_cast<void>(', '))', 'nothing')
        elif node.kind in (K.CONTINUE_STMT, K.BREAK_STMT, K.CXX_FOR_RANGE_STMT, K.FOR_STMT, K.WHILE_STMT) or (
                node.kind == K.RETURN_STMT and not list(node.get_children())):
            self.wrap(start, self.statement_end(node), f'{{ if (!{ON}) ', ' }', 'nothing')

    def parentheses(self, node):
        """Where the parentheses of an `if`, `while` or `for` begin and end; None for `if constexpr`."""
        start, end = self.span(node)
        head = re.match(rb'(if|while|for|switch)\s*\(', self.text[start:end])
        if not head:
            return None
        opened = at = start + head.end() - 1
        depth = 0
        for token in node.get_tokens():
            at = token.extent.start.offset
            if at < opened:
                continue
            depth += {'(': 1, ')': -1}.get(token.spelling, 0)
            if depth == 0:
                return opened, at
        return None

    def condition(self, node, children):
        place = self.parentheses(node)
        if not place:
            return
        inside = [one for one in children if place[0] < one.extent.start.offset and one.extent.end.offset <= place[1]]
        for one in children:
            if one.extent.start.offset > place[1]:
                self.statement(one)
        if not inside or node.kind in (K.CXX_FOR_RANGE_STMT, K.SWITCH_STMT):
            return
        if node.kind == K.FOR_STMT:
            parts = [one for one in inside if one.kind.is_expression() and self.peeled(one).type.get_canonical().kind == TypeKind.BOOL]
            if parts:
                self.loop(parts[0])
            return
        last = inside[-1]
        start, end = self.span(last)
        declared = last.kind in (K.VAR_DECL, K.DECL_STMT)
        if declared and last.kind == K.VAR_DECL and b';' not in self.text[place[0]:place[1]]:
            name = last.spelling
            self.add(start, end, 'false', (start, end, '', f'; !{ON} && static_cast<bool>({name})'))
        elif last.kind.is_expression() and not self.text[end:place[1]].strip():
            if node.kind == K.WHILE_STMT:
                self.loop(last)
            else:
                self.boolean(last, True)

    def loop(self, test):
        """Never entered, or ended one too early or late; without an end it would only cost time."""
        test = self.peeled(test)
        start, end = self.span(test)
        self.wrap(start, end, f'(!{ON} && static_cast<bool>(', '))', 'false')
        parts = self.operator(test)
        if parts and parts[1] in BOUNDS:
            self.bound(test, *parts)

    def returned(self, node, children):
        value = children[0]
        start, end = self.span(node)
        if self.peeled(value).type.get_canonical().kind == TypeKind.BOOL:
            self.boolean(value, False)
        elif self.result and self.source(*self.span(value)) not in ('0', '{}', 'nullptr', 'std::nullopt', '""'):
            self.wrap(start, self.statement_end(node), f'{{ if ({ON}) return {{}}; ', ' }', 'return {}')

    # --- the tree -----------------------------------------------------------------------------------------------------

    function, result = None, False

    def walk(self, node, parent, before):
        kind = node.kind
        start, end = self.span(node)
        if kind in (K.STATIC_ASSERT, K.ENUM_DECL, K.TYPE_ALIAS_DECL, K.TYPEDEF_DECL, K.PARM_DECL):
            return
        held = self.function, self.result
        if kind in FUNCTIONS:
            body = next((one for one in node.get_children() if one.kind == K.COMPOUND_STMT), None)
            if not body or re.search(CONSTANT, self.text[start:body.extent.start.offset]):
                return
            self.function = node.spelling.split('<')[0]
            self.result = node.result_type.get_canonical().kind not in (TypeKind.VOID, TypeKind.LVALUEREFERENCE, TypeKind.BOOL, TypeKind.AUTO)
        elif kind == K.LAMBDA_EXPR:
            self.result = False
        elif kind in (K.VAR_DECL, K.FIELD_DECL) and re.search(CONSTANT, self.text[start:node.location.offset]):
            return
        elif kind == K.DECL_STMT and re.match(rb'(static )?constexpr\b', self.text[start:end]):
            return
        children = list(node.get_children())
        if kind == K.COMPOUND_STMT:
            for one in children:
                self.statement(one)
        elif kind in (K.CASE_STMT, K.DEFAULT_STMT):
            self.statement(children[-1])
            children = children[-1:]
        elif kind in (K.IF_STMT, K.WHILE_STMT, K.FOR_STMT, K.CXX_FOR_RANGE_STMT):
            self.condition(node, children)
        elif kind == K.CONDITIONAL_OPERATOR:
            self.boolean(children[0], True)
        elif kind == K.RETURN_STMT and children:
            self.returned(node, children)
        elif kind == K.BINARY_OPERATOR and self.operator(node):
            left, sign, right = self.operator(node)
            if sign in ('&&', '||') and not self.covered(start, end):
                self.boolean(node, False)
        elif kind == K.VAR_DECL and node.type.get_canonical().kind == TypeKind.BOOL and children and children[-1].kind.is_expression():
            self.boolean(children[-1], False)
        elif kind == K.VAR_DECL and node.type.spelling.split('::')[-1].removeprefix('const ') == 'Lock':
            self.lock(node)
        elif kind == K.INTEGER_LITERAL and self.text[start:start + 1].isdigit():
            self.wrap(start, end, '::e2e_mutate::plus(@, ', ')', f'{self.source(start, end)} + 1')
        elif kind == K.CXX_BOOL_LITERAL_EXPR and not self.covered(start, end):
            word = self.source(start, end)
            self.wrap(start, end, f'({ON} != ', ')', {'true': 'false', 'false': 'true'}.get(word, word))
        elif kind == K.CALL_EXPR and node.spelling == 'operator+' and len(children) == 3 and node.type.get_canonical().spelling.startswith(('std::basic_string<', 'std::__cxx11::basic_string<')):
            left, _, right = children
            if self.between(left, right).strip() == '+':
                self.add(start, end, self.source(*self.span(left)), (start, end, '::e2e_mutate::left(@, (', '))'),
                         (left.extent.end.offset, right.extent.start.offset, '), ('))
        if before is not None and before.kind == K.MEMBER_REF and parent.kind == K.INIT_LIST_EXPR:
            name = self.source(*self.span(before))
            if kind != K.INIT_LIST_EXPR and not self.text[start:start + 1] in (b'{', b'"'):
                self.add(start, end, f'.{name} left out', (start, end, '::e2e_mutate::left_out(@, ', ')'))
        last = None
        for child in children:
            self.walk(child, node, last)
            last = child
        self.function, self.result = held

    def covered(self, start, end):
        return any(one[:2] == (start, end) for one in self.done)

    def lock(self, node):
        start = node.location.offset + len(node.spelling)
        end = node.extent.end.offset
        if self.text[start:start + 1] == b'(' and self.text[end - 1:end] == b')':
            self.wrap(start + 1, end - 1, '::e2e_mutate::alone(@, ', ')', 'another lock')


def rewritten(text, mutants):
    """The text with all of them in it. No line gets another number."""
    opened, closed, instead = {}, {}, {}
    for one in mutants:
        for edit in one.edits:
            start, end, *put = edit[:2] + tuple(each.replace('@', str(one.number)).encode() for each in edit[2:])
            if len(put) == 1:
                instead[start] = end, put[0]
            else:
                opened.setdefault(start, []).append((-end, one.number, put[0]))
                closed.setdefault(end, []).append((-start, -one.number, put[1]))
    pieces, at = [], 0
    for place in sorted({*opened, *closed, *instead, len(text)}):
        pieces.append(text[at:place])
        at = max(at, place)
        # what ends here, the inner one first; then what begins here, the outer one first
        pieces += [put for *_, put in sorted(closed.get(place, []))]
        if place in instead:
            at, put = instead[place]
            pieces += [put, b'\n' * text.count(b'\n', place, at)]
        pieces += [put for *_, put in sorted(opened.get(place, []))]
    return b''.join(pieces)
