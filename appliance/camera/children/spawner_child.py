"""Has loaded what children need, and forks one at each request: what they share is in memory once.

python -m appliance.camera.children.spawner_child SOCKET_FD MODELS_FOLDER

It reads nothing that a stranger sent, so it cannot be taken over by a camera; the children give up
all files but their own before they open theirs. A request is a byte with a child's socket; the
answer is the child's process id, and whether it has the object detector.
"""

import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path

import av
import cv2
import numpy as np

from appliance.camera.children import child
from appliance.camera.children.opening import open_detector
from appliance.camera.children.protocol import FORKED
from appliance.service import allocator
from appliance.service.child import die_with_parent


def main(arguments: list[str]) -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the room decides when to end
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that end leave nothing behind
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o027)
    allocator.return_memory_early()
    av.logging.set_level(av.logging.PANIC)  # it would write addresses with their passwords
    cv2.setNumThreads(1)
    detector = open_detector(Path(arguments[1]))
    if detector is not None:
        detector.find(np.zeros((64, 64, 3), np.uint8))  # what the first use allocates is shared too
    gc.collect()
    gc.freeze()  # a collection would touch, and so copy, all that is shared
    with socket.socket(fileno=int(arguments[0])) as requests:
        while True:
            request, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
            if not request:
                return
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    requests.close()
                    die_with_parent()
                    child.live(descriptors[0], detector)
                    status = 0
                finally:
                    os._exit(status)
            os.close(descriptors[0])
            requests.send(FORKED.pack(pid, detector is not None))


if __name__ == "__main__":
    main(sys.argv[1:])
