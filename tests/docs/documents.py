# SPDX-License-Identifier: MIT
"""What a reader of the documents may type or copy: displays (indented or fenced blocks of Markdown, .Bd and
.Dl of manual pages), and commands within the text."""
import dataclasses
import pathlib
import re
import shutil

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ('README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/*.md', 'docs/man/*', 'bench/README.md')
# Programs whose calls within the text are commands, whether this machine has them or not.
PROGRAMS = {'./dev', 'a2enmod', 'apt', 'apt-get', 'bench/run', 'cc', 'chmod', 'chown', 'curl', 'dpkg', 'git',
            'gss-sspi', 'install', 'kinit', 'ldapsearch', 'make', 'meson', 'ninja', 'smbclient', 'sudo',
            'systemctl', 'usermod'}
ASSIGNMENT = re.compile(r'^[A-Za-z_]\w*=\S*$')
QUOTED = re.compile(r'`([^`]+)`')
ESCAPES = (('\\e', '\\'), ('\\&', ''), ('\\-', '-'))
# Macros of a manual page that show a command within the text.
INLINE_MACROS = re.compile(r'^\.(?:Ic|Ql|Li|It Ic|It Li) ([^\n]*)$')


@dataclasses.dataclass(frozen=True)
class Display:
    """Lines that stand apart from the text."""
    document: str
    line: int
    lines: tuple

    @property
    def place(self):
        return f'{self.document}:{self.line}'


@dataclasses.dataclass(frozen=True)
class Inline:
    """A command within the text."""
    document: str
    line: int
    text: str

    @property
    def place(self):
        return f'{self.document}:{self.line}'


def paths():
    return [path for pattern in DOCUMENTS for path in sorted(SOURCE.glob(pattern))]


def command_of(line):
    """Without the comment or the explanation behind a command."""
    return re.split(r'\s+#\s|(?<=\S)\s{2,}(?=\S)', line.strip())[0].rstrip()


def program_of(text):
    words = text.split()
    while words and ASSIGNMENT.match(words[0]):
        words.pop(0)
    return words[0] if words else ''


def looks_like_a_command(text):
    """More than one word, and the first is a program."""
    program = program_of(text)
    if ' ' not in text or not program:
        return False
    known = program in PROGRAMS or program.startswith(('./', 'build/', 'tests/', 'bench/'))
    return known or (re.fullmatch(r'[a-z][\w.+-]+', program) and shutil.which(program) is not None)


def _markdown_displays(name, text):
    """Blocks that are indented by four blanks or more than their item of a list, behind an empty line."""
    lines, i = text.splitlines(), 0
    while i < len(lines):
        if lines[i].startswith('```'):
            end = next(j for j in range(i + 1, len(lines)) if lines[j].startswith('```'))
            yield Display(name, i + 2, tuple(lines[i + 1:end]))
            i = end + 1
        elif re.match(r' {4,}\S', lines[i]) and lines[i - 1] == '':
            end = i
            while end < len(lines) and re.match(r' {4,}\S', lines[end]):
                end += 1
            indent = min(len(line) - len(line.lstrip()) for line in lines[i:end])
            yield Display(name, i + 1, tuple(line[indent:] for line in lines[i:end]))
            i = end
        else:
            i += 1


def _markdown_inlines(name, text, displays):
    inside = {number for display in displays
              for number in range(display.line, display.line + len(display.lines))}
    kept = '\n'.join('' if number in inside else line for number, line in enumerate(text.splitlines(), 1))
    for match in QUOTED.finditer(kept):
        found = ' '.join(match[1].split())
        if looks_like_a_command(found):
            yield Inline(name, kept.count('\n', 0, match.start()) + 1, found)


def _plain(text):
    for escape, character in ESCAPES:
        text = text.replace(escape, character)
    return text


def _page_displays(name, text):
    lines, i = text.splitlines(), 0
    while i < len(lines):
        if lines[i].startswith('.Dl '):
            yield Display(name, i + 1, (_plain(lines[i][4:]),))
        elif lines[i].startswith('.Bd -literal'):
            end = lines.index('.Ed', i)
            yield Display(name, i + 2, tuple(_plain(line) for line in lines[i + 1:end]))
            i = end
        i += 1


def _page_inlines(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INLINE_MACROS.match(line)
        if match:
            found = _plain(re.sub(r' [.,;:]$', '', match[1]))
            if looks_like_a_command(found):
                yield Inline(name, number, found)


def read():
    """All displays and all commands within the text, in the order of the documents."""
    displays, inlines = [], []
    for path in paths():
        name, text = str(path.relative_to(SOURCE)), path.read_text(encoding='utf-8')
        if path.suffix == '.md':
            own = list(_markdown_displays(name, text))
            inlines += _markdown_inlines(name, text, own)
        else:
            own = list(_page_displays(name, text))
            inlines += _page_inlines(name, text)
        displays += own
    return displays, inlines


if __name__ == '__main__':
    for found in (item for group in read() for item in group):
        print(found.place, found.lines if isinstance(found, Display) else found.text)
