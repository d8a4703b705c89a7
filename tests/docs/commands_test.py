# SPDX-License-Identifier: MIT
"""commands_test.py table: each command and display of the documents has a place in `commands.py`, and each
of the latter is in the documents.
commands_test.py SCENE: runs those of the scene. Prints TAP."""
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))

import commands  # noqa: E402  pylint: disable=wrong-import-position
import documents  # noqa: E402  pylint: disable=wrong-import-position
import steps  # noqa: E402  pylint: disable=wrong-import-position
from private_host import Tap  # noqa: E402  pylint: disable=wrong-import-position


def used_by_scenes():
    """The commands, and the keys of displays."""
    uses = [use for scene in commands.SCENES.values() for step in scene.STEPS for use in step.uses()]
    return {use for use in uses if isinstance(use, str)}, {use for use in uses if not isinstance(use, str)}


def is_claimed(display, keys):
    pieces = [(piece, document) for piece, document in keys]
    pieces += [(piece, '') for piece in (*commands.PICTURES, *commands.ELSEWHERE)]
    return any(display in steps.displays_with(*key) for key in pieces)


def unplaced(displays, inlines):
    """What the documents have and nobody runs."""
    run, keys = used_by_scenes()
    known = run | commands.NOT_RUN.keys()
    for display in displays:
        if is_claimed(display, keys):
            continue
        for line in display.lines:
            if documents.command_of(line) not in known:
                yield f'{display.place}: {line}'
    for inline in inlines:
        if inline.text not in known | commands.MENTIONED.keys():
            yield f'{inline.place}: {inline.text}'


def stale(displays, inlines):
    """What is in the table, and in no document."""
    run, keys = used_by_scenes()
    there = {inline.text for inline in inlines}
    there |= {documents.command_of(line) for display in displays for line in display.lines}
    yield from sorted((run | commands.NOT_RUN.keys() | commands.MENTIONED.keys()) - there)
    for key in sorted(keys):
        if not steps.displays_with(*key):
            yield str(key)
    for piece in (*commands.PICTURES, *commands.ELSEWHERE):
        if not steps.displays_with(piece):
            yield piece


def wrong_reasons():
    """Others that should run a command, and do not."""
    reasons = [(name, file, text) for name, (_, file, text) in commands.NOT_RUN.items()]
    reasons += [(name, file, text) for name, (file, text) in
                (*commands.MENTIONED.items(), *commands.ELSEWHERE.items())]
    for name, file, text in reasons:
        if text not in (documents.SOURCE / file).read_text(encoding='utf-8'):
            yield f'{name}: {file} has no {text}'


def fails(step, world):
    try:
        step.perform(world)
    except steps.Failed:
        return True
    return False


def check_steps(tap):
    """Each kind of step can fail, and does not where it holds."""
    with tempfile.TemporaryDirectory(prefix='gss-sspi.') as folder:
        world = steps.World(folder, dict(os.environ, HOME=folder), os.path.join(folder, 'environment'))
        for name, bad, good in (
                ('a status', steps.Run('exit 3'), steps.Run('exit 3', status=3)),
                ('an output', steps.Run('echo word', says='^work$'), steps.Run('echo word', says='^word$')),
                ('a word to replace', steps.Run('echo FILE', given=(('NAME', 'x'),)),
                 steps.Run('echo FILE', given=(('FILE', 'x'),), says='^x$')),
                ('a display that is shown', steps.Shows('port 7001', command='echo port 7001'),
                 steps.Shows('DOMAIN:user:password', 'README.md', 'echo DOMAIN:user:password')),
                ('a display that exists', steps.Copy('no such line', 'file'),
                 steps.Copy('DOMAIN:user:password', '~/file', document='README.md')),
                ('a variable that lasts', steps.Probe('', '[ -n "$WORD" ]'), steps.Run('export WORD=x'))):
            tap.check(f'{name}: a step fails without, and holds with it', fails(bad, world) and not fails(good, world))
        tap.check('and then it is there', not fails(steps.Probe('', '[ "$WORD" = x ]'), world))


def check_table():
    tap = Tap()
    displays, inlines = steps.DISPLAYS, steps.INLINES
    lost = list(unplaced(displays, inlines))
    tap.check(f'the {len(displays)} displays and {len(inlines)} commands within the text have a place', not lost,
              *lost)
    tap.check('there are as many as there should be', len(displays) > 50 and len(inlines) > 40)
    old = list(stale(displays, inlines))
    tap.check('the table has nothing that is in no document', not old, *old)
    wrong = list(wrong_reasons())
    tap.check('what no scene runs is run elsewhere', not wrong, *wrong)
    new = (documents.Display('README.md', 1, ('gss-sspi doctor --all',)),)
    tap.check('a new display is noticed', len(list(unplaced(new, ()))) == 1)
    new = (documents.Inline('README.md', 1, 'gss-sspi doctor --all'),)
    tap.check('a new command within the text is noticed', len(list(unplaced((), new))) == 1)
    check_steps(tap)
    tap.check('a command that went is noticed', len(list(stale(displays[1:], ()))) > len(old))
    return tap.finish()


def play_scene(name):
    scene = commands.SCENES[name]
    scene.enter()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix='gss-sspi.') as folder:
        os.chmod(folder, 0o755)
        world = steps.World(folder, dict(os.environ), os.path.join(folder, 'environment'))
        scene.prepare(world)
        steps.play(scene.STEPS, world, tap)
        os.chdir('/')
    return tap.finish()


if __name__ == '__main__':
    sys.exit(check_table() if sys.argv[1] == 'table' else play_scene(sys.argv[1]))
