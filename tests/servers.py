"""A server that is never started, for the tests of the command that starts one."""


class Server:
    """A server that was started with a command and an environment, and has ended; none really is."""

    def __init__(self, started: dict, command: list[str], env: dict[str, str], process_group: int) -> None:
        started.update(command=command, env=env)

    def wait(self) -> int:
        return 0
