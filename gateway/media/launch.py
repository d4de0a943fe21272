"""`python launch.py BYTES PROGRAM...`: become a program that has little memory, writes no file and ends with us.

exiftool, told to stay open, would wait for ever once nobody is left to ask it. Linux tells a child of the death of the
thread that started it, so start it from a thread that lives as long as the answers are wanted.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    memory, *program = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(program[0], program)  # noqa: S606 - a path of ours; no shell is wanted


if __name__ == "__main__":
    main()
