"""What a pickle's names mean to us. A pickle can call whatever it names: a list of these is a warning."""

from __future__ import annotations

from workbench.models.contract import FoundType, Verdict
from workbench.models.trusted import TRUSTED

_PLUMBING = frozenset(
    {
        "builtins.bytearray", "builtins.complex", "builtins.dict", "builtins.frozenset",
        "builtins.list", "builtins.object", "builtins.range", "builtins.set", "builtins.slice",
        "builtins.tuple", "builtins.float", "builtins.int", "builtins.str", "builtins.bool",
        "builtins.bytes", "_codecs.encode", "collections.OrderedDict", "copyreg._reconstructor",
        "joblib.numpy_pickle.NumpyArrayWrapper", "numpy.dtype", "numpy.ndarray",
        "numpy._core.multiarray._reconstruct", "numpy._core.multiarray.scalar",
        "numpy._core.numeric._frombuffer", "numpy.core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar", "numpy.core.numeric._frombuffer",
        "numpy.random._pickle.__bit_generator_ctor", "numpy.random._pickle.__randomstate_ctor",
        "numpy.random._mt19937.MT19937", "numpy.random._pcg64.PCG64",
        "sklearn._loss._loss.__pyx_unpickle_CyLossFunction",
    }
)  # fmt: skip
"""What every pickle of arrays and plain values is made of."""
_KNOWN = _PLUMBING | frozenset().union(*TRUSTED.values())

_DANGEROUS_MODULES = """
_io _pickle _posixsubprocess _thread _winapi asyncio atexit bdb builtins cProfile code codeop commands
concurrent ctypes dill distutils ensurepip faulthandler fileinput ftplib gc glob http imaplib imp
importlib inspect io joblib linecache logging mailcap marshal mmap multiprocessing nt nturl2path operator
os pathlib pdb pickle pip pkgutil platform poplib posix posixpath profile pty pydoc requests resource
runpy shelve shutil signal site smtplib socket socketserver sqlite3 ssl subprocess sys sysconfig tempfile
threading timeit torch trace turtle types urllib urllib3 venv webbrowser winreg xmlrpc zipfile zipimport
__builtin__ __main__ cloudpickle
"""
_DANGEROUS_FUNCTIONS = """
numpy.load numpy.loads numpy.fromfile numpy.save numpy.savez numpy.savetxt numpy.genfromtxt numpy.loadtxt
numpy.memmap numpy.testing._private.utils.runstring pandas.read_pickle pandas.eval
pandas.core.computation.eval.eval sklearn.utils._testing._convert_container functools.partial
functools.reduce
"""
_MODULES = frozenset(_DANGEROUS_MODULES.split())
_FUNCTIONS = frozenset(_DANGEROUS_FUNCTIONS.split())


def judged(name: str) -> FoundType:
    """Return what we think of `module.name`."""
    return FoundType(name=name, verdict=_verdict(name))


def _verdict(name: str) -> Verdict:
    if name in _KNOWN and name not in _FUNCTIONS:
        return "trusted"
    if name in _FUNCTIONS or name.partition(".")[0] in _MODULES or not name.partition(".")[2]:
        return "dangerous"
    return "unknown"
