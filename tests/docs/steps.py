# SPDX-License-Identifier: MIT
"""What a scene does with the documents: it types their commands, writes their lines into files, and compares
the output they show. Beside these it has probes of its own, which tell whether that had an effect."""
import dataclasses
import errno
import glob
import os
import pty
import re
import shutil
import signal
import subprocess
import time

import documents
import session_keyring

LIMIT = 900  # seconds
KEYRING = 'session keyring'  # a need beside programs


@dataclasses.dataclass
class World:
    """Where commands are typed: a folder, an environment that lasts as that of a shell does, and servers."""
    folder: str
    environment: dict
    state: str  # a file for the environment that a command leaves behind
    output: str = ''
    servers: list = dataclasses.field(default_factory=list)
    has_keyring: bool = False

    def join_keyring(self):
        self.has_keyring = session_keyring.join_new()

    def shell(self, text):
        keeps = f'{text}\nstatus=$?; env -0 >{self.state}; exit $status'
        return ['bash', '-c', keeps]

    def take_environment(self):
        """`export` and `cd` last."""
        if os.path.exists(self.state):
            with open(self.state, 'rb') as file:
                pairs = [item.split(b'=', 1) for item in file.read().split(b'\0') if b'=' in item]
            os.unlink(self.state)
            self.environment = {os.fsdecode(name): os.fsdecode(value) for name, value in pairs}
            self.folder = self.environment.get('PWD', self.folder)

    def type(self, text, typed=''):
        """Runs a command; its status and all it prints. `typed` is typed when it asks for a password."""
        if typed:
            status, self.output = on_terminal(self.shell(text), self.folder, self.environment, typed)
        else:
            status, self.output = in_background(self.shell(text), self.folder, self.environment)
        self.take_environment()
        return status, self.output

    def stop_servers(self):
        for process in self.servers:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
        self.servers.clear()


def in_background(command, folder, environment):
    """Without a terminal, in a session of its own, which ends with its time."""
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True, encoding='utf-8',
                          errors='replace') as process:
        try:
            output = process.communicate(timeout=LIMIT)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output


