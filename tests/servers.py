"""A server that is never started, for the tests of the command that starts one."""

import io


class Server:
    """A server that was started with a command and an environment, and has ended; none really is."""

    def __init__(self, started: dict, command: list[str], env: dict[str, str], **_given: object) -> None:
        started.update(command=command, env=env)
        self.stdin = io.BytesIO()

    def wait(self) -> int:
        return 0
