"""`python -m proboost_kernel -f FILE`: ipykernel, but with no port that others on this machine could connect to."""

import sys
from pathlib import Path

if __name__ == "__main__":
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]  # as ipykernel_launcher does: what lies in the folder of a notebook does not replace a library

    import os
    import tempfile
    from typing import Any

    import zmq
    from ipykernel import iostream, kernelapp
    from zmq.eventloop.zmqstream import ZMQStream

    class PrivateThread(iostream.IOPubThread):
        """ipykernel lets forked children send what they print to a TCP port on loopback; here it is a unix socket."""

        def _setup_pipe_in(self: Any) -> None:
            folder = os.environ.get("JUPYTER_RUNTIME_DIR") or tempfile.mkdtemp(prefix="kernel-")
            self._pipe_address = f"ipc://{folder}/printed-{os.getpid()}"
            self._pipe_uuid = os.urandom(16)
            incoming = self.socket.context.socket(zmq.PULL)
            incoming.linger = 0
            incoming.bind(self._pipe_address)
            self._pipe_in = ZMQStream(incoming, self.io_loop)
            self._pipe_in.on_recv(self._handle_pipe_msg)

        def _setup_pipe_out(self: Any) -> tuple[Any, Any]:
            context = zmq.Context()  # a new one: we are in a fork
            outgoing = context.socket(zmq.PUSH)
            outgoing.linger = 3000
            outgoing.connect(self._pipe_address)
            return context, outgoing

    kernelapp.IOPubThread = PrivateThread  # type: ignore[attr-defined]
    kernelapp.launch_new_instance()
