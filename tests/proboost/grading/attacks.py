"""Programs that want points without doing the exercise, or to see what they must not. `total(xs)` is what they should write.

FORGERIES must not get a point. LEAKS return what they found as the result of the visible test. ESCAPES do the same with
"ESCAPED" when they managed something, and with "held" when they did not, so that a test can tell them from programs that
never ran.
"""

# ruff: noqa: E501 -- the programs stand here as they are

from __future__ import annotations

from textwrap import dedent

ALWAYS = """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __hash__(self): return 0
    def __lt__(self, other): return True
    def __instancecheck__(self, other): return True
    def __add__(self, other): return self
    __radd__ = __sub__ = __rsub__ = __le__ = __gt__ = __ge__ = __contains__ = __lt__
"""

_FORGERIES = {
    "always equal": ALWAYS + "def total(xs): return Always()",
    "always equal integer": "class I(int):\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n    __hash__ = int.__hash__\ndef total(xs): return I(5)",
    "always equal list": "class L(list):\n    def __eq__(s, o): return True\ndef total(xs): return L()",
    "always equal array": "import numpy as np\nclass A(np.ndarray):\n    def __eq__(s, o): return True\ndef total(xs): return np.zeros(1).view(A)",
    "always equal name": ALWAYS + "total = Always()\nAlways.__call__ = lambda s, *a: s",
    "a class in place of the function": ALWAYS + "class total(Always):\n    def __init__(self, xs): pass",
    "equal through a mixin of str": "class S(str):\n    def __eq__(s, o): return True\n    __hash__ = str.__hash__\ndef total(xs): return S('x')",
    "patched assertion error": "import builtins\nbuiltins.AssertionError = type('Fine', (), {})\ndef total(xs): return 0",
    "patched builtins": "import builtins\nfor name in ('sum', 'len', 'eval', 'exec', 'compile', 'isinstance', 'repr', 'print'):\n    setattr(builtins, name, lambda *a, **k: True)\ndef total(xs): return 0",
    "patched import": "import builtins\nbuiltins.__import__ = lambda *a, **k: None\ndef total(xs): return 0",
    "patched equality of int": "import ctypes\ndef total(xs):\n    try:\n        import gc\n        gc.get_referents(int.__dict__)[0]['__eq__'] = lambda a, b: True\n    except Exception: pass\n    return 0",
    "poisoned modules": "import sys, types\nfor name in list(sys.modules):\n    if name.startswith(('proboost', 'json', 'ast', 'struct')): sys.modules[name] = types.ModuleType(name)\ndef total(xs): return 0",
    "emptied modules": "import sys\nsys.modules.clear()\ndef total(xs): return 0",
    "patched tester": "import proboost.grading.sandbox.tester as t\nt.judge = lambda *a: {'passed': True, 'used': []}\nt._apart = lambda *a: {'passed': True, 'used': []}\ndef total(xs): return 0",
    "patched cases": "import proboost.grading.sandbox.cases as c\nc.Cases.check = lambda *a: True\ndef total(xs): return 0",
    "patched codec": "import proboost.grading.sandbox.codec as c\nc.encode = lambda *a: {'t': 'arg', 'v': 0}\ndef total(xs): return 0",
    "claims to return its argument": "import proboost.grading.sandbox.answering as a\na.Snapshot._result = lambda s, r, args: {'t': 'arg', 'v': 1}\ndef total(xs): return 0",
    "claims to return its own function": "import proboost.grading.sandbox.answering as a\na.Snapshot._result = lambda s, r, args: {'t': 'arg', 'v': 0}\ndef total(xs): return 0",
    "claims to have changed the function": "import proboost.grading.sandbox.answering as a\na.Snapshot._changed = lambda s, q, args, k: [[0, 5], ['x', 1], [99, None]]\ndef total(xs): return 0",
    "a message that is no data": "import proboost.grading.sandbox.answering as a\na.Snapshot._result = lambda s, r, args: {'t': 'evil', 'v': [1]}\ndef total(xs): return 0",
    "a message that says passed": "import proboost.grading.sandbox.answering as a\na.Snapshot._do = lambda s, q: {'value': None, 'passed': True, 'ok': True}\ndef total(xs): return 0",
    "a cheat's exception": "def total(xs): raise AssertionError('passed')",
    "stops the tests": "def total(xs): raise StopIteration",
    "leaves early": "import os\nos._exit(0)",
    "leaves early, politely": "raise SystemExit(0)",
    "leaves during the test": "import os\ndef total(xs): os._exit(0)",
    "leaves by exception": "def total(xs): raise SystemExit(0)",
    "interrupts": "def total(xs): raise KeyboardInterrupt",
    "an exit handler": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef total(xs): return 0",
    "writes results to every descriptor": """
        import os, json, struct
        def shout():
            body = json.dumps({'passed': True, 'ran': True, 'used': [], 'value': True, 'out': ''}).encode()
            for fd in range(0, 64):
                for text in (body, struct.pack('!I', len(body)) + body, body + b'\\n'):
                    try: os.write(fd, text)
                    except OSError: pass
        shout()
        def total(xs):
            shout()
            return 0
    """,
    "answers in the tester's place": """
        import os, socket, json, struct
        def total(xs):
            body = json.dumps({'passed': True, 'used': []}).encode()
            for fd in range(3, 64):
                try: os.write(fd, struct.pack('!I', len(body)) + body)
                except OSError: pass
            return 0
    """,
    "prints results": "print('{\"state\": \"passed\", \"score\": 1.0}')\ndef total(xs):\n    print('PASSED OK 1.0')\n    return 0",
    "kills everybody": "import os, signal\ndef total(xs):\n    for pid in range(1, 400):\n        if pid != os.getpid():\n            try: os.kill(pid, signal.SIGKILL)\n            except OSError: pass\n    return 0",
    "signals everybody": "import os, signal\ntry: os.kill(-1, signal.SIGTERM)\nexcept OSError: pass\ndef total(xs): return 0",
    "handles the alarm": "import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\ndef total(xs):\n    while True: pass",
    "an infinite answer": "class R:\n    pass\ndef total(xs):\n    def g():\n        while True: yield 1\n    return g()",
    "a deep answer": "def total(xs):\n    x = []\n    for _ in range(100_000): x = [x]\n    return x",
    "an answer that contains itself": "def total(xs):\n    x = []\n    x.append(x)\n    return x",
    "not a number": "def total(xs): return float('nan')",
    "a lazy range for the tester": "def total(xs): return range(10**18)",
    "a giant number": "def total(xs): return 1 << 8_000_000",
    "a trap in repr": "class R:\n    def __repr__(self): raise SystemExit\n    __str__ = __repr__\ndef total(xs): return R()",
    "a bomb in pickle": "import os\nclass P:\n    def __reduce__(self): return os._exit, (0,)\ndef total(xs): return P()",
    "a property as the function": ALWAYS + "import types, sys\nclass M(types.ModuleType):\n    total = property(lambda s: Always())\nsys.modules['__main__'].__class__ = M",
    "a trace that changes results": "import sys\ndef tracer(frame, event, arg):\n    frame.f_locals['passed'] = True\n    return tracer\nsys.settrace(tracer)\ndef total(xs): return 0",
    "an audit hook": "import sys\nseen = []\nsys.addaudithook(lambda e, a: seen.append((e, a)))\ndef total(xs): return 0",
    "a finaliser": "import weakref, gc, os\nclass F:\n    def __del__(self): os._exit(0)\ndef total(xs):\n    F()\n    return 0",
    "another thread answers": "import threading, os\ndef flood():\n    while True:\n        for fd in range(3, 20):\n            try: os.write(fd, b'\\x00\\x00\\x00\\x04true')\n            except OSError: pass\nthreading.Thread(target=flood, daemon=True).start()\ndef total(xs): return 0",
    "defines the names of the tests": "prices = []\nx = 0\n__case__ = lambda *a: True\ndef total(xs): return 0",
    "frees memory it does not own": "import ctypes\ndef total(xs): ctypes.string_at(1)",
}  # fmt: skip

