# SPDX-License-Identifier: MIT
"""A host of a test's own: network, mounts, processes and host name of a new namespace each.

A script calls `enter()` first. It ends as a SKIP where the machine cannot do it, else the script runs
again inside: loopback is up, no other address exists, `/etc/gss/mech.d` is empty, and every process
that is left at the end dies with the script. Nothing of the machine changes. `installed_host` is such a
host with the packages of this project on it.
"""
import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

INSIDE = 'GSS_SSPI_PRIVATE_HOST'
NTLM_OID = '1.3.6.1.4.1.311.2.2.10'
CREDSSP_OID = '2.25.7309953812226743153'
# Nothing of the caller's surroundings reaches what a test starts.
FOREIGN_VARIABLES = (
    'KRB5CCNAME', 'KRB5_KTNAME', 'KRB5_CLIENT_KTNAME', 'KRB5_CONFIG', 'KRB5_TRACE', 'NTLM_USER_FILE',
    'NTLMUSER', 'LM_COMPAT_LEVEL', 'NETBIOS_COMPUTER_NAME', 'NETBIOS_DOMAIN_NAME', 'GSS_MECH_CONFIG',
    'GSS_SSPI_CONFIG', 'GSSNTLMSSP_DEBUG', 'GSSNTLMSSP_WB_TLS_CTX', 'OPENSSL_CONF', 'http_proxy',
    'https_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'no_proxy', 'NO_PROXY',
    'SSL_CERT_FILE', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME')


def skip_all(reason):
    print(f'1..0 # SKIP {reason}')
    sys.exit(0)


def enter(hostname, programs=(), modules=(), own_root=False):
    """Runs the script again inside, or skips. `programs` are pairs of program (or path) and package,
    `modules` pairs of Python module and package. `own_root`: what is in /etc/gss/mech.d stays to be seen,
    since the caller makes a root folder in which it can be changed."""
    if os.environ.get(INSIDE):
        _settle(hostname)
        if not own_root:
            hide('/etc/gss/mech.d')
        return
    if os.geteuid() != 0:
        skip_all('needs root')
    os.environ['PATH'] += ':/usr/sbin:/sbin'
    missing = [package for program, package in (*programs, ('unshare', 'util-linux'), ('ip', 'iproute2'))
               if not (shutil.which(program) or os.path.exists(program))]
    missing += [package for module, package in modules if not _has_module(module)]
    if missing:
        skip_all(f'missing packages: {" ".join(dict.fromkeys(missing))}')
    command = ['unshare', '--net', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child',
               '--mount-proc', '--propagation', 'private']
    if subprocess.run([*command, 'true'], capture_output=True, check=False).returncode != 0:
        skip_all('no namespaces')
    os.environ[INSIDE] = '1'
    os.execvp('unshare', [*command, sys.executable, *sys.argv])


def _has_module(name):
    return subprocess.run([sys.executable, '-c', f'import {name}'], capture_output=True,
                          check=False).returncode == 0


def _settle(hostname):
    for name in FOREIGN_VARIABLES:
        os.environ.pop(name, None)
    os.environ['LC_ALL'] = 'C.UTF-8'
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    socket.sethostname(hostname)
    run('ip', 'link', 'set', 'lo', 'up')


def attempt(*command, **options):
    """A command that may fail: what became of it, with its output as text."""
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def run(*command, **options):
    """A command that must succeed; its output, as text."""
    done = attempt(*command, **options)
    if done.returncode != 0:
        raise RuntimeError(f'{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}')
    return done.stdout


def hide(folder, mode='0755'):
    """Puts an empty folder in the place of one of the host, which is made if it is absent: the latter
    remains, empty."""
    os.makedirs(folder, exist_ok=True)
    run('mount', '-t', 'tmpfs', '-o', f'mode={mode}', 'private', folder)


class World:
    """A private folder, files that take the place of the host's, and servers; to be used in a `with`
    statement, which ends all of it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='gss-sspi.')
        os.chmod(self.folder, 0o755)
        self.servers = []
        self.count = itertools.count(1)

    def __enter__(self):
        run('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'private', self.folder)
        os.mkdir(self.path('home'), 0o700)
        os.environ['HOME'] = self.path('home')
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()
        os.chdir('/')
        run('umount', '-l', self.folder)
        os.rmdir(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644, group=None):
        """Its content is never readable by others in between."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'w',
                  encoding='utf-8') as file:
            file.write(text)
        if group:
            shutil.chown(path, group=group)
        os.chmod(path, mode)
        return path

    def replace(self, target, text):
        """A file of ours in the place of one of the host, or of what a link there points to."""
        source = self.write(f'replaced{next(self.count)}', text)
        run('mount', '--bind', source, os.path.realpath(target))

    def register(self, module, credssp=None):
        """Copies the modules here and names them in /etc/gss/mech.d."""
        modules = {'ntlm': (NTLM_OID, module), 'credssp': (CREDSSP_OID, credssp)}
        for name, (oid, source) in modules.items():
            if source is None:
                continue
            copy = shutil.copy(source, self.path(f'gss_{name}.so'))
            os.chmod(copy, 0o755)
            with open(f'/etc/gss/mech.d/zz-gss-sspi-{name}.conf', 'w', encoding='utf-8') as file:
                file.write(f'gss_{name} {oid} {copy}\n')

    def start(self, *command, port=None, address='127.0.0.1', seconds=30, **options):
        """Starts a server that stays in the foreground, and waits until it listens."""
        server = Server(command, self.path(f'{os.path.basename(command[0])}.{next(self.count)}.log'),
                        **options)
        self.servers.append(server)
        if port is not None:
            server.wait_for(lambda: listens(address, port), seconds)
        return server

    def stop(self, server):
        server.stop()
        self.servers.remove(server)


class Server:
    """A process in the foreground of its own session, with what it prints in a log file."""

    def __init__(self, command, log, **options):
        self.command, self.log = command, log
        with open(log, 'ab') as output:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, **options)

    def wait_for(self, ready, seconds=30):
        limit = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f'{self.command[0]} does not answer: {self.tail()}')
            time.sleep(0.05)

    def tail(self):
        with open(self.log, encoding='utf-8', errors='replace') as file:
            return file.read()[-2000:]

    def stop(self, seconds=10):
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def listens(address, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


class Tap:
    """Checks in the form of the Test Anything Protocol."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def check(self, name, good, *details):
        self.count += 1
        self.failures += not good
        print(f'{"ok" if good else "not ok"} {self.count} - {name}', flush=True)
        for line in [] if good else '\n'.join(map(str, details)).splitlines():
            print(f'# {line}', flush=True)
        return good

    def skip(self, name, reason):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {reason}', flush=True)

    def figure(self, name, value, unit=''):
        print(f'# figure {name} = {value} {unit}'.rstrip(), flush=True)

    def finish(self):
        print(f'1..{self.count}', flush=True)
        return 1 if self.failures else 0
