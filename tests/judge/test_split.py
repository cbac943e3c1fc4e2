"""Python's split mode: tests use objects of a program in another process, and no object forges."""

from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.judge.values import same
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, Outcome, TestScript, Verdict

HONEST = {
    "a class": (
        """\
class Stack:
    def __init__(self): self.x=[]
    def push(self, v): self.x.append(v)
    def pop(self): return self.x.pop()
    def __len__(self): return len(self.x)
""",
        """\
s = Stack()
s.push(3)
s.push(4)
assert len(s)==2 and s.pop()==4 and isinstance(s, Stack)
assert s.x == [3]
""",
    ),
    "a dataclass": (
        """\
from dataclasses import dataclass
@dataclass
class P:
    x: 'int'
    y: int
def f(): return P(1,2)
""",
        """\
assert f() == P(1,2)
assert f().x == 1
assert str(f()) == 'P(x=1, y=2)'
assert f() != P(2,2)
""",
    ),
    "a generator": (
        """\
def f(n):
    for i in range(n): yield i*i
""",
        """\
assert list(f(3)) == [0,1,4]
g=f(2)
assert next(g)==0 and next(g)==1
try:
    next(g)
    assert False
except StopIteration: pass
""",
    ),
    "functions of the tests": (
        """\
def f(g, xs): return [g(x) for x in xs]
""",
        """\
assert f(lambda x: x+1, [1,2]) == [2,3]
assert f(str, [1]) == ['1']
import operator
assert f(operator.neg, [1]) == [-1]
""",
    ),
    "an exception of its own": (
        """\
class Bad(ValueError):
    def __init__(self, m, code): super().__init__(m); self.code=code
def f(): raise Bad('neg', 7)
""",
        """\
try:
    f()
    assert False
except Bad as e:
    assert e.code == 7 and 'neg' in str(e)
try:
    f()
except ValueError: pass
""",
    ),
    "the text of an exception": (
        """\
def f(): raise ValueError('neg')
""",
        """\
try:
    f()
except ValueError as e:
    assert str(e)=='neg'
""",
    ),
    "an import": (
        """\
def f(): return 1
class C: pass
""",
        """\
from solution import f, C
import solution
assert f()==1 and solution.f()==1
C()
""",
    ),
    "values of Python's own classes": (
        """\
from decimal import Decimal
import datetime, collections, fractions
def f(): return [Decimal('1.10'), datetime.date(2020,1,2), collections.deque([1]),
    collections.Counter('aab'), fractions.Fraction(1,3), range(3)]
""",
        """\
from decimal import Decimal
import datetime, collections, fractions
a=f()
assert a == [Decimal('1.1'), datetime.date(2020,1,2), collections.deque([1]), {'a':2,'b':1},
    fractions.Fraction(1,3), range(3)], a
assert a[3].most_common(1)==[('a',2)]
""",
    ),
    "what is printed": (
        """\
def f(): print('hi')
""",
        """\
import io, contextlib
b=io.StringIO()
with contextlib.redirect_stdout(b):
    f()
assert b.getvalue()=='hi\\n'
""",
    ),
    "context managers": (
        """\
class C:
    def __enter__(self): return 5
    def __exit__(self,*a):
        self.a=a[0] is None
        return True
from contextlib import contextmanager
@contextmanager
def cm():
    yield 3
""",
        """\
c=C()
with c as x: assert x==5
assert c.a
with cm() as y: assert y==3
with c: raise ValueError('x')
assert not c.a
""",
    ),
    "coroutines": (
        """\
import asyncio
async def f(x):
    await asyncio.sleep(0)
    return x+1
""",
        """\
import asyncio
assert asyncio.run(f(1))==2
async def g(): return await f(4)
assert asyncio.run(g())==5
""",
    ),
    "an object of the tests": (
        """\
def f(n):
    t=0
    while n:
        t+=n.val; n=n.next
    return t
""",
        """\
class Node:
    def __init__(self,v,n=None): self.val=v; self.next=n
assert f(Node(1,Node(2)))==3
""",
    ),
    "objects that hold objects": (
        """\
class Node:
    def __init__(self,v,n=None): self.val=v; self.next=n
def f(n):
    return n.val + (f(n.next) if n.next else 0)
""",
        """\
n=Node(1,Node(2))
assert f(n)==3
n.val=5
assert f(n)==7 and n.next.next is None
""",
    ),
    "a named tuple": (
        """\
from collections import namedtuple
P=namedtuple('P','x y')
def f(): return P(1,2)
""",
        """\
assert f()==(1,2) and f().x==1 and f()==P(1,2)
""",
    ),
    "an enum": (
        """\
from enum import Enum
class C(Enum):
    R=1
    G=2
def f(): return C.R
""",
        """\
assert f()==C.R and f() is C.R and f()!=C.G and C.R.value==1 and f().name=='R'
""",
    ),
    "a subclass of a dict": (
        """\
from collections import OrderedDict
class L(OrderedDict):
    def put(self,k,v): self[k]=v
    def at(self,k): return self.get(k,-1)
""",
        """\
l=L()
l.put(1,2)
assert l.at(1)==2 and l.at(2)==-1 and l=={1:2} and len(l)==1 and 1 in l
""",
    ),
    "operators": (
        """\
class V:
    def __init__(s,x): s.x=x
    def __add__(s,o): return V(s.x+o.x)
    def __mul__(s,k): return V(s.x*k)
    __rmul__=__mul__
    def __eq__(s,o): return s.x==o.x
    def __lt__(s,o): return s.x<o.x
""",
        """\
assert V(1)+V(2)==V(3)
assert V(2)*3==V(6)==3*V(2)
assert V(1)<V(2) and sorted([V(2),V(1)])[0].x==1
assert max([V(1),V(5)]).x==5
""",
    ),
    "a closure": (
        """\
def f(a):
    def g(b): return a+b
    return g
""",
        """\
assert f(2)(3)==5
""",
    ),
    "what a class has": (
        """\
class A:
    N=3
    @staticmethod
    def s(): return 4
    @classmethod
    def c(cls): return cls()
    @property
    def p(self): return 5
class B(A): pass
""",
        """\
assert A.N==3 and A.s()==4 and A().p==5
assert isinstance(B.c(), B) and isinstance(B(), A) and issubclass(B, A)
""",
    ),
    "check, never called": (
        """\
def add(a,b): return a+b
""",
        """\
def check(c):
    assert c(1,2)==3
""",
    ),
    "functions for pytest": (
        """\
def add(a,b): return a+b
""",
        """\
def test_a():
    assert add(1,2)==3
""",
    ),
    "cases of unittest": (
        """\
def add(a,b): return a+b
""",
        """\
import unittest
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(add(1,2),3)
if __name__=='__main__': unittest.main()
""",
    ),
    "an expected exception": (
        """\
class E(Exception): pass
def f(): raise E('x')
""",
        """\
import unittest
class T(unittest.TestCase):
    def test_a(self):
        with self.assertRaises(E): f()
""",
    ),
    "a list changed in place": (
        """\
def f(x):
    x.sort()
    return x
""",
        """\
a=[2,1]
assert f(a)==[1,2] and a==[1,2]
""",
    ),
}
WRONG = {
    "check, never called": (
        """\
def add(a,b): return a-b
""",
        """\
def check(c):
    assert c(1,2)==3
""",
    ),
    "functions for pytest": (
        """\
def add(a,b): return a-b
""",
        """\
def test_a():
    assert add(1,2)==3
""",
    ),
    "cases of unittest": (
        """\
def add(a,b): return a-b
""",
        """\
import unittest
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(add(1,2),3)
if __name__=='__main__': unittest.main()
""",
    ),
    "unittest.main": (
        """\
def add(a,b): return a-b
""",
        """\
import unittest
class T(unittest.TestCase):
    def test_a(self): self.assertEqual(add(1,2),3)
unittest.main()
""",
    ),
    "always equal": (
        """\
class A:
    def __eq__(s,o): return True
    def __bool__(s): return True
def add(a,b): return A()
""",
        """\
assert add(1,2)==3
""",
    ),
    "no different from anything": (
        """\
class A:
    def __sub__(s,o): return 0
    def __rsub__(s,o): return 0
    def __abs__(s): return 0
def add(a,b): return A()
""",
        """\
assert abs(add(1,2)-3)<1e-6
""",
    ),
    "a float that orders itself": (
        """\
class A(float):
    def __lt__(s,o): return True
    def __gt__(s,o): return True
def add(a,b): return A(9)
""",
        """\
assert add(1,2)<4
assert add(1,2)>2
""",
    ),
    "an object that orders itself": (
        """\
class A:
    def __lt__(s,o): return True
    def __gt__(s,o): return True
def add(a,b): return A()
""",
        """\
assert 2<add(1,2)<4
""",
    ),
    "contains everything": (
        """\
class A:
    def __contains__(s,o): return True
    def __iter__(s): return iter([])
def add(a,b): return A()
""",
        """\
assert 3 in add(1,2)
""",
    ),
    "a text that is always equal": (
        """\
class A(str):
    def __eq__(s,o): return True
    __hash__=str.__hash__
def add(a,b): return A('x')
""",
        """\
assert add(1,2)=='3'
""",
    ),
    "a class that is always equal": (
        """\
class M(type):
    def __eq__(s,o): return True
class A(metaclass=M): pass
def add(a,b): return A
""",
        """\
assert add(1,2)==3
""",
    ),
    "mock's ANY": (
        """\
from unittest.mock import ANY
def add(a,b): return ANY
""",
        """\
assert add(1,2)==3
""",
    ),
    "mock's ANY, made": (
        """\
from unittest.mock import _ANY as add
""",
        """\
assert add()==3
""",
    ),
    "an assertion that fails for itself": (
        """\
def add(a,b): raise AssertionError
""",
        """\
try:
    add(1,2)
except Exception: pass
assert add(1,2)==3
""",
    ),
    "has every attribute": (
        """\
class A:
    def __getattr__(s,n): return lambda *a: True
def add(a,b): return A()
""",
        """\
assert add(1,2)==3
""",
    ),
    "a list that is always equal": (
        """\
class L(list):
    def __eq__(s,o): return True
    def __len__(s): return 2
class add:
    def __new__(cls,*a): return L()
""",
        """\
assert add(1,2)==[1,2]
""",
    ),
    "an object that is a list and always equal": (
        """\
class add(list):
    def __init__(s,*a): pass
    def __eq__(s,o): return True
""",
        """\
assert add(1,2)==[1,2]
""",
    ),
    "the globals of a function": (
        """\
def f(g):
    return g.__globals__['SECRET']
""",
        """\
SECRET=[1]
assert f(lambda: 1)==[1]
""",
    ),
    "the frame of a generator": (
        """\
def f(g):
    return g.gi_frame.f_globals['SECRET']
""",
        """\
SECRET=[1]
assert f(x for x in [1])==[1]
""",
    ),
    "the class of the tests' object": (
        """\
def f(o):
    o.__class__.__eq__ = lambda a,b: True
    return 1
""",
        """\
class O:
    pass
assert f(O())==2
""",
    ),
    "tests that ask nothing": (
        """\
def f(): return 1
""",
        """\
x = 1
assert x == 1
""",
    ),
}