_LEAKS = {
    "frames": "import sys\ndef total(xs):\n    f, out = sys._getframe(), []\n    while f:\n        out.append(repr(f.f_locals)[:2000]); f = f.f_back\n    return ''.join(out)[-8000:]",
    "garbage": "import gc\ndef total(xs):\n    return ' '.join(o for o in gc.get_objects() if isinstance(o, str) and 'assert' in o)[:8000]",
    "strings in memory": "import re\ndef total(xs):\n    out = []\n    for line in open('/proc/self/maps'):\n        if 'rw' in line:\n            a, b = (int(x, 16) for x in line.split()[0].split('-'))\n            try:\n                with open('/proc/self/mem', 'rb') as f:\n                    f.seek(a); m = re.findall(rb'assert total[^\\x00]{0,80}', f.read(min(b - a, 1 << 26)))\n                    out += m\n            except OSError: pass\n    return [m.decode('latin-1') for m in out[:50]]",
    "modules": "import sys\ndef total(xs):\n    return repr({n: list(vars(m)) for n, m in sys.modules.items() if n.startswith(('proboost', '__main__'))})[:20000]",
    "environment": "import os\ndef total(xs): return repr(dict(os.environ))",
    "command lines": "import glob\ndef total(xs):\n    out = []\n    for p in glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/environ'):\n        try: out.append(open(p).read())\n        except OSError: pass\n    return ''.join(out)",
    "files": "import os\ndef total(xs):\n    out = []\n    for top in ('/tmp', '/home', '/dev/shm', '/run', '/var', '/root', '/work', '/opt', '/srv', '/mnt'):\n        for d, _, fs in os.walk(top):\n            if 'site-packages' in d or '/lib/python' in d: continue\n            for f in fs:\n                try: t = open(os.path.join(d, f), errors='replace').read(200000)\n                except OSError: continue\n                if 'assert total' in t: out.append(t)\n    return ''.join(out)[:8000]",
    "descriptors": "import os\ndef total(xs):\n    out = []\n    for fd in range(64):\n        try: out.append(os.readlink(f'/proc/self/fd/{fd}'))\n        except OSError: pass\n        if fd > 2:\n            try:\n                os.set_blocking(fd, False); out.append(repr(os.read(fd, 65536)))\n            except OSError: pass\n    return ' '.join(out)",
    "hidden inputs, kept for later": "import os\nlog = '/tmp/seen'\ndef total(xs):\n    with open(log, 'a') as f: f.write(repr(xs))\n    return open(log).read()",
    "hidden inputs, through a thread": "import threading\nseen = []\ndef total(xs):\n    seen.append(xs)\n    return repr(seen)",
    "source of the caller": "import sys, linecache\ndef total(xs):\n    f, out = sys._getframe(1), []\n    while f:\n        out += linecache.getlines(f.f_code.co_filename) ; f = f.f_back\n    return ''.join(l for l in out if 'assert total' in l)",
    "the exception's text": "def total(xs): raise ValueError(repr(globals()) + repr(xs))",
    "the compared value": "class R:\n    def __eq__(self, other): open('/tmp/other', 'a').write(repr(other)); return False\ndef total(xs): return R()",
}  # fmt: skip

