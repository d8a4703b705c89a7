# SPDX-License-Identifier: MIT
"""curl's own NTLM client as an initiator. The server that carries its tokens is on a socket of the
file system, so there is no network; a proxy is reached by SOCKS on such a socket."""
import base64
import os
import re
import shutil
import socket
import subprocess
import tempfile

from peer_errors import Died, Refused, Unsupported

NAME = 'curl'
PAGE = b'a page for those who are let in'
TOKEN = re.compile(rb'^(Proxy-)?Authorization: NTLM (\S+)\r$', re.MULTILINE)
PATIENCE = 20  # seconds


def find():
    """The path of a curl that has an NTLM of its own, or None."""
    curl = shutil.which('curl')
    if curl is None:
        return None
    said = subprocess.run([curl, '-q', '-V'], stdout=subprocess.PIPE, check=False, text=True).stdout
    features = re.search('^Features:(.*)$', said, re.MULTILINE)
    words = features[1].split() if features else ()
    return curl if 'NTLM' in words and 'UnixSockets' in words else None


class CurlEnd:
    """A run of curl, in the place of a driver."""

    def __init__(self, peer, role, variables=(), **options):
        if role != 'initiator':
            raise Unsupported(f'{NAME}: is a client only')
        if options.get('bindings') is not None:
            raise Unsupported(f'{NAME}: no channel bindings')
        self.peer, self.role, self.proxy = peer, role, options['carrier'].startswith('proxy')
        self.variables = {**dict(peer.variables), **dict(variables)}
        self.login = f'{options["domain"]}\\{options["user"]}' if options['domain'] else \
            options['user']
        self.login += ':' + options['password']
        self.process = self.connection = None
        self.is_asking = False  # its last request has no answer yet

    def _start(self):
        with tempfile.TemporaryDirectory(prefix='gss-sspi.') as folder:
            path = os.path.join(folder, 'http')
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path)
                listener.listen(1)
                listener.settimeout(PATIENCE)
                where = ['--ntlm', '--user', self.login, '--unix-socket', path]
                if self.proxy:
                    where = ['--proxy-ntlm', '--proxy-user', self.login, '--proxy',
                             'http://proxy.example.com:3128', '--preproxy',
                             'socks5h://localhost' + path]
                self.process = subprocess.Popen(
                    [self.peer.command, '-q', '-sSf', *where, 'http://server.example.com/'],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    env={'HOME': folder, 'PATH': os.environ['PATH'], **self.variables})
                self.connection, _ = listener.accept()
        self.connection.settimeout(PATIENCE)
        if self.proxy:
            self._be_socks()

    def _be_socks(self):
        """[RFC 1928] 3 to 6, for one that asks for nothing but a connection."""
        self.connection.recv(512)
        self.connection.sendall(b'\5\0')
        self.connection.recv(512)
        self.connection.sendall(b'\5\0\0\1' + bytes(6))

    def _read_token(self):
        request = b''
        while b'\r\n\r\n' not in request:
            more = self.connection.recv(65536)
            if not more:
                said = self.process.communicate(timeout=PATIENCE)[1].decode(errors='replace')
                raise Refused(f'{NAME} {self.process.returncode}: {said.strip()}')
            request += more
        found = TOKEN.search(request)
        if not found or bool(found[1]) != self.proxy:
            raise Refused(f'{NAME}: no token in {request!r}')
        self.is_asking = True
        return base64.b64decode(found[2])

    def _answer(self, status, token=b'', page=b''):
        refusal = ''
        if status in (401, 407):
            name = 'Proxy-Authenticate' if self.proxy else 'WWW-Authenticate'
            refusal = f'{name}: NTLM {base64.b64encode(token).decode()}'.rstrip() + '\r\n'
        self.connection.sendall(f'HTTP/1.1 {status} x\r\n{refusal}Content-Length: {len(page)}'
                                '\r\n\r\n'.encode() + page)
        self.is_asking = False

    def step(self, token):
        """(done, token) of one step."""
        if not token:
            self._start()
            return False, self._read_token()
        self._answer(407 if self.proxy else 401, token)
        return True, self._read_token()

    def call(self, command, *unused):
        if command == 'page':
            self._answer(200, page=PAGE)
            page, said = self.process.communicate(timeout=PATIENCE)
            assert (self.process.returncode, page) == (0, PAGE), (self.process.returncode, said)
            return page
        raise Unsupported(f'{NAME}: nothing for {command}')

    def close(self):
        """Whoever was not given the page is told that the login failed, and has to believe it."""
        if self.process is None:
            return
        try:
            if self.is_asking and self.process.poll() is None:
                self._answer(407 if self.proxy else 401)
                said = self.process.communicate(timeout=PATIENCE)[1]
                if self.process.returncode != 22:  # CURLE_HTTP_RETURNED_ERROR
                    raise Died(f'{NAME} ended with {self.process.returncode}: {said}')
        finally:
            self.process.kill()
            self.process.communicate()
            if self.connection is not None:
                self.connection.close()
