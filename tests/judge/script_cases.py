"""Programs of Python beside test scripts of their own: right ones, wrong ones, ones that forge."""

HONEST = {
    "input that the tests patch": (
        """\
def solve():
    n = int(input())
    print(n * 2)
""",
        """\
import io
from unittest.mock import patch
from contextlib import redirect_stdout
buf = io.StringIO()
with patch('builtins.input', side_effect=['4']), redirect_stdout(buf):
    solve()
assert buf.getvalue().strip() == '8'
""",
    ),
    "standard input that the tests put there": (
        """\
import sys
def f(): return sum(int(x) for x in sys.stdin.read().split())
""",
        """\
import sys, io
sys.stdin = io.StringIO('1 2 3')
assert f() == 6
""",
    ),
    "doctest": (
        """\
def f(x):
    '''Double.

    >>> f(2)
    4
    '''
    return x * 2
""",
        """\
import doctest, solution
assert doctest.testmod(solution).failed == 0
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
    "an asynchronous function for pytest": (
        """\
async def f(x): return x
""",
        """\
async def test_a(): assert await f(2)==2
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
    "ends the tests": (
        """\
class E(SystemExit, Exception): pass
def f(x): raise E(0)
""",
        """\
assert f(1)==2
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
}
"""Programs that are wrong, whatever the script."""

CALLED = {
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
}
"""Programs that would agree with everything: their scripts are calls, compared outside."""

FORGING = {
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
"""Programs that agree with their script: it shares their process, and the verdict says so."""