def on_terminal(command, folder, environment, typed):
    """On a terminal of its own; the answer is given once, when it asks for a password."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    text, limit = '', time.monotonic() + LIMIT
    while time.monotonic() < limit:
        try:
            got = os.read(terminal, 4096)
        except OSError as error:
            if error.errno == errno.EIO:  # it has closed the terminal
                break
            raise
        text += got.decode(errors='replace')
        if typed and 'assword' in text:
            os.write(terminal, typed.encode() + b'\n')
            typed = ''
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text.replace('\r\n', '\n')


@dataclasses.dataclass(frozen=True)
class Step:
    def uses(self):
        """The commands and displays of the documents that are used, by their keys."""
        return []

    def lacks(self, world):
        """What the machine lacks for it, or nothing."""
        need = getattr(self, 'needs', None)
        if need is None:
            return ''
        if need == KEYRING:
            return '' if world.has_keyring else 'the kernel permits no session keyring'
        program, package = need
        found = shutil.which(program, path=world.environment.get('PATH')) or glob.glob(program)
        return '' if found else f'missing package: {package}'

    def name(self):
        return self.text

    def perform(self, world):
        """Raises Failed."""


class Failed(Exception):
    pass


def expect(says, output):
    if not re.search(says, output, re.M):
        raise Failed(f'not what is expected: {says}\n{output[-3000:]}')


def given(text, pairs):
    """The text with what its reader puts in the place of words such as FILE."""
    for word, value in pairs:
        if word not in text:
            raise Failed(f'there is no {word} in it')
        text = text.replace(word, value)
    return text


@dataclasses.dataclass(frozen=True)
class Run(Step):
    """A command of the documents, as it stands there. `more` narrows it down to what a test has time for."""
    text: str
    says: str = ''
    status: int = 0
    given: tuple = ()
    more: str = ''
    types: str = ''
    needs: object = None

    def uses(self):
        return [self.text]

    def perform(self, world):
        text = f'{given(self.text, self.given)} {self.more}'.rstrip()
        status, output = world.type(text, self.types)
        if status != self.status:
            raise Failed(f'it ends with {status}: {output[-3000:]}')
        expect(self.says, output)


@dataclasses.dataclass(frozen=True)
class Serve(Run):
    """One that stays in the foreground: it is left running when it has said that."""

    def perform(self, world):
        log = world.state + '.server'
        with open(log, 'w', encoding='utf-8') as file:
            process = subprocess.Popen(  # pylint: disable=consider-using-with
                ['bash', '-c', f'exec {_exec_form(given(self.text, self.given))} {self.more}'],
                cwd=world.folder, env=world.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True)
        world.servers.append(process)
        limit = time.monotonic() + 30
        while not re.search(self.says, server_log(world), re.M):
            if process.poll() is not None or time.monotonic() > limit:
                raise Failed(f'it does not say {self.says}: {server_log(world)}')
            time.sleep(0.05)


def _exec_form(text):
    """Variables in front of a command go through env(1), so that bash does not stay in between."""
    return f'env {text}' if documents.ASSIGNMENT.match(text.split()[0]) else text


def server_log(world):
    with open(world.state + '.server', encoding='utf-8') as file:
        return file.read()


@dataclasses.dataclass(frozen=True)
class ServerSays(Step):
    """What the server has printed. It ends by itself, or is ended."""
    label: str
    says: str
    ends: bool = True
    needs: object = None

    def name(self):
        return self.label

    def perform(self, world):
        process = world.servers[-1]
        if self.ends:
            process.wait(timeout=30)
        world.output = server_log(world)
        expect(self.says, world.output)


@dataclasses.dataclass(frozen=True)
class Copy(Step):
    """Lines of the documents become a file. The display is the one that has `piece` in it."""
    piece: str
    path: str
    given: tuple = ()
    append: bool = False
    mode: int = 0o644
    document: str = ''
    needs: object = None

    def uses(self):
        return [(self.piece, self.document)]

    def name(self):
        return f'{self.path} has: {self.piece}'.replace('\n', ' ')

    def perform(self, world):
        text = given('\n'.join(display_with(self.piece, self.document).lines) + '\n', self.given)
        path = os.path.join(world.folder, self.path.replace('~', world.environment['HOME']))
        if not self.append and os.path.lexists(path):
            os.unlink(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, self.mode), 'a',
                  encoding='utf-8') as file:
            os.fchmod(file.fileno(), self.mode)
            file.write(text)


@dataclasses.dataclass(frozen=True)
class Shows(Step):
    """The display is what the last command, or this one of ours, prints."""
    piece: str
    document: str = ''
    command: str = ''
    needs: object = None

    def uses(self):
        return [(self.piece, self.document)]

    def name(self):
        return f'the output has: {self.piece}'

    def perform(self, world):
        output = world.type(self.command)[1] if self.command else world.output
        shown = ' '.join(' '.join(display_with(self.piece, self.document).lines).split())
        if shown not in ' '.join(output.split()):
            raise Failed(f'the document has\n{shown}\nand the output is\n{output[-2000:]}')


@dataclasses.dataclass(frozen=True)
class Probe(Step):
    """A command of ours."""
    label: str
    text: str
    says: str = ''
    status: int = 0
    needs: object = None

    def name(self):
        return f'({self.label})'

    def perform(self, world):
        status, output = world.type(self.text)
        if status != self.status:
            raise Failed(f'{self.text} ends with {status}: {output[-3000:]}')
        expect(self.says, output)


@dataclasses.dataclass(frozen=True)
class Do(Step):
    """A function of the scene."""
    label: str
    function: object
    needs: object = None

    def name(self):
        return f'({self.label})'

    def perform(self, world):
        self.function(world)


DISPLAYS, INLINES = documents.read()


def displays_with(piece, document=''):
    """Those whose lines, one below the other and without indentation, have this piece."""
    return [display for display in DISPLAYS if document in ('', display.document)
            and re.search(rf'^{re.escape(piece)}$', '\n'.join(line.strip() for line in display.lines), re.M)]


def display_with(piece, document=''):
    found = displays_with(piece, document)
    if not found or len({tuple(line.strip() for line in display.lines) for display in found}) > 1:
        raise Failed(f'{len(found)} displays have {piece!r}')
    return found[0]


def play(steps, world, tap):
    """Each step is a check. One that the machine cannot do is a SKIP; what builds on it may be one too."""
    for step in steps:
        lack = step.lacks(world)
        if lack:
            tap.skip(step.name(), lack)
            continue
        try:
            step.perform(world)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            tap.check(step.name(), False, error)
        else:
            tap.check(step.name(), True)
    world.stop_servers()
