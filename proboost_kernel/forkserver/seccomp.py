"""Seccomp: which system calls a confined process may make. A classic BPF program, assembled by hand (seccomp(2)).

A deny list: Python's libraries use too much of Linux for an allow list that lasts; what is denied is what sandboxes
were escaped through (namespaces, mounts, tracing, keyrings, bpf, io_uring, …). A grading sandbox has no socket but a
socket pair; a learner's server (`SERVER`) has the ordinary kinds of sockets and of shared memory.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Collection

from .linux import PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, checked, libc, prctl

_X86_64 = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "pidfd_getfd": 438, "mount": 165,
    "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "fsopen": 430, "fsconfig": 431,
    "fsmount": 432, "fspick": 433, "open_tree": 428, "move_mount": 429, "mount_setattr": 442, "bpf": 321,
    "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "keyctl": 250, "add_key": 248, "request_key": 249, "kexec_load": 246, "kexec_file_load": 320, "init_module": 175,
    "finit_module": 313, "delete_module": 176, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170,
    "setdomainname": 171, "iopl": 172, "ioperm": 173, "quotactl": 179, "acct": 163, "settimeofday": 164,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "fanotify_init": 300, "syslog": 103, "personality": 135,
    "modify_ldt": 154, "mknod": 133, "mknodat": 259, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240,
    "memfd_create": 319, "memfd_secret": 447, "vmsplice": 278, "move_pages": 279, "mbind": 237, "set_mempolicy": 238,
    "migrate_pages": 256, "socket": 41,
}  # fmt: skip
_AARCH64 = {
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "pidfd_getfd": 438, "mount": 40,
    "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268, "fsopen": 430, "fsconfig": 431,
    "fsmount": 432, "fspick": 433, "open_tree": 428, "move_mount": 429, "mount_setattr": 442, "bpf": 280,
    "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "keyctl": 219, "add_key": 217, "request_key": 218, "kexec_load": 104, "kexec_file_load": 294, "init_module": 105,
    "finit_module": 273, "delete_module": 106, "swapon": 224, "swapoff": 225, "reboot": 142, "sethostname": 161,
    "setdomainname": 162, "quotactl": 60, "acct": 89, "settimeofday": 170, "name_to_handle_at": 264,
    "open_by_handle_at": 265, "fanotify_init": 262, "syslog": 116, "personality": 92, "mknodat": 33, "shmget": 194,
    "msgget": 186, "semget": 190, "mq_open": 180, "memfd_create": 279, "memfd_secret": 447, "vmsplice": 75,
    "move_pages": 239, "mbind": 235, "set_mempolicy": 237, "migrate_pages": 238, "socket": 198,
}  # fmt: skip
# (audit architecture, numbers, clone, ioctl, whether x32 calls exist)
_MACHINES = {"x86_64": (0xC000003E, _X86_64, 56, 16, True), "aarch64": (0xC00000B7, _AARCH64, 220, 29, False)}
_CLONE3 = 435
_CLONE_NAMESPACES = 0x7E020000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# What Jupyter and the libraries of its kernels need: given back to a learner's server.
SERVER = frozenset({"socket", "memfd_create", "mbind", "set_mempolicy", "move_pages", "migrate_pages", "vmsplice",
                    "mq_open", "mknod", "mknodat", "semget", "personality"})  # fmt: skip
_FAMILIES = (
    1,
    2,
    10,
    16,
)  # of sockets, where they are allowed: unix, IPv4, IPv6, netlink (network interfaces)

_LOAD, _IF_EQUAL, _IF_ANY_BIT, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_AT_NUMBER, _AT_MACHINE, _AT_FIRST, _AT_SECOND = 0, 4, 16, 24


def program(allowed: Collection[str] = ()) -> bytes:
    """The BPF program for this machine, without the calls named in `allowed`; of sockets, only local and IP ones ever.

    KeyError names a machine we know no numbers for.
    """
    machine, numbers, clone, ioctl, x32 = _MACHINES[platform.machine()]
    code: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _AT_MACHINE), (_IF_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _AT_NUMBER),
    ]  # fmt: skip
    if x32:
        code += [(_IF_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    for number in sorted(number for name, number in numbers.items() if name not in allowed):
        code += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    # Its flags lie in memory a filter cannot read; told ENOSYS, glibc falls back to clone.
    code += [(_IF_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    if "socket" in allowed:
        families = [(_IF_EQUAL, len(_FAMILIES) - at, 0, family) for at, family in enumerate(_FAMILIES)]
        code += [(_IF_EQUAL, 0, len(families) + 3, numbers["socket"]), (_LOAD, 0, 0, _AT_FIRST), *families,
                 (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]  # fmt: skip
    code += [
        (_IF_EQUAL, 0, 4, clone), (_LOAD, 0, 0, _AT_FIRST), (_IF_ANY_BIT, 0, 1, _CLONE_NAMESPACES),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW),
        (_IF_EQUAL, 0, 5, ioctl), (_LOAD, 0, 0, _AT_SECOND), (_IF_EQUAL, 1, 0, _TIOCSTI), (_IF_EQUAL, 0, 1, _TIOCLINUX),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip
    return b"".join(struct.pack("HBBI", *step) for step in code)


def install(allowed: Collection[str] = ()) -> None:
    """From now on this process and its children live under the filter; `allowed` names calls that stay possible."""
    steps = program(allowed)
    buffer = ctypes.create_string_buffer(steps, len(steps))
    header = struct.pack("HxxxxxxP", len(steps) // 8, ctypes.addressof(buffer))
    program_ = ctypes.create_string_buffer(header, len(header))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    mode_filter = ctypes.c_ulong(2)
    where = ctypes.c_ulong(ctypes.addressof(program_))
    checked(libc.prctl(PR_SET_SECCOMP, mode_filter, where, 0, 0), "seccomp")