@pytest.fixture(scope="module", params=["warm", "cold"])
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    settings = JudgeSettings(cpu_seconds=2, memory_mb=256)
    with Judge(settings, 1, warm=request.param == "warm") as judge:
        yield judge


def judged(judge: Judge, pair: tuple[str, str]) -> Verdict:
    code, script = pair
    entry = "add" if "add" in code else "f"
    verdict = judge.one(
        Program(code, Language.PYTHON, TestScript(entry_point=entry, script=script))
    )
    assert verdict.isolation == "split"
    return verdict


@pytest.mark.parametrize("name", HONEST)
def test_tests_find_in_a_program_what_they_would_beside_it(judge: Judge, name: str) -> None:
    assert judged(judge, HONEST[name]).passed


@pytest.mark.parametrize("name", WRONG)
def test_nothing_that_a_program_hands_out_answers_for_itself(judge: Judge, name: str) -> None:
    verdict = judged(judge, WRONG[name])
    assert verdict.outcome in (Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR, Outcome.NO_VERDICT)


def test_values_are_the_same_in_value_and_type() -> None:
    nan = float("nan")
    assert same({"dict": [["b", [1]], ["a", nan]]}, {"a": nan, "b": [1]})
    assert same({"dict": [[1, 2]]}, {"dict": [[1, 2]]})
    assert same({"set": [3, 1]}, {"set": [1, 3]})
    assert same({"a": 1}, {"a": 1.0}, strict=False)
    assert not same({"dict": [["a", 1]]}, {"a": 1.0})
    assert not same({"dict": [["a", 1], ["a", 1]]}, {"a": 1, "b": 2})
    assert not same({"set": [1]}, {"set": [1, 1]})
    assert not same({"tuple": [1, 2]}, [1, 2])
    assert not same({"dict": [["set", [1]]]}, {"set": [2]})
