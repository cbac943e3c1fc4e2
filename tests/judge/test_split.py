"""Python's split mode: tests use objects of a program in another process, and no object forges."""

from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.judge.inside.plain import Json
from sodakd.judge.values import same
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Case, Language, Outcome, Tests, TestScript, Verdict

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
    "a linked list of the tests": (
        """\
class Solution:
    def f(self, head):
        prev=None
        while head:
            nxt=head.next; head.next=prev; prev=head; head=nxt
        return prev
""",
        """\
class ListNode:
    def __init__(self, val=0, next=None): self.val=val; self.next=next
n=ListNode(1,ListNode(2))
r=Solution().f(n)
assert r.val==2 and r.next.val==1 and r.next is n and r.next.next is None
""",
    ),
    "an exception of the tests that comes back": (
        """\
def f(n, exc=(Exception,)):
    def d(fn):
        def w(*a):
            for i in range(n):
                try: return fn(*a)
                except exc:
                    if i==n-1: raise
        return w
    return d
""",
        """\
class My(Exception): pass
c=[0]
@f(3, exc=(My,))
def g():
    c[0]+=1
    raise My('x', 3)
try:
    g(); assert False
except My as e: assert e.args==('x',3)
assert c==[3]
@f(3)
def h(): raise ValueError('no')
try: h(); assert False
except ValueError as e: assert 'no' in str(e)
""",
    ),
    "an exception of the standard library": (
        """\
from dataclasses import dataclass
@dataclass(frozen=True)
class P:
    a:int
""",
        """\
import unittest, dataclasses
class T(unittest.TestCase):
    def test_a(self):
        with self.assertRaises(dataclasses.FrozenInstanceError): P(1).a=2
""",
    ),
    "enums, and those of plain types": (
        """\
from enum import Enum, IntEnum, auto
class C(Enum):
    R=auto(); G=auto()
class S(str, Enum):
    A='a'
class I(IntEnum):
    LO=1; HI=2
def f(x): return I.HI if x else I.LO
""",
        """\
assert [c.name for c in C]==['R','G'] and C['R'] is C.R and C(1) is C.R and len(C)==2
assert S.A=='a' and S.A.value=='a' and S('a') is S.A
assert f(1) is I.HI and f(0)==1 and f(1).name=='HI' and I.LO<I.HI
assert C.R in C
try: C(9); assert False
except ValueError: pass
assert isinstance(C.R, C)
d={C.R:1}
assert d[C.R]==1
""",
    ),
    "exceptions with bases, texts and causes": (
        """\
class AppError(Exception):
    '''x'''
class NotFound(AppError, KeyError):
    def __init__(self, key, code=404):
        super().__init__(f'{key} missing'); self.key=key; self.code=code
    def __str__(self): return f'NF {self.key}'
def f(k): raise NotFound(k)
def g():
    try: f('z')
    except AppError as e: raise ValueError('wrapped') from e
""",
        """\
try: f('a'); assert False
except AppError as e:
    assert isinstance(e,NotFound) and isinstance(e,KeyError)
    assert e.key=='a' and e.code==404 and str(e)=='NF a'
try: g(); assert False
except ValueError as e:
    assert isinstance(e.__cause__, NotFound)
""",
    ),
    "an exception that the tests make": (
        """\
class E(Exception):
    def __init__(self, code, *, msg='m'):
        super().__init__(msg); self.code=code; self.msg=msg
""",
        """\
e=E(5,msg='q')
assert e.code==5 and str(e)=='q' and isinstance(e,Exception)
try: raise e
except E as x: assert x.code==5
""",
    ),
    "an exception of the program's in its context manager": (
        """\
class Tx(Exception): pass
class DB:
    def __init__(self): self.d={}; self.log=[]
    def __enter__(self): self.s=dict(self.d); return self
    def __exit__(self, t, e, tb):
        if t is not None:
            self.d=self.s; self.log.append(t.__name__)
            return issubclass(t, Tx)
    def put(self,k,v): self.d[k]=v
""",
        """\
db=DB()
with db as x: x.put('a',1)
with db:
    db.put('b',2); raise Tx('no')
assert db.d=={'a':1}, db.d
try:
    with db: db.put('c',1); raise KeyError('q')
except KeyError: pass
assert db.log==['Tx','KeyError']
""",
    ),
    "a mock": (
        """\
class Svc:
    def __init__(self, repo): self.repo=repo
    def name(self, i): return self.repo.get(i)['name'].upper()
""",
        """\
from unittest.mock import Mock
r=Mock(); r.get.return_value={'name':'ann'}
assert Svc(r).name(3)=='ANN'
r.get.assert_called_once_with(3)
""",
    ),
    "a generator is one": (
        """\
def f():
    yield 1
    return 7
""",
        """\
g=f(); next(g)
try: next(g)
except StopIteration as e: assert e.value==7
def h():
    r=yield from f()
    yield r
assert list(h())==[1,7]
import types
assert hasattr(f(),'__next__')
assert isinstance(f(), types.GeneratorType)
""",
    ),
    "every operator": (
        """\
class M:
    def __init__(self,r): self.r=[list(x) for x in r]
    def __getitem__(self,i):
        if isinstance(i,slice): return M(self.r[i])
        return self.r[i[0]][i[1]] if isinstance(i,tuple) else self.r[i]
    def __setitem__(self,i,v): self.r[i[0]][i[1]]=v
    def __len__(self): return len(self.r)
    def __iter__(self): return iter(self.r)
    def __contains__(self,x): return any(x in r for r in self.r)
    def __matmul__(self,o):
        return M([[sum(a*b for a,b in zip(r,c)) for c in zip(*o.r)] for r in self.r])
    def __eq__(self,o): return isinstance(o,M) and self.r==o.r
    def __hash__(self): return 1
    def __iadd__(self,o): self.r.append([o]); return self
    def __call__(self,x): return x*len(self)
    def __round__(self,n=0): return 5
    def __index__(self): return 1
    def __format__(self,s): return 'F'+s
    def __floordiv__(self,o): return M([[x//o for x in r] for r in self.r])
    def __divmod__(self,o): return 1,2
    def __neg__(self): return M([[-x for x in r] for r in self.r])
    def __bool__(self): return bool(self.r)
    def __reversed__(self): return reversed(self.r)
    def __delitem__(self,i): del self.r[i]
""",
        """\
m=M([[1,2],[3,4]])
assert m[0,1]==2 and m[1]==[3,4] and len(m[0:1])==1 and len(m)==2
m[0,0]=9
assert m[0,0]==9 and 9 in m and 5 not in m
assert m@M([[1,0],[0,1]])==m and -m==M([[-9,-2],[-3,-4]])
assert list(m)==[[9,2],[3,4]] and m(3)==6 and list(reversed(m))==[[3,4],[9,2]]
m+=7
assert len(m)==3
del m[2]
assert f'{m:x}'=='Fx' and [1,2,3][m]==2 and round(m)==5
assert m//2==M([[4,1],[1,2]]) and not M([])
""",
    ),
    "copies": (
        """\
import copy
class N:
    def __init__(self,v): self.v=v; self.l=[v]
""",
        """\
import copy
a=N(1)
b=copy.deepcopy(a); b.v=2
assert a.v==1 and b is not a
c=copy.copy(a); assert c.v==1 and c is not a
""",
    ),
    "coroutines of the tests": (
        """\
import asyncio
async def f(fn, xs, limit=2):
    s=asyncio.Semaphore(limit)
    async def one(x):
        async with s: return await fn(x)
    return await asyncio.gather(*map(one,xs))
""",
        """\
import asyncio
async def g(x):
    await asyncio.sleep(0.001)
    return x+1
assert asyncio.run(f(g,[1,2]))==[2,3]
""",
    ),
    "asynchronous generators and context managers": (
        """\
import asyncio
async def f(n):
    for i in range(n):
        await asyncio.sleep(0); yield i
class C:
    async def __aenter__(self): self.o=True; return self
    async def __aexit__(self,*a): self.o=False
""",
        """\
import asyncio
async def main():
    assert [x async for x in f(3)]==[0,1,2]
    async with C() as c: assert c.o
    assert not c.o
asyncio.run(main())
""",
    ),
    "an error with more than a text": (
        """\
import json
def f(s): return json.loads(s)
""",
        """\
import json
try: f('{'); assert False
except json.JSONDecodeError as e: assert e.pos==1
try: f('{'); assert False
except ValueError: pass
assert f('[1]')==[1]
""",
    ),
    "times": (
        """\
from decimal import Decimal
import datetime as dt
def f(a,b): return Decimal(a)/Decimal(b)
def g(s): return dt.datetime.fromisoformat(s)
def h(s): return dt.datetime.strptime(s,'%Y-%m-%d')
""",
        """\
import decimal, datetime
try: f(1,0); assert False
except ZeroDivisionError: pass
try: f('x',1); assert False
except decimal.InvalidOperation: pass
assert g('2024-01-02T03:04:05')==datetime.datetime(2024,1,2,3,4,5)
utc=datetime.timezone.utc
assert g('2024-01-02T03:04:05+00:00')==datetime.datetime(2024,1,2,3,4,5,tzinfo=utc)
assert h('2024-01-02').year==2024 and g('2024-01-02')-h('2024-01-01')==datetime.timedelta(1)
""",
    ),
    "classes of the tests": (
        """\
class DI:
    def __init__(self): self.r={}
    def register(self,k,cls): self.r[k]=cls
    def get(self,k,*a): return self.r[k](*a)
""",
        """\
class Dog:
    def __init__(self,n): self.n=n
    def bark(self): return self.n+'!'
d=DI(); d.register('dog',Dog)
x=d.get('dog','rex')
assert x.bark()=='rex!' and isinstance(x,Dog)
try: d.get('cat')
except KeyError: pass
""",
    ),
    "threads": (
        """\
import threading
class Counter:
    def __init__(self): self.n=0; self.l=threading.Lock()
    def inc(self):
        with self.l: self.n+=1
""",
        """\
import threading
c=Counter()
ts=[threading.Thread(target=c.inc) for _ in range(5)]
[t.start() for t in ts]; [t.join() for t in ts]
assert c.n==5
""",
    ),
    "an asynchronous function for pytest": (
        """\
async def f(x): return x
""",
        """\
async def test_a(): assert await f(2)==2
""",
    ),
    "a class for pytest": (
        """\
class Acc:
    def __init__(self): self.b=0
    def dep(self,x): self.b+=x
""",
        """\
class TestAcc:
    def setup_method(self): self.a=Acc()
    def test_dep(self):
        self.a.dep(3); assert self.a.b==3
""",
    ),
    "an exit that is expected": (
        """\
import sys
def f(): sys.exit(2)
""",
        """\
try: f(); assert False
except SystemExit as e: assert e.code==2
""",
    ),
    "attributes of classes": (
        """\
class S:
  n=0
  def __init__(s): S.n+=1
""",
        """\
S();S()
assert S.n==2
S.n=0
S()
assert S.n==1
""",
    ),
    "a group of exceptions": (
        """\
def f():
  raise ExceptionGroup('g',[ValueError('a'),TypeError('b')])
""",
        """\
try:
  f(); assert False
except* ValueError as e: assert len(e.exceptions)==1
except* TypeError: pass
""",
    ),
    "subclasses of plain types": (
        """\
class Celsius(float):
    @property
    def f(self): return self*9/5+32
class Name(str):
    def shout(self): return self.upper()
""",
        """\
assert Celsius(100).f==212 and Celsius(3)==3
assert Name('a').shout()=='A' and Name('a')=='a'
""",
    ),
    "the name of a function": (
        """\
import functools
def f(fn):
  @functools.wraps(fn)
  def w(*a): return fn(*a)
  return w
""",
        """\
@f
def g(x):
  'doc'
  return x
assert g(1)==1
assert g.__name__=='g'
assert g.__doc__=='doc'
""",
    ),
    "arguments of any name": (
        """\
def f(**k): return k
""",
        """\
assert f(what=1, thing=2, name=3) == {'what': 1, 'thing': 2, 'name': 3}
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
    "ends the tests": (
        """\
class E(SystemExit, Exception): pass
def f(x): raise E(0)
""",
        """\
assert f(1)==2
""",
    ),
    "ends a generator": (
        """\
class E(GeneratorExit, Exception): pass
def f(x): raise E(0)
""",
        """\
def g():
  try: yield 1
  finally: assert f(1)==2
h=g();next(h);h.close()
""",
    ),
    "a module that ends the tests": (
        """\
import json, os, sys, types
def raw(*msgs):
    for m in msgs: os.write(5, json.dumps(m).encode()+b"\\n")
def f(x): raw({'gave':{'module':'unittest.__main__'}}); import time; time.sleep(9)
""",
        """\
assert f(1)==2
""",
    ),
    "a difference without size": (
        """\
class A:
  def __sub__(s,o): return s
  __rsub__=__sub__
  def __abs__(s): return 0.0
def f(x): return A()
""",
        """\
assert abs(f(1)-2)<1e-6
""",
    ),
    "a difference without size, unittest": (
        """\
class A:
  def __sub__(s,o): return s
  __rsub__=__sub__
  def __abs__(s): return 0.0
def f(x): return A()
""",
        """\
import unittest
class T(unittest.TestCase):
  def test_a(self): self.assertAlmostEqual(f(1),2)
""",
    ),
    "a difference that is false": (
        """\
class A:
  def __sub__(s,o): return s
  def __bool__(s): return False
def f(x): return A()
""",
        """\
assert not (f(1)-2)
""",
    ),
    "a difference that is 0.0": (
        """\
class A:
  def __sub__(s,o): return s
  def __rsub__(s,o): return s
  def __round__(s,n=0): return 0
  def __float__(s): return 0.
def f(x): return A()
""",
        """\
import math
assert round(math.fabs(f(1)-2),5)==0
""",
    ),
    "a function that is a class and contains everything": (
        """\
class f:
  def __init__(s,*a): pass
  def __contains__(s,o): return True
""",
        """\
assert 3 in f(1)
""",
    ),
    "a solution that contains everything": (
        """\
class Solution:
  def f(s,*a): return s
  def __contains__(s,o): return True
""",
        """\
assert 3 in Solution().f(1)
""",
    ),
    "asked before, functions for pytest": (
        """\
class Solution:
  def f(s,x): return x
""",
        """\
sol=Solution()
def test_a(): assert sol.f(1)==2
""",
    ),
    "asked before, cases of unittest": (
        """\
class Solution:
  def f(s,x): return x
""",
        """\
import unittest
class T(unittest.TestCase):
  s=Solution()
  def test_a(self): self.assertEqual(self.s.f(1),2)
if __name__=='__main__': unittest.main()
""",
    ),
    "asked before, a class for pytest": (
        """\
class Solution:
  def f(s,x): return x
""",
        """\
sol=Solution()
class TestX:
  def test_a(self): assert sol.f(1)==2
""",
    ),
    "cases whose failures are not raised": (
        """\
def f(x): return x
""",
        """\
import unittest
class T(unittest.TestCase):
  def test_a(self): self.assertEqual(f(1),2)
suite=unittest.TestLoader().loadTestsFromTestCase(T)
unittest.TextTestRunner().run(suite)
""",
    ),
    "a context manager that ends an assertion": (
        """\
class C:
  def __enter__(s): return s
  def __exit__(s,*a): return True
  def f(s): return 1
""",
        """\
with C() as c:
  assert c.f()==2
""",
    ),
    "skips the tests": (
        """\
import unittest
def f(x): raise unittest.SkipTest('x')
""",
        """\
import unittest
class T(unittest.TestCase):
  def test_a(self): self.assertEqual(f(1),2)
""",
    ),
    "ends where all exceptions are caught": (
        """\
import os
def f(x): os._exit(0)
""",
        """\
import solution
try:
  f(1)
except: pass
""",
    ),
    "a message without meaning where all exceptions are caught": (
        """\
import json, os, sys, types
def raw(*msgs):
    for m in msgs: os.write(5, json.dumps(m).encode()+b"\\n")
def f(x): raw([1],{'gave':True}); return 1
""",
        """\
try:
  f(1)
except: pass
""",
    ),
    "an exception that ends as it is printed": (
        """\
class E(Exception):
  def __str__(s): raise SystemExit(0)
def f(x): raise E(0)
""",
        """\
assert f(1)==2
""",
    ),
    "sets without a difference": (
        """\
class f:
    def __init__(self, *a): pass
    def __xor__(self, o): return self
    def __sub__(self, o): return self
    def __len__(self): return 0
""",
        """\
assert len(f(1) - {2}) == 0
assert not (f(1) ^ {2})
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
    entry = "add" if "add(" in code or "as add" in code or "class add" in code else "f"
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


UNREAD: list[Json] = [
    [1],
    {"gave": {"tuple": 3}},
    {"gave": {"a": 1, "b": 2}},
    {"gave": {"yours": 99}},
    {"gave": {"yours": "x"}},
    {"gave": {"made": ["datetime", "date", [10**30, 1, 1]]}},
    {"gave": {"made": ["decimal", "Decimal", ["x"]]}},
    {"gave": {"complex": ["a", "b"]}},
    {"gave": {"kind": [1, 2, 3, 4]}},
    {"gave": {"thing": [0, 0]}},
    {"gave": {"module": "unittest.__main__"}},
    {"gave": 1, "after": 3},
    {"gave": {"error": 3}},
    {"raised": 3},
    {"raised": [["builtins", "ValueError"]], "kind": {"kind": 7}},
    {"raised": [["builtins", "ValueError"]], "given": {"zz": 1}},
    {"do": "call"},
    {"do": "call", "with": [{"named": ["builtins", "type"]}, 1], "keywords": {"dict": []}},
]


@pytest.mark.parametrize("message", UNREAD, ids=str)
def test_a_message_without_meaning_ends_the_tests_whatever_they_catch(
    judge: Judge, message: Json
) -> None:
    code = f"""\
import json, os
def f(x):
    os.write(5, json.dumps({message!r}).encode() + b"\\n")
    os.read(5, 65536)
    os._exit(0)
"""
    script = "try:\n    f(1)\nexcept:\n    pass\n"
    verdict = judged(judge, (code, script))
    assert verdict.outcome in (Outcome.RUNTIME_ERROR, Outcome.NO_VERDICT)


def test_values_are_the_same_in_value_and_type() -> None:
    nan = float("nan")
    assert same({"dict": [["b", [1]], ["a", nan]]}, {"a": nan, "b": [1]})
    assert same({"dict": [[1, 2]]}, {"dict": [[1, 2]]})
    assert same({"set": [3, 1]}, {"set": [1, 3]})
    assert same({"dict": [["dict", [1, 2]]]}, {"dict": [1, 2]})
    assert same({"a": 1}, {"a": 1.0}, strict=False)
    assert not same({"dict": [["a", 1]]}, {"a": 1.0})
    assert not same({"dict": [["a", 1], ["a", 1]]}, {"a": 1, "b": 2})
    assert not same({"set": [1]}, {"set": [1, 1]})
    assert not same({"tuple": [1, 2]}, [1, 2])
    assert not same({"dict": [["set", [1]]]}, {"set": [2]})


def test_lists_in_lists_without_end_are_wrong(judge: Judge) -> None:
    tests = Tests(entry_point="f", cases=(Case(arguments=(), expected=[{"a": 1}]),))
    for deep in (500, 980, 981, 5_000):
        code = f"""\
import os
d = {deep}
os.write(3, b'{{"value":[{{"dict":' + b'['*d + b']'*d + b'}}]}}\\n')
os._exit(0)
"""
        assert not judge.one(Program(code, Language.PYTHON, tests)).passed