_ESCAPES = {
    "reads accounts": "open('/etc/passwd').read()",
    "reads the shadow": "open('/etc/shadow').read()",
    "sees root's home": "os.listdir('/root/.ssh')",
    "sees the checkout": "os.listdir({root!r} + '/notebooks')",
    "sees the tests": "os.listdir({root!r} + '/tests')",
    "sees the platform": "os.listdir({root!r} + '/proboost/courses')",
    "reads another process": "open('/proc/1/environ').read() or fail()",
    "sees many processes": "fail() if len([p for p in os.listdir('/proc') if p.isdigit()]) < 8 else 0",
    "sees the worker": "os.kill({worker}, 0)",
    "writes Python's library": "open(os.__file__, 'a').write('')",
    "writes the root": "open('/x', 'w')",
    "writes /dev": "open('/dev/x', 'w')",
    "connects by TCP": "socket.create_connection(('127.0.0.1', 22), 1)",
    "makes a socket": "socket.socket()",
    "makes a UDP socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "makes a unix socket": "socket.socket(socket.AF_UNIX)",
    "makes a vsock": "socket.socket(40, socket.SOCK_STREAM)",
    "makes a netlink socket": "socket.socket(16, socket.SOCK_RAW)",
    "resolves a name": "socket.getaddrinfo('example.com', 80)",
    "new user namespace": "call(libc.unshare, 0x10000000)",
    "new namespaces by clone": "call(libc.syscall, 56, 0x10000000 | 17, 0, 0, 0, 0)",
    "mounts": "call(libc.mount, b'x', b'/tmp', b'tmpfs', 0, None)",
    "unmounts": "call(libc.umount2, b'/tmp', 2)",
    "changes root": "os.chroot('/tmp')",
    "becomes root": "os.setuid(0)",
    "traces": "call(libc.ptrace, 16, os.getppid(), 0, 0)",
    "reads another's memory": "call(libc.syscall, 310, os.getppid(), 0, 0, 0, 0, 0)",
    "loads a BPF program": "call(libc.syscall, 321, 0, 0, 0)",
    "io_uring": "call(libc.syscall, 425, 8, 0)",
    "userfaultfd": "call(libc.syscall, 323, 0)",
    "unmapped memory": "os.memfd_create('x')",
    "System V memory": "call(libc.shmget, 0, 4096, 0o1600)",
    "keyring": "call(libc.syscall, 250, 0, -3, 0)",
    "raises a limit": "resource.setrlimit(resource.RLIMIT_NPROC, (10_000, 10_000))",
    "raises the memory limit": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "writes a large file": "write_much('/tmp/big', 200)",
    "fills the disk": "[write_much(f'/tmp/big{n}', 30) for n in range(40)]",
    "fills the disk with files": "[open(f'/tmp/f{n}', 'w').close() for n in range(20_000)]",
    "fills shared memory": "[write_much(f'/dev/shm/big{n}', 30) for n in range(40)]",
    "more memory in many processes": "many_processes(hold=60)",
    "a fork bomb": "many_processes(hold=0)",
    "a bomb of threads": "[threading.Thread(target=time.sleep, args=(2,), daemon=True).start() for _ in range(2000)]",
    "opens many files": "[open('/dev/null') for _ in range(5000)]",
    "kills its guard": "os.kill(1, 9) or still_alive()",
    "stops its guard": "os.kill(1, 19) or fail()",
    "runs a program of another user": "os.stat('/usr/bin/su') and subprocess.run(['/usr/bin/su', '-c', 'id'], check=True, stdin=-3)",
    "writes to the terminal": "__import__('fcntl').ioctl(0, 0x5412, b'x')",
    "sets the time": "time.clock_settime(time.CLOCK_REALTIME, 0)",
    "sets the host's name": "socket.sethostname('x')",
    "lowers its niceness": "os.nice(-5)",
}  # fmt: skip

_ESCAPE = '''
import ctypes, os, resource, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *args):
    if function(*args) < 0: raise OSError(ctypes.get_errno())
def fail(): raise OSError
def still_alive():
    time.sleep(0.05)
    raise OSError
def write_much(path, mb):
    with open(path, 'wb') as f:
        for _ in range(mb): f.write(bytes(1 << 20))
def many_processes(hold):
    """As many as there can be, each holding `hold` MB for a second."""
    kept = []
    for n in range(400):
        pid = os.fork()
        if pid == 0:
            block = bytearray(hold << 20)
            time.sleep(3)
            os._exit(0)
        kept.append(pid)
    time.sleep(1.5)
def total(xs):
    try:
        ACT
    except BaseException:
        return 'held'
    return 'ESCAPED'
'''

FORGERIES = {name: dedent(code) for name, code in _FORGERIES.items()}
LEAKS = {name: dedent(code) for name, code in _LEAKS.items()}
ESCAPES = {name: _ESCAPE.replace("ACT", code) for name, code in _ESCAPES.items()}
